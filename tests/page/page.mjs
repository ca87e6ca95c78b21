// What the page tests share: the served site, a page in it, and its readings and buttons by the names that a visitor sees.
// Works with both drivers' pages where it only evaluates. Imports the scripts' server.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchChromium, launchFirefox } from "../../scripts/browsers.mjs";
import { serve } from "../../scripts/server.mjs";

/** Software GPUs on a busy machine are slow; what takes longer than this hangs. */
export const PATIENCE = 180_000;

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Browser} Browser */

/** @param {{ isolated?: boolean }} [options] */
export const site = (options) => serve(new URL("../../dist", import.meta.url).pathname, options);

/**
 * A browser and the served site for the tests of a `describe`, there while they run.
 * @template {{ close(): Promise<void> }} B
 * @param {() => Promise<B>} launch
 */
function staged(launch) {
  const stage = { browser: /** @type {B} */ (/** @type {unknown} */ (null)), url: "" };
  /** @type {Awaited<ReturnType<typeof site>>} */
  let server;
  before(async () => {
    server = await site();
    stage.url = server.url;
    stage.browser = await launch();
  });
  after(async () => {
    await stage.browser?.close();
    await server?.close();
  });
  return stage;
}

/** @param {{webgpu?: boolean}} [options] */
export const stage = (options) => staged(() => launchChromium(options));

/** By its own driver, whose pages are other ones. */
export const firefoxStage = () => staged(launchFirefox);

/**
 * @param {Browser} browser
 * @param {string} url
 * @param {{device?: "auto" | "webgpu" | "cpu", viewport?: {width: number, height: number}, hasTouch?: boolean, locale?: string}} [options] device: what the visitor chose to run on
 * @returns {Promise<Page>} its session open, ready to train
 */
export async function openPage(browser, url, options = {}) {
  const page = await newPage(browser, options);
  await page.goto(url);
  await ready(page);
  return page;
}

/**
 * @param {Browser} browser
 * @param {string} url without a hash
 * @param {Parameters<typeof newPage>[1]} [options]
 */
export async function openGallery(browser, url, options) {
  const page = await newPage(browser, options);
  await page.goto(url);
  await galleryReady(page);
  return page;
}

/** Waits until each card says what the engine knows. @param {Page} page */
export const galleryReady = (page) => page.waitForFunction(() => {
  const cards = [...document.querySelectorAll(".network")];
  return cards.length > 0 && cards.every((card) => card.querySelector(".thumb") && !card.textContent?.includes("…"));
});

/** Chooses a network from the menu in the head. @param {Page} page @param {string} name */
export async function choose(page, name) {
  await page.locator("nav summary").click();
  await page.locator("nav").getByRole("link", { name, exact: true }).click();
}

/**
 * A page that goes nowhere yet. An error in the page or a refusal by its policy fails the test at its end (see `faults`).
 * @param {Browser} browser
 * @param {{device?: string, viewport?: {width: number, height: number}, hasTouch?: boolean, serviceWorkers?: "allow" | "block", locale?: string}} [options] serviceWorkers:
 *   blocked, every visit asks the server, and tests may change what comes
 */
export async function newPage(browser, { device = "auto", viewport = { width: 1280, height: 900 }, hasTouch = false, serviceWorkers = "block", locale = "en-US" } = {}) {
  const context = await browser.newContext({ viewport, hasTouch, serviceWorkers, locale });
  context.setDefaultTimeout(PATIENCE);
  await context.addInitScript((choice) => {
    localStorage.setItem("tabgrad.device", choice);
    // Kept for the tests that speak to the engine behind the page's back.
    const Original = window.Worker;
    window.Worker = class extends Original {
      /** @param {string | URL} address @param {WorkerOptions} [how] */
      constructor(address, how) {
        super(address, how);
        if (how?.name === "tabgrad engine") Object.assign(window, { engineWorker: this });
      }
    };
  }, device);
  const page = await context.newPage();
  /** @type {string[]} */
  const found = [];
  faultsOf.set(page, found);
  page.on("pageerror", (error) => found.push(String(error)));
  return page;
}

/** @type {WeakMap<Page, string[]>} */
const faultsOf = new WeakMap();

/**
 * Changes a file of the site on its way to a page.
 * @param {Page} page @param {string} file @param {(text: string) => string} change
 */
export async function rewrite(page, file, change) {
  await page.route(file, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: change(await response.text()) });
  });
}

/** Closes a page; fails if an uncaught error was in it. @param {Page} page */
export async function closePage(page) {
  await page.context().close();
  assert.deepEqual(faultsOf.get(page), [], "the page must have no uncaught errors");
}

/** @param {Page} page */
export const ready = (page) => page.waitForFunction(() => document.querySelector(".play:not([disabled])"), null, { timeout: PATIENCE });

/** @param {Page} page @param {string} name */
export const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

/** What it runs on: "webgpu" or "cpu". @param {Page} page */
export const deviceOf = (page) => page.locator("details.chip").getAttribute("data-kind");

/**
 * A number of the bar over the network; a percentage as a share.
 * @param {Page} page @param {string} name "Step", "Test accuracy", ...
 */
export async function reading(page, name) {
  const text = await page.locator(".readings > div", { has: page.getByText(name, { exact: true }) }).locator("output").innerText();
  const value = Number(text.replaceAll(",", "").replace("%", ""));
  return text.includes("%") ? value / 100 : value;
}

/**
 * Waits until a reading is as wanted.
 * @param {Page} page @param {string} name @param {(value: number) => boolean} wanted
 */
export async function until(page, name, wanted) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const value = await reading(page, name);
    if (wanted(value)) return value;
    assert.ok(performance.now() < end, `${name} is still ${value}`);
    await page.waitForTimeout(100);
  }
}

/** Waits until it no longer trains. @param {Page} page */
export const stopped = (page) => page.locator(".play", { hasText: "Train" }).waitFor();

/** @param {Page} page @param {string} name the visible one of the speeds */
export const setSpeed = (page, name) => page.getByLabel("Speed").selectOption({ label: name });

/** Opens all that can be: what is folded, but for the menu, which lies over what is below it; and each layer of the network that is edited. @param {Page} page */
export const unfold = (page) =>
  page.evaluate(() => {
    document.querySelectorAll("details").forEach((details) => (details.open ||= !details.closest("nav")));
    document.querySelectorAll(".layer-head[aria-expanded=false]").forEach((head) => /** @type {HTMLElement} */ (head).click());
  });

/** Fills a field and leaves it, as typing does. @param {Page} page @param {string} label @param {string | number} value */
export async function fill(page, label, value) {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(String(value));
  await field.blur();
}

/** The loss table of the first network: epoch -> loss. @param {Page} page */
export async function lossTable(page) {
  const rows = await page.locator(".loss-table tbody tr").evaluateAll((all) =>
    all.map((row) => [Number(row.children[0]?.textContent), Number(/** @type {HTMLElement} */ (row.children[1]).dataset.loss)]),
  );
  return new Map(/** @type {[number, number][]} */ (rows));
}

/** The part of an address that opens an example with changes. @param {string} id @param {object} patch */
export const changed = (id, patch) => `#${id}/${Buffer.from(JSON.stringify(patch)).toString("base64url")}`;

/** Presses "Save to file". @param {Page} page @returns {Promise<Buffer>} */
export async function save(page) {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Save to file")]);
  const pieces = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Chooses a file for "Load from file". @param {Page} page @param {Buffer} buffer */
export const load = (page, buffer) => page.locator(".files input[type=file]").setInputFiles({ name: "saved.safetensors", mimeType: "application/octet-stream", buffer });

/**
 * Drags a file over the page and drops it there.
 * @param {Page} page @param {{ name: string, mimeType?: string, buffer: Buffer | string }} file
 * @returns {Promise<string>} what the drop zone says
 */
export async function drop(page, { name, mimeType = "", buffer }) {
  const { zone, left } = await page.evaluate(({ name, type, bytes }) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([Uint8Array.from(bytes)], name, { type }));
    const fire = (/** @type {string} */ kind) => document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    const box = /** @type {HTMLElement} */ (document.querySelector(".drop-zone"));
    const over = fire("dragover");
    const zone = box.checkVisibility() ? box.innerText : "";
    return { zone, left: over || fire("drop") || box.checkVisibility() };
  }, { name, type: mimeType, bytes: [...Buffer.from(buffer)] });
  assert.equal(left, false, "the page keeps the file, and the zone goes");
  return zone;
}

/**
 * What is in a saved file: the floats of its tensors by name, and its words.
 * @param {Buffer} file
 * @returns {{ data: Map<string, number[]>, metadata: { [key: string]: string } }}
 */
export function tensorsOf(file) {
  const body = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(file.subarray(8, body).toString());
  const floats = ([from, to] = /** @type {[number, number]} */ ([0, 0])) => Array.from({ length: (to - from) / 4 }, (_, i) => file.readFloatLE(body + from + 4 * i));
  return { metadata, data: new Map(Object.entries(entries).flatMap(([name, { dtype, data_offsets }]) => (dtype === "F32" ? [[name, floats(data_offsets)]] : []))) };
}

/** The experiment in a saved file. @param {Buffer} file */
export const specOf = (file) => JSON.parse(tensorsOf(file).metadata.spec ?? assert.fail("there is no experiment in the file"));

/**
 * Draws with the mouse, corner to corner.
 * @param {Page} page
 * @param {[number, number][]} line in shares of the sheet
 */
export async function draw(page, line) {
  const pad = page.locator("canvas.pad");
  await pad.scrollIntoViewIfNeeded();
  const box = (await pad.boundingBox()) ?? assert.fail("there is no sheet to draw on");
  const at = ([x, y] = /** @type {[number, number]} */ ([0, 0])) => /** @type {const} */ ([box.x + x * box.width, box.y + y * box.height]);
  await page.mouse.move(...at(line[0]));
  await page.mouse.down();
  for (const point of line.slice(1)) await page.mouse.move(...at(point), { steps: 12 });
  await page.mouse.up();
}

/** Asks the engine behind the page's back. @param {Page} page @param {any} request lists for arrays @returns {Promise<any>} with lists for arrays */
export const ask = (page, request) =>
  page.evaluate(
    (request) =>
      new Promise((resolve) => {
        const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
        const id = `test ${Math.random()}`;
        const answer = (/** @type {MessageEvent} */ { data }) => {
          if (data.id !== id) return;
          worker.removeEventListener("message", answer);
          resolve(JSON.parse(JSON.stringify(data, (_, value) => (ArrayBuffer.isView(value) ? Array.from(/** @type {Float32Array} */ (value)) : value))));
        };
        worker.addEventListener("message", answer);
        const floats = Object.fromEntries(["inputs", "data"].flatMap((name) => (request[name] ? [[name, Float32Array.from(request[name])]] : [])));
        worker.postMessage({ ...request, ...floats, id });
      }),
    request,
  );

/** In the page: how wide it is, and which of its controls cannot be seen in full, not even by scrolling the box that they are in. */
export function measure() {
  const controls = [...document.querySelectorAll("button, input, select, summary, a, label, canvas.pad")].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden, .skip"));
  const width = document.documentElement.clientWidth;
  const cut = controls.flatMap((control) => {
    const box = control.getBoundingClientRect();
    if (!box.width || !box.height) return [];
    const name = `${control.tagName} ${control.id} “${control.getAttribute("aria-label") ?? control.textContent?.trim().slice(0, 40)}”`;
    let scrolls = false;
    for (let parent = control.parentElement; parent; parent = parent.parentElement) {
      const { overflowX } = getComputedStyle(parent);
      if (overflowX === "visible" || parent === document.body || parent === document.documentElement) continue;
      if (overflowX !== "hidden" && overflowX !== "clip") scrolls = true;
      const around = parent.getBoundingClientRect();
      if (!scrolls && (box.left < around.left - 1 || box.right > around.right + 1)) return [`${name} is cut off by ${parent.className}`];
    }
    if (!scrolls && (box.left < -1 || box.right > width + 1)) return [`${name} reaches from ${box.left} to ${box.right}`];
    // A neuron's name stands beside its picture.
    const narrow = control.matches("button:not(:has(canvas)), summary") && control.scrollWidth > control.clientWidth + 1;
    return narrow ? [`${name} is narrower than what it says`] : [];
  });
  return { wide: document.documentElement.scrollWidth, controls: controls.length, cut };
}
