// The page without a connection, after it was visited with one: kept by its service worker, from a host that sends none of our headers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { after, before, describe, test } from "node:test";
import { launchChromium, launchFirefox } from "../../scripts/browsers.mjs";
import { PATIENCE, choose, closePage, galleryReady, newPage, press, ready, until } from "./page.mjs";

const DIST = new URL("../../dist/", import.meta.url);
/** @type {Record<string, string>} */
const TYPES = { ".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".png": "image/png" };
const WORKS = "Works offline, except for data sets that are not here yet.";

/** @typedef {import("playwright-core").Page} Page */

/** @param {string} text */
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Of a page whose service worker may do as it does. @param {import("playwright-core").Browser} browser */
const visitor = (browser) => newPage(browser, { device: "cpu", serviceWorkers: "allow" });

/** It has kept itself. @param {Page} page @param {string} [text] */
const works = (page, text = WORKS) => page.locator("#offline", { hasText: text }).waitFor();

/** @param {Page} page */
async function takesStep(page) {
  await ready(page);
  await press(page, "Step");
  await until(page, "Step", (step) => step === 1);
}

/** The version that the page has its files from, or "" for those of the server. @param {Page} page */
const versionOf = (page) => page.evaluate(() => /\/v\/(\w+)\//.exec(/** @type {HTMLScriptElement | null} */ (document.querySelector("script[src*=main]"))?.src ?? "")?.[1] ?? "");

/** Versions that are kept. @param {Page} page */
const versions = (page) => page.evaluate(async () => (await caches.keys()).flatMap((name) => /\/v\/(\w+)\/$/.exec(name)?.[1] ?? []));

/**
 * The site below a path, on a host that sends no header but the type, and whose files may change, be missing, or never come.
 */
async function host() {
  /** Texts in place of those of dist/. @type {Map<string, string>} */
  const changed = new Map();
  /** @type {Set<string>} */
  const missing = new Set();
  /** What never comes, and who waits for it. @type {string[]} */
  let hanging = [];
  /** @type {Set<import("node:http").ServerResponse>} */
  const waiting = new Set();
  /** @param {string} file */
  const read = async (file) => changed.get(file) ?? (await readFile(new URL(file, DIST)));
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://host");
    const file = pathname.replace("/tabgrad/", "") || "index.html";
    if (hanging.includes(file)) return void waiting.add(response);
    const body = missing.has(file) ? null : await read(file).catch(() => null);
    response.writeHead(body === null ? 404 : 200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/tabgrad/`,
    changed,
    missing,
    /** @param {string[]} files that do not come from now on; what did not come before breaks off */
    hang(...files) {
      hanging = files;
      for (const response of waiting) response.destroy();
      waiting.clear();
    },
    /** A new version: two of its files, which come at different times, say its name. @param {string} name */
    async deploy(name) {
      const list = JSON.parse(await readFile(new URL("site.json", DIST), "utf8"));
      for (const [what, file] of /** @type {const} */ ([["main", "main.js"], ["playground", "views/playground/view.js"]])) {
        changed.set(file, `${await readFile(new URL(file, DIST), "utf8")}\ndocument.documentElement.dataset.${what} = ${JSON.stringify(name)}\n`);
        list.files[file] = sha256(changed.get(file) ?? "");
      }
      list.version = sha256(name).slice(0, 16);
      changed.set("site.json", JSON.stringify(list));
    },
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

/** What the page's files say of their version. @param {Page} page */
const said = (page) => page.evaluate(() => {
  const { main, playground } = document.documentElement.dataset;
  return { main, playground };
});

describe("offline", () => {
  /** @type {import("playwright-core").Browser} */
  let browser;
  before(async () => {
    browser = await launchChromium({ webgpu: false });
  });
  after(() => browser?.close());

  test("what was used once goes on without a connection, on threads though the host isolates nothing; what was not is named, and comes on request", async () => {
    const server = await host();
    const page = await visitor(browser);
    await page.goto(`${server.url}#digits`);
    await ready(page);
    assert.equal(await page.evaluate(() => crossOriginIsolated), false, "the host does not isolate the page");
    await works(page);
    await page.getByRole("button", { name: "Make everything available offline (28.7 MB)" }).waitFor();

    await page.context().setOffline(true);
    await page.reload();
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    await takesStep(page);
    assert.match(await page.evaluate(async (file) => (await fetch(file)).headers.get("content-security-policy") ?? "", `v/${await versionOf(page)}/worker.js`), /connect-src 'self'/, "the workers' policy is the page's");
    await page.locator("details.chip > summary").click();
    await page.locator("details.chip .offers", { hasText: `SIMD, ${Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency))} threads` }).waitFor();
    await works(page, "You are offline: the page works on, except for data sets that are not here yet.");
    await choose(page, "First network");
    await takesStep(page);

    await page.goto(`${server.url}#gru`);
    await page.locator(".notices .warning", { hasText: "The file moby-dick.txt.gz could not be fetched. You are offline, and this browser has not kept it: go online, then try again." }).waitFor();
    await choose(page, "2-D playground");
    await takesStep(page);
    await choose(page, "GRU");
    await page.context().setOffline(false);
    await press(page, "Try again");
    await ready(page);
    const get = page.getByRole("button", { name: "Make everything available offline (28.2 MB)" });
    await get.waitFor();

    // Stopped or broken off, it can be taken up again: what has come by then stays.
    server.hang("data/fashion-mnist-train.safetensors.gz");
    await get.click();
    await page.locator("button:focus", { hasText: "Stop" }).click();
    await get.and(page.locator(":focus")).waitFor();
    assert.deepEqual(await page.locator("#offline .notice").allInnerTexts(), []);
    server.hang("");
    server.missing.add("data/fashion-mnist-test.safetensors.gz");
    await get.click();
    await page.locator("#offline .notice.warning", { hasText: "fashion-mnist-test.safetensors.gz could not be fetched" }).waitFor();
    server.missing.clear();
    await page.getByRole("button", { name: "Make everything available offline (4.0 MB)" }).click();
    await works(page, "Works offline, with all data sets.");
    await server.close();
    await page.goto(`${server.url}#vgg`);
    await ready(page);
    await closePage(page);
  });

  test("a new version comes whole with the next visit, an open page stays what it was, and old versions are removed", async () => {
    const site = await host();
    await site.deploy("one");
    const page = await visitor(browser);
    await page.goto(site.url);
    await works(page);
    await page.reload();
    const [one = ""] = await versions(page);
    assert.equal(await versionOf(page), one);

    await site.deploy("two");
    const other = await page.context().newPage();
    await other.goto(`${site.url}#playground`);
    await ready(other);
    assert.deepEqual(await said(other), { main: "two", playground: "two" }, "the next visit");
    const two = await versionOf(other);
    assert.notEqual(two, one);
    await works(other);
    assert.deepEqual((await versions(other)).sort(), [one, two].sort(), "the first page is still open");

    await choose(page, "2-D playground");
    await takesStep(page);
    assert.deepEqual(await said(page), { main: "one", playground: "one" }, "what an open page loads later is of its version");
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await press(page, "Reload for the new version");
    await page.waitForFunction(() => document.documentElement.dataset.main === "two");
    await ready(page);
    assert.deepEqual(await said(page), { main: "two", playground: "two" });
    await works(page);
    assert.deepEqual(await versions(page), [two]);
    assert.equal(await page.getByRole("button", { name: "Reload for the new version" }).count(), 0);

    // A site that is being replaced: its list is another one than its files.
    const list = site.changed.get("site.json") ?? "";
    site.changed.set("site.json", list.replace(two, "0123456789abcdef").replace(/("main.js":")..../, "$10000"));
    await page.reload();
    await ready(page);
    assert.equal(await versionOf(page), two, "the version before, whole");
    // Without a list it is the server's matter, as for who works on the page.
    await site.deploy("by hand");
    site.missing.add("site.json");
    await page.reload();
    await ready(page);
    assert.deepEqual(await said(page), { main: "by hand", playground: "by hand" });
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    await closePage(page);
    await site.close();
  });

  test("who waits for a server that does not answer gets what is kept", async () => {
    const site = await host();
    await site.deploy("one");
    const page = await visitor(browser);
    // Not a developer's own machine by its name, and yet one that a page may trust.
    const url = site.url.replace("127.0.0.1", "tabgrad.localhost");
    await page.goto(url);
    await works(page);
    // Also what asks for it in the background gets no whole new version.
    site.hang("main.js");
    await site.deploy("two");
    for (const files of [["main.js"], ["main.js", "site.json"]]) {
      site.hang(...files);
      await page.reload();
      await page.waitForFunction(() => document.documentElement.dataset.main === "one");
    }
    // It comes with the first visit for which it is there in time.
    site.hang();
    for (const end = performance.now() + PATIENCE; (await said(page)).main !== "two"; ) {
      assert.ok(performance.now() < end, "the new version does not come");
      await page.reload();
      await page.waitForFunction(() => document.documentElement.dataset.main);
    }
    await closePage(page);
    await site.close();
  });

  for (const [what, breakIt] of /** @type {[string, (site: Awaited<ReturnType<typeof host>>, page: Page) => unknown][]} */ ([
    ["does not come", ({ missing }) => missing.add("sw.js")],
    ["breaks off", ({ changed }) => changed.set("sw.js", "throw new Error('broken')")],
    ["has no list", ({ missing }) => missing.add("site.json")],
    ["may not be there", (_, page) => page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "serviceWorker"))],
    ["is blocked", (_, page) => page.addInitScript(() => (ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException("", "SecurityError"))))],
  ])) {
    test(`the page is as good where the service worker ${what}`, async () => {
      const site = await host();
      const page = await visitor(browser);
      await breakIt(site, page);
      await page.goto(`${site.url}#first`);
      await takesStep(page);
      // It has tried.
      await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("parts/offline.js")));
      assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
      await page.reload();
      await takesStep(page);
      assert.equal(await page.locator("#offline").innerText(), "");
      await closePage(page);
      await site.close();
    });
  }

  test("a network embedded in another page asks the server, and the page can be installed", async () => {
    const site = await host();
    await site.deploy("one");
    const page = await visitor(browser);
    await page.goto(site.url);
    await works(page);
    await page.reload();
    await galleryReady(page);
    const devtools = await page.context().newCDPSession(page);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId), ["in-incognito"], "but for the test's context");
    const { errors, data } = await devtools.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    assert.equal(JSON.parse(data ?? "").short_name, "tabgrad");

    // In a page of the same host even, where the service worker sees all that the frame asks for.
    const other = await host();
    for (const from of [site, other]) {
      from.changed.set("elsewhere.html", `<!doctype html><title>Elsewhere</title><iframe src="${site.url}embed.html?src=first&steps=5" width="900" height="900"></iframe>`);
      await page.goto(`${from.url}elsewhere.html`);
      const frame = page.frameLocator("iframe");
      await frame.getByRole("button", { name: "Train" }).click();
      await frame.getByText("run complete").waitFor();
      const inner = page.frames()[1] ?? assert.fail("there is no frame");
      assert.deepEqual(await inner.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v/"))), []);
    }
    await closePage(page);
    await Promise.all([site.close(), other.close()]);
  });

  test("Firefox goes on without a connection, too, on threads", async (context) => {
    const site = await host();
    const firefox = await launchFirefox();
    context.after(() => firefox.close());
    const page = await firefox.newPage();
    /** @type {string[]} */
    const faults = [];
    page.on("pageerror", (error) => void faults.push(String(error)));
    await page.evaluateOnNewDocument(() => location.protocol === "http:" && localStorage.setItem("tabgrad.device", "cpu"));
    await page.goto(`${site.url}#first`);
    await page.waitForFunction((text) => document.querySelector("#offline")?.textContent?.includes(text), {}, WORKS);
    await site.close();
    await page.reload();
    await page.waitForSelector(".play:not([disabled])");
    await page.keyboard.press("s");
    await page.waitForFunction(() => [...document.querySelectorAll(".readings output")].some((output) => output.textContent === "1"));
    assert.deepEqual([await page.evaluate(() => crossOriginIsolated), faults], [true, []]);
  });
});
