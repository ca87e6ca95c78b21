// Fashion-MNIST by a ResNet and by a VGG, in a Chromium without WebGPU: what is learnt in some dozen steps, the names of the classes, test
// images and the visitor's own pictures, a file that goes on.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, closePage, openPage, load, press, reading, save, stage, stopped, until } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

const NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

describe("Fashion-MNIST", () => {
  const at = stage({ webgpu: false });

  /** Trained from the first step until 70 % of a thousand test images are right, and measured on all of them. @param {string} id */
  async function trained(id) {
    const page = await openPage(at.browser, `${at.url}#${id}`);
    const start = await until(page, "Test loss", (loss) => loss > 0);
    assert.ok(start > 2 && start < 3.5, `an untrained network knows nothing: its loss is near ln 10 or above, here ${start}`);
    await press(page, "Train");
    await until(page, "Test accuracy", (accuracy) => accuracy >= 0.7);
    await press(page, "Pause");
    await stopped(page);
    await page.locator(".confusion td").first().waitFor();
    assert.equal(new URL(page.url()).hash, `#${id}`, "the example is in its one form: the address has no changes");
    return page;
  }

  test("VGG learns the classes, and they have names wherever they are shown", async () => {
    const page = await trained("vgg");
    await page.locator(".needs", { hasText: "55,167 training and 9,176 test examples, 861 steps per epoch" }).waitFor();
    assert.deepEqual(await page.locator(".confusion tbody th").allInnerTexts(), NAMES);
    assert.deepEqual(await page.locator(".confusion thead th").allInnerTexts(), NAMES);
    assert.deepEqual(await page.locator(".bars .bar-name").allInnerTexts(), NAMES);
    assert.deepEqual((await page.locator(".gallery:not(.mistakes) figcaption").allInnerTexts()).slice(0, 10), NAMES);
    const counts = (await page.locator(".confusion tbody td").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
    assert.equal(counts.reduce((a, b) => a + b), 9176, "the confusion matrix counts every test image");
    const mistakes = await page.locator(".mistakes figcaption").allInnerTexts();
    assert.equal(mistakes.length, 18);
    for (const text of mistakes) {
      const [, label, predicted] = /^(.+), taken for (.+) \(\d+ %\)$/.exec(text) ?? assert.fail(text);
      assert.ok(NAMES.includes(label ?? "") && NAMES.includes(predicted ?? "") && label !== predicted, text);
    }

    // What the view cannot show is refused, and nothing is lost.
    const step = await reading(page, "Step");
    for (const [patch, complaint] of /** @type {const} */ ([
      [{ data: { name: "mnist" } }, "this view needs Fashion-MNIST as its data"],
      [{ layers: [{ type: "Flatten" }, { type: "Linear", out_features: 12 }] }, "its last layer has 12 outputs, not one for each of the 10 classes"],
    ])) {
      await page.evaluate((hash) => void (location.hash = hash), changed("vgg", patch));
      await page.locator(".notice.warning", { hasText: complaint }).waitFor();
    }
    assert.equal(await reading(page, "Step"), step);
    await closePage(page);
  });

  test("ResNet looks at test images and at pictures of the visitor's own; a file of it goes on", async () => {
    const page = await trained("resnet");

    // There by itself, to have something to look at.
    await says(page, ".origin", "Test image 1 of 9,176: T-shirt/top");
    await press(page, "Next");
    await says(page, ".origin", "Test image 2 of 9,176: Trouser");
    await press(page, "Previous");
    await press(page, "Previous");
    await says(page, ".origin", /^Test image 9,176 of 9,176: /);
    await press(page, "Worst");
    const [, label, predicted] = /^(.+), taken for (.+) \(/.exec(await page.locator(".mistakes figcaption").first().innerText()) ?? assert.fail("no mistakes");
    await says(page, ".origin", new RegExp(`: ${label}$`));
    await says(page, ".guess", new RegExp(`It sees: ${predicted},`));

    // Dark trousers on a grey wall; then the negative.
    const line = await page.evaluate(picture, { ground: "#ddd", ink: "#222" });
    await show(page, "trousers.png", Buffer.from(line));
    await says(page, ".origin", "Your picture trousers.png");
    const seen = await page.evaluate(pixels);
    const rows = Array.from({ length: 28 }, (_, y) => seen.slice(28 * y, 28 * y + 28));
    assert.ok(rows.every((row) => Math.max(...row) > 200), "it is as high as the picture");
    assert.ok(seen.every((value, i) => (i % 28 > 4 && i % 28 < 23) || value < 20), "it is narrow, in the middle, and the wall is gone");
    await show(page, "negative.png", Buffer.from(await page.evaluate(picture, { ground: "#222", ink: "#ddd" })));
    await says(page, ".origin", "Your picture negative.png");
    assert.ok((await page.evaluate(pixels)).every((value, i) => Math.abs(value - (seen[i] ?? NaN)) < 12), "light on a dark ground is the same picture");

    const verdict = await page.locator("output.guess").innerText();
    await show(page, "broken.png", Buffer.from("not a picture"));
    await page.locator(".guess-grid .notice.warning", { hasText: "The file broken.png is not a picture that this browser can read. Choose a picture" }).waitFor();
    await show(page, "empty.png", Buffer.from(await page.evaluate(picture, { ground: "#ddd", ink: "#ddd" })));
    await page.locator(".guess-grid .notice.warning", { hasText: "empty.png is of one colour" }).waitFor();
    await says(page, ".origin", "Your picture negative.png");
    assert.equal(await page.locator("output.guess").innerText(), verdict, "what was shown stays");

    const step = await reading(page, "Step");
    const saved = await save(page);
    await press(page, "Reset");
    await until(page, "Step", (now) => now === 0);
    await load(page, saved);
    await page.locator(".files .notice", { hasText: `goes on from step ${step}` }).waitFor();
    assert.equal(new URL(page.url()).hash, "#resnet", "what the engine wrote into the file is the example again");
    await until(page, "Test accuracy", (accuracy) => accuracy >= 0.65); // what it had learnt
    await press(page, "Step");
    await until(page, "Step", (now) => now === step + 1);
    await closePage(page);
  });
});

/** Waits until an element says so. @param {Page} page @param {string} selector @param {string | RegExp} text */
const says = (page, selector, text) => page.locator(selector).filter({ hasText: text }).waitFor();

/** Chooses a file as "Your own picture". @param {Page} page @param {string} name @param {Buffer} buffer */
const show = (page, name, buffer) => page.locator(".guess-grid input[type=file]").setInputFiles({ name, mimeType: "image/png", buffer });

/** In the page: what the network sees, 0 to 255. */
function pixels() {
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(".seen canvas"));
  const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, 28, 28);
  return Array.from({ length: 28 * 28 }, (_, i) => data[4 * i + 3] ?? 0);
}

/** In the page: a PNG of trousers, with much wall around them. @param {{ ground: string, ink: string }} colours */
async function picture({ ground, ink }) {
  const canvas = new OffscreenCanvas(400, 300);
  const c = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  c.fillStyle = ground;
  c.fillRect(0, 0, 400, 300);
  c.fillStyle = ink;
  c.fillRect(40, 50, 80, 40);
  c.fillRect(40, 50, 30, 200);
  c.fillRect(90, 50, 30, 200);
  return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
}
