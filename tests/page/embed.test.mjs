// `<tab-grad>` in pages of others: from another origin, on a server that sends no header of ours. The main flow in Firefox, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { serve } from "../../scripts/server.mjs";
import { PATIENCE, changed, closePage, firefoxStage, newPage, stage } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Bytes, gzipped. */
const BEFORE_SEEN = 16_000;

/** A Spec that no example's view can show: a regression with a hidden layer on a table. */
const OWN = {
  name: "A line",
  input: [1],
  layers: [{ type: "Linear", out_features: 3 }, { type: "Tanh" }, { type: "Linear", out_features: 1 }],
  loss: { type: "MSELoss" },
  optimizer: { type: "SGD", lr: 0.1 },
  batch_size: 4,
  seed: 0,
  data: { type: "Table", x: [[-1], [-0.5], [0.5], [1]], y: [-1, -0.5, 0.5, 1] },
};

/** @typedef {{ metrics: any, training: boolean, spec: any, lr: unknown, seed: unknown, batchSize: unknown, src: unknown, autoplay: unknown, train(): Promise<void>, pause(): Promise<void>, step(): Promise<void>, reset(): Promise<void> }} Methods */
/** @typedef {HTMLElement & Methods & { shadowRoot: ShadowRoot }} TabGrad */

/**
 * A site of somebody else: its pages have the three lines.
 * @param {() => string} tabgrad where tabgrad is served, with a slash at the end
 * @param {{ isolated?: boolean }} [options] isolated: its pages are isolated from others
 */
function elsewhere(tabgrad, { isolated = false } = {}) {
  let folder = "";
  let pages = 0;
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let server;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "embed-"));
    await writeFile(join(folder, "own.json"), JSON.stringify(OWN));
    server = await serve(folder, { isolated });
  });
  after(async () => {
    await server?.close();
    await rm(folder, { recursive: true });
  });
  /** @param {string} body @param {string} [policy] @param {string} [language] @returns {Promise<string>} the page's address */
  return async (body, policy, language = "en") => {
    const name = `page-${++pages}.html`;
    const style = "html { font-size: 62.5% } body { font: 16px serif; margin: 1rem } button { background: red !important; letter-spacing: 9px }";
    const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Elsewhere</title>${policy ? `<meta http-equiv="Content-Security-Policy" content="${policy}">` : ""}<link rel="icon" href="data:,"><style>${style}</style>`;
    const script = `<script>window.told = []; for (const name of ["ready", "metrics", "done", "error"]) addEventListener(name, (event) => event instanceof CustomEvent && told.push({ name, from: event.target.id, detail: event.detail }), true)</script>`;
    await writeFile(join(folder, name), `<!doctype html><html lang="${language}"><head>${head}${script}</head><body><main><h1>Elsewhere</h1>\n<script type="module" src="${tabgrad()}embed.js"></script>\n${body}\n</main></body></html>`);
    return server.url + name;
  };
}

describe("embedded", () => {
  const at = stage({ webgpu: false });
  const pageWith = elsewhere(() => at.url);
  const isolatedPageWith = elsewhere(() => at.url, { isolated: true });

  /** @param {string} body @param {Parameters<typeof newPage>[1]} [options] */
  async function visit(body, options) {
    const page = await newPage(at.browser, options);
    await page.goto(await pageWith(body));
    return page;
  }

  /** @typedef {Awaited<ReturnType<typeof newPage>>} Page */

  /** Waits for an event of an element, and gives its newest detail. @param {Page} page @param {string} name @param {string} [id] */
  async function told(page, name, id = "") {
    const event = await page.waitForFunction(([wanted, from]) => Reflect.get(window, "told").findLast((/** @type {any} */ one) => one.name === wanted && one.from === from), [name, id]);
    return (await event.jsonValue()).detail;
  }

  /** The element's step. @param {Page} page @param {string} selector */
  const stepOf = (page, selector) => page.locator(selector).evaluate((element) => /** @type {TabGrad} */ (element).metrics?.step ?? null);

  /** Whether the engine has a session of this number. @param {Page} page @param {number} session */
  const hasSession = (page, session) =>
    page.evaluate(
      (number) =>
        new Promise((resolve) => {
          const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
          const id = 1e9 + number;
          worker.addEventListener("message", ({ data }) => data.id === id && resolve(data.ok));
          worker.postMessage({ type: "train", session: number, steps: 0, sync: true, id });
        }),
      session,
    );

  /** @param {Page} page @param {number} count */
  async function workers(page, count) {
    for (const end = performance.now() + PATIENCE; page.workers().length !== count; ) {
      assert.ok(performance.now() < end, `there are ${page.workers().length} workers, not ${count}`);
      await page.waitForTimeout(50);
    }
  }

  test("nothing heavy is loaded before it is seen", async () => {
    const page = await newPage(at.browser);
    /** @type {Map<string, Promise<number>>} gzipped sizes by address */
    const loaded = new Map();
    page.on("response", (response) => void loaded.set(response.url(), response.body().then((body) => gzipSync(body).length)));
    await page.goto(await pageWith(`<p style="height: 3000px"></p><tab-grad src="playground" autoplay></tab-grad>`), { waitUntil: "networkidle" });
    const sizes = await Promise.all([...loaded].filter(([url]) => url.startsWith(at.url)).map(([, size]) => size));
    const sum = sizes.reduce((a, b) => a + b, 0);
    assert.ok(sizes.length > 1 && sum < BEFORE_SEEN, `${sizes.length} files, ${sum} bytes gzipped`);
    assert.ok(![...loaded.keys()].some((url) => url.endsWith(".wasm") || url.includes("demo.js") || url.includes("/lang/")), "neither the engine nor the demo, nor words of other languages");
    assert.equal(page.workers().length, 0);
    await page.locator("tab-grad").scrollIntoViewIfNeeded();
    assert.equal((await told(page, "ready")).device, "cpu");
    assert.ok([...loaded.keys()].some((url) => url.endsWith(".wasm")), "then it is");
    await told(page, "metrics");
    await closePage(page);
  });

  test("two share one engine; one that is removed ends its session, the last one the engine; one that is moved goes on", async () => {
    const page = await visit(`<tab-grad id="a" src="playground"></tab-grad><tab-grad id="b" src="first"></tab-grad><div id="there"></div>`);
    await told(page, "ready", "a");
    await page.locator("#b").scrollIntoViewIfNeeded();
    await told(page, "ready", "b");
    assert.equal(page.workers().length, 1);
    await page.evaluate(() => Promise.all([...document.querySelectorAll("tab-grad")].map((one) => /** @type {TabGrad} */ (one).train())));
    await Promise.all(["a", "b"].map((id) => told(page, "metrics", id)));
    await page.locator("#b").evaluate((b) => /** @type {TabGrad} */ (b).pause());
    const [a, b] = [await stepOf(page, "#a"), await stepOf(page, "#b")];
    assert.ok(a > 0 && b > 0, `both train: steps ${a} and ${b}`);
    const sessions = async () => (await Promise.all([1, 2, 3].map((number) => hasSession(page, number)))).filter(Boolean).length;
    assert.equal(await sessions(), 2);

    await page.evaluate(() => document.querySelector("#there")?.append(/** @type {Element} */ (document.querySelector("#b"))));
    assert.equal(await stepOf(page, "#b"), b, "moved, it is where it was");
    assert.ok(await page.locator("#b").getByRole("button", { name: "Train" }).isVisible());

    await page.locator("#a").evaluate((element) => element.remove());
    await page.waitForFunction(() => document.querySelectorAll("tab-grad").length === 1);
    const end = performance.now() + PATIENCE;
    while ((await sessions()) === 2) assert.ok(performance.now() < end, "the first one's session is still there");
    await page.locator("#b").evaluate((element) => /** @type {TabGrad} */ (element).step());
    assert.equal(await stepOf(page, "#b"), b + 1);
    await page.locator("#b").evaluate((element) => element.remove());
    await workers(page, 0);

    // And all over again.
    await page.evaluate(() => (document.querySelector("main") ?? document.body).insertAdjacentHTML("afterbegin", '<tab-grad id="c" src="first"></tab-grad>'));
    await told(page, "ready", "c");
    await workers(page, 1);
    await closePage(page);
  });

  test("attributes say how it trains, properties mirror them, events tell how it goes", async () => {
    const page = await visit(`<tab-grad src="first" steps="40" seed="3" lr="0.05" batch-size="1" hide="speed curves" autoplay>A caption</tab-grad>`);
    const done = await told(page, "done");
    assert.equal(done.step, 40);
    assert.ok(done.loss > 0 && done.testLoss > 0 && done.accuracy !== undefined, JSON.stringify(done));
    const demo = page.locator("tab-grad");
    const spec = await demo.evaluate((element) => /** @type {TabGrad} */ (element).spec);
    assert.deepEqual([spec.seed, spec.optimizer.lr, spec.batch_size], [3, 0.05, 1]);
    assert.deepEqual(await demo.evaluate((e) => ((one) => [one.src, one.seed, one.lr, one.batchSize, one.autoplay])(/** @type {TabGrad} */ (e))), ["first", 3, 0.05, 1, true]);
    assert.equal(await demo.getByLabel("Speed").isVisible(), false);
    assert.equal(await demo.getByText("Gradient norm").isVisible(), false);
    assert.ok(await page.getByText("A caption").isVisible());
    assert.match((await demo.getByRole("link", { name: "Open in tabgrad" }).getAttribute("href")) ?? "", new RegExp(`^${at.url}#first/`));

    await demo.evaluate((element) => Object.assign(element, { lr: 0.5 }));
    await demo.getByText("learning rate 0.5").waitFor();
    assert.equal(await stepOf(page, "tab-grad"), 40, "the weights live on");
    await demo.evaluate((element) => Object.assign(element, { steps: 60 }));
    await demo.evaluate((element) => /** @type {TabGrad} */ (element).train());
    await page.waitForFunction(() => Reflect.get(window, "told").some((/** @type {any} */ { name, detail }) => name === "done" && detail.step === 60));
    await demo.evaluate((element) => Object.assign(element, { seed: 4 }));
    await page.waitForFunction(() => /** @type {TabGrad} */ (document.querySelector("tab-grad")).metrics.step === 0, null);
    await demo.evaluate((element) => Object.assign(element, { src: "playground", steps: null, lr: null, batchSize: null }));
    await demo.getByText("2-D playground").waitFor();
    assert.equal(page.workers().length, 1);
    await closePage(page);
  });

  test("a link of the page and a Spec of the other site open", async () => {
    const link = changed("playground", { data: { shape: "spiral" }, seed: 7 });
    const page = await visit(`<tab-grad id="link" src="${link}"></tab-grad><tab-grad id="own" src="own.json" epochs="200"></tab-grad>`, { viewport: { width: 1280, height: 3000 } });
    await Promise.all([told(page, "ready", "link"), told(page, "ready", "own")]);
    const spec = await page.locator("#link").evaluate((element) => /** @type {TabGrad} */ (element).spec);
    assert.deepEqual([spec.data.shape, spec.seed], ["spiral", 7]);
    assert.ok(await page.locator("#link canvas.decision-canvas").isVisible());
    await page.locator("#own").getByRole("button", { name: "Train" }).click();
    const { step, testLoss } = await told(page, "done", "own");
    assert.equal(step, 200);
    assert.ok(testLoss < 0.05, `it learns the line: ${testLoss}`);
    assert.equal(await page.locator("#own").getByRole("link", { name: "Open in tabgrad" }).count(), 0, "the page has no view for it");
    await closePage(page);
  });

  test("images can be looked through, and a text is written", async () => {
    const page = await visit(`<tab-grad id="clothes" src="vgg"></tab-grad><tab-grad id="book" src="gru" steps="20"></tab-grad>`, { viewport: { width: 1280, height: 3000 } });
    await Promise.all([told(page, "ready", "clothes"), told(page, "ready", "book")]);
    await page.locator("#clothes").getByRole("button", { name: "Next" }).click();
    await page.locator("#clothes").locator(".origin", { hasText: "Test image" }).waitFor();
    await page.locator("#book").getByRole("button", { name: "Train" }).click();
    assert.equal((await told(page, "done", "book")).step, 20);
    await page.locator("#book").getByLabel("Characters").fill("30");
    await page.locator("#book").getByRole("button", { name: "Write", exact: true }).click();
    await page.waitForFunction(() => document.querySelector("#book")?.shadowRoot?.querySelector(".written span")?.textContent?.length === 30);
    await closePage(page);
  });

  for (const [what, attributes, message] of /** @type {const} */ ([
    ["no example of that name", 'src="nosuch"', /There is no example “nosuch”.*first, playground, digits/],
    ["no src", "", /attribute src is missing/],
    ["a Spec that is not there", 'src="./none.json"', /none\.json could not be fetched: the server says 404.*none\.json right/],
    ["a Spec that is none", 'src="./page-1.html"', /page-1\.html is not JSON/],
    ["an address that is none", 'src="http://"', /src="http:\/\/" is no address/],
    ["a damaged link", 'src="#playground/abc"', /cannot be opened: it is damaged or cut off/],
    ["a number that is none", 'src="first" lr="fast"', /lr="fast" is not possible.*a number above 0/],
    ["a part that is none", 'src="first" hide="curve"', /“curve”.*train, step, reset/],
    ["a spec that the engine refuses", 'src="first" batch-size="100"', /batch/i],
  ])) {
    test(`it says in its place: ${what}`, async () => {
      const page = await visit(`<tab-grad ${attributes}></tab-grad>`);
      const problem = await told(page, "error");
      const text = (await page.locator("tab-grad").getByRole("alert").innerText()).replaceAll("\n", " ");
      assert.match(text, message);
      assert.ok(problem.message && problem.hint, JSON.stringify(problem));
      await page.locator("tab-grad").evaluate((element) => (["src", "lr", "hide", "batch-size"].forEach((name) => element.removeAttribute(name)), element.setAttribute("src", "first")));
      await told(page, "ready");
      await page.locator("tab-grad").getByRole("button", { name: "Train" }).waitFor();
      await closePage(page);
    });
  }

  test("an engine that does not come is said, and can be tried again", async () => {
    const page = await newPage(at.browser);
    await page.route("**/*.wasm", (route) => route.abort());
    await page.goto(await pageWith(`<tab-grad src="first"></tab-grad>`));
    assert.match((await told(page, "error")).message, /tabgrad_bg\.wasm could not be fetched/);
    await page.unroute("**/*.wasm");
    await page.getByRole("button", { name: "Try again" }).click();
    await told(page, "ready");
    await closePage(page);
  });

  test("by keyboard alone: train, step, and the embed code, which works", async () => {
    const page = await visit(`<tab-grad src="first" steps="5" lr="0.02"></tab-grad>`);
    await told(page, "ready");
    await page.locator("h1").click();
    /** @param {string} name */
    const tabTo = async (name) => {
      for (let presses = 0; presses < 20; presses++) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent ?? "")).includes(name)) return;
      }
      assert.fail(`Tab does not come to ${name}`);
    };
    await tabTo("Train");
    await page.keyboard.press("Enter");
    assert.equal((await told(page, "done")).step, 5);
    await tabTo("Step");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => /** @type {TabGrad} */ (document.querySelector("tab-grad")).metrics.step === 6);
    await tabTo("Embed code");
    await page.keyboard.press("Enter");
    const lines = await page.getByLabel("In any page", { exact: true }).inputValue();
    const frame = await page.getByLabel("In a page that takes no scripts", { exact: true }).inputValue();
    assert.equal(lines, `<script type="module" src="${at.url}embed.js"></script>\n<tab-grad src="first" steps="5" lr="0.02">\n</tab-grad>`);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), lines);
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent), "Embed code");
    await closePage(page);

    const other = await visit(frame);
    const inside = other.frameLocator("iframe");
    await inside.getByRole("button", { name: "Train" }).click();
    await inside.getByText("run complete").waitFor();
    await inside.getByText("learning rate 0.02").waitFor();
    await closePage(other);

    const wrong = await newPage(at.browser);
    await wrong.goto(`${at.url}embed.html?scr=first`);
    await wrong.getByText("option “scr”, which does not exist. There are: src,").waitFor();
    await closePage(wrong);
  });

  test("styles stay on their side, and colours follow the theme, on canvases too", async () => {
    const page = await visit(`<tab-grad src="playground"></tab-grad>`);
    const names = await page.evaluate(() => Object.keys(window).join());
    await told(page, "ready");
    assert.deepEqual(await page.evaluate(() => [document.adoptedStyleSheets.length, getComputedStyle(document.body).fontFamily, getComputedStyle(document.documentElement).getPropertyValue("--paper")]), [0, "serif", ""]);
    assert.equal((await page.evaluate(() => Object.keys(window).join())).replace(",engineWorker", ""), names.replace(",engineWorker", ""));
    const button = page.locator("tab-grad").getByRole("button", { name: "Reset" });
    assert.deepEqual(await button.evaluate((one) => [getComputedStyle(one).letterSpacing, getComputedStyle(one).fontSize]), ["normal", "15px"], "rem is not that of the page");

    /** How much of the map has the colour of a blue point, as the theme has it. @param {string} theme */
    const bluePoints = (theme) =>
      page.waitForFunction((wanted) => {
        const root = /** @type {TabGrad} */ (document.querySelector("tab-grad")).shadowRoot;
        const { outlineColor } = ((probe) => (root.append(probe), (probe.style.outlineColor = "var(--plus)"), getComputedStyle(probe)))(document.createElement("i"));
        const [r, g, b] = outlineColor.match(/\d+/g)?.map(Number) ?? [];
        if (r !== (wanted === "dark" ? 0x58 : 0x24)) return false;
        const canvas = /** @type {HTMLCanvasElement} */ (root.querySelector(".decision-canvas"));
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) count++;
        return count > 100;
      }, theme);
    await bluePoints("light");
    await page.locator("tab-grad").evaluate((element) => element.setAttribute("theme", "dark"));
    await bluePoints("dark");
    // And as the page around has it.
    await page.locator("tab-grad").evaluate((element) => element.removeAttribute("theme"));
    await bluePoints("light");
    await page.evaluate(() => void (document.documentElement.style.colorScheme = "dark"));
    await bluePoints("dark");
    await closePage(page);
  });

  test("axe-core finds nothing, and nothing scrolls sideways, in light and dark, 1280 to 360 px wide", async () => {
    const page = await visit(`<tab-grad src="playground" steps="20" autoplay>A caption</tab-grad>`);
    await told(page, "done");
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.evaluate(axe);
    for (const theme of ["light", "dark"]) {
      await page.evaluate(async (scheme) => {
        document.documentElement.style.colorScheme = scheme;
        // The colours change within the frame after the next.
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
      }, theme);
      for (const width of [1280, 390, 360]) {
        await page.setViewportSize({ width, height: 900 });
        const { found, wide } = await page.evaluate(async () => {
          const { violations } = await Reflect.get(window, "axe").run("tab-grad", { rules: { "target-size": { enabled: true } } });
          return { found: violations.flatMap((/** @type {any} */ { id, nodes }) => nodes.map((/** @type {any} */ node) => `${id}: ${node.html}`)), wide: document.documentElement.scrollWidth };
        });
        assert.deepEqual(found, [], `${theme}, ${width} px`);
        assert.ok(wide <= width, `${wide} px wide, not ${width}`);
      }
    }
    await closePage(page);
  });

  test("under a strict policy it trains, with what docs/embedding.md allows", async () => {
    const host = new URL(at.url).origin;
    const page = await newPage(at.browser);
    const policy = `default-src 'none'; script-src 'unsafe-inline' ${host} 'wasm-unsafe-eval'; worker-src blob: ${host}; connect-src ${host}; style-src 'none'`;
    await page.goto(await pageWith(`<tab-grad src="playground" steps="20" autoplay></tab-grad>`, policy));
    assert.equal((await told(page, "done")).step, 20);
    assert.equal(await page.locator("tab-grad").getByRole("button", { name: "Reset" }).evaluate((one) => getComputedStyle(one).fontSize), "15px", "it has its style");
    await closePage(page);
  });

  test("it speaks the language of the page around it, the engine's refusals too, and loads its words with it", async () => {
    const page = await newPage(at.browser);
    const host = new URL(at.url).origin;
    const policy = `default-src 'none'; script-src 'unsafe-inline' ${host} 'wasm-unsafe-eval'; worker-src blob: ${host}; connect-src ${host}; style-src 'none'`;
    await page.goto(await pageWith(`<tab-grad src="first" batch-size="100"></tab-grad>`, policy, "zh-CN"));
    await told(page, "error");
    const demo = page.locator("tab-grad");
    assert.match(await demo.getByRole("alert").innerText(), /^batch_size: batch_size 为 100 时每步需要 100 个样本，但只有 \d+ 个训练样本。请将 batch_size 设为不大于 \d+。/);
    await demo.evaluate((element) => element.removeAttribute("batch-size"));
    await demo.getByRole("button", { name: "训练", exact: true }).click();
    await demo.getByRole("button", { name: "暂停", exact: true }).waitFor();
    assert.equal(await demo.locator("section").first().getAttribute("lang"), "zh-Hans");
    await closePage(page);

    const frame = await newPage(at.browser);
    await frame.goto(`${at.url}embed.html?src=first&lang=zh-CN`);
    await frame.getByRole("button", { name: "训练", exact: true }).waitFor();
    assert.equal(await frame.title(), "tabgrad – 可训练的网络");
    await closePage(frame);
  });

  test("on a page that is isolated the engine has threads", async () => {
    const page = await newPage(at.browser);
    await page.goto(await isolatedPageWith(`<tab-grad src="first" steps="20" autoplay></tab-grad>`));
    assert.equal((await told(page, "done")).step, 20);
    await workers(page, Math.min(8, await page.evaluate(() => navigator.hardwareConcurrency)));
    await page.locator("tab-grad").evaluate((element) => element.remove());
    await workers(page, 0);
    await closePage(page);
  });

  test("who wants no motion gets none by itself", async () => {
    const page = await newPage(at.browser);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(await pageWith(`<tab-grad src="first" autoplay></tab-grad>`));
    await told(page, "ready");
    const demo = page.locator("tab-grad");
    // Training that begins by itself begins together with that event.
    assert.equal(await demo.evaluate((element) => /** @type {TabGrad} */ (element).training), false);
    await demo.getByRole("button", { name: "Train" }).click();
    await told(page, "metrics");
    await closePage(page);
  });
});

describe("embedded, in Firefox", () => {
  const at = firefoxStage();
  const pageWith = elsewhere(() => at.url);

  test("it trains in a page from another origin", async () => {
    const page = await at.browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    /** @type {string[]} */
    const faults = [];
    page.on("pageerror", (error) => void faults.push(String(error)));
    await page.goto(await pageWith(`<tab-grad src="first" device="cpu" steps="100" autoplay></tab-grad>`));
    const done = await page.waitForFunction(() => Reflect.get(window, "told").find((/** @type {any} */ { name }) => name === "done")?.detail);
    const { step, testLoss, testAccuracy } = await done.jsonValue();
    assert.deepEqual([step, testAccuracy], [100, 1]);
    assert.ok(testLoss < 0.5, `the loss falls: ${testLoss}`);
    assert.deepEqual(faults, []);
    await page.close();
  });
});
