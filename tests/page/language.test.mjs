// The page in Chinese: no word of it is left in English, wherever it stands and whether it is folded up, and it fits on a phone; and a visitor who chooses
// a language keeps what was trained. That the catalogue is whole is proved in tests/scripts/i18n.test.mjs. In a Chromium without WebGPU: none of this
// depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { changed, closePage, galleryReady, measure, newPage, openPage, press, ready, stage } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** @type {{ [english: string]: string }} */
const chinese = JSON.parse(readFileSync(new URL("../../dist/lang/zh-Hans.json", import.meta.url), "utf8"));
/** @param {string} english */
const zh = (english) => chinese[english] ?? assert.fail(`“${english}” is not in the catalogue`);

/** What is called so in Chinese, too. */
const NAMES = [
  ...["tabgrad", "PyTorch", "Python", "JSON", "WebGPU", "WebAssembly", "SIMD", "CPU", "GPU", "PNG", "JPEG", "WebP", "CSV", "WGSL", "Plan", "acc", "Ctrl", "Shift", "Enter"],
  ...["Fashion-MNIST", "MNIST", "MLP", "LeNet", "ResNet", "VGG", "LSTM", "GRU", "GPT", "Transformer", "Dropout", "SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Nesterov", "Beta", "Epsilon", "ReLU", "sigmoid", "logit", "top-k", "sin"],
  // Layers of the networks below.
  ...["Conv2d", "MaxPool2d", "Flatten", "Linear", "Tanh", "LeakyReLU", "GELU", "SiLU", "ELU", "BatchNorm2d", "AdaptiveAvgPool2d", "Residual", "Embedding", "PositionalEmbedding", "TransformerEncoderLayer"],
  ...["Vaswani", "Radford", "Minsky", "Papert", "LeCun", "Simonyan", "Zisserman", "Hochreiter", "Schmidhuber", "Cho"],
];

/**
 * In the page: its texts, and those that are only heard or seen on pointing at something, that still have English in them. What is code, data or quoted is not
 * the page's.
 * @param {string[]} names
 */
function english(names) {
  const known = new RegExp(`(?<![a-z])(?:${[...names].sort((a, b) => b.length - a.length).join("|")})(?![a-z])`, "gi");
  const left = (/** @type {string} */ text) => text.replace(/“[^”]*”|《[^》]*》/g, " · ").replace(known, "·");
  const wrong = (/** @type {string} */ text) => /[a-z]{3}|[a-z]+\s+[a-z]+/i.test(left(text));
  const foreign = (/** @type {Element} */ element) => element.closest("script, style, noscript, textarea, [translate=no], :not(:root)[lang]") !== null;
  const [found, seen] = [new Set(), new Set()];
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.textContent?.trim();
    if (!text || !node.parentElement || foreign(node.parentElement)) continue;
    seen.add(text);
    if (wrong(text)) found.add(text);
  }
  for (const element of document.querySelectorAll("*")) {
    if (foreign(element)) continue;
    for (const name of ["aria-label", "aria-description", "aria-valuetext", "placeholder", "title", "alt", "content"]) {
      const text = name === "content" && element.getAttribute("name") !== "description" ? null : element.getAttribute(name);
      if (text && wrong(text)) found.add(`${name}: ${text}`);
    }
  }
  return { found: [...found], seen: [...seen].filter((text) => /\p{Script=Han}/u.test(text)).length };
}

/** @param {Page} page @param {string} when */
async function allChinese(page, when) {
  const { found, seen } = await page.evaluate(english, NAMES);
  assert.deepEqual(found, [], when);
  assert.ok(seen > 20, `${when}: only ${seen} texts are Chinese`);
}

/** Everything open, on a phone. @param {Page} page */
async function fits(page) {
  await page.evaluate(() => document.querySelectorAll("details:not(.menu, .chip)").forEach((details) => Object.assign(details, { open: true })));
  await page.setViewportSize({ width: 360, height: 800 });
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  const { wide, cut } = await page.evaluate(measure);
  assert.ok(wide <= 360, `the page is ${wide} px wide`);
  assert.deepEqual(cut, []);
}

/** @param {Page} page @param {number} step */
const standsAt = (page, step) => page.waitForFunction((step) => Number(document.querySelectorAll(".readings output")[1]?.textContent?.replaceAll(",", "")) === step, step);

/** @param {Page} page @param {string} name */
const pressIn = (page, name) => page.getByRole("button", { name: zh(name), exact: true }).click();

/** Trains at least so many steps, and waits for what is said of them. @param {Page} page @param {number} steps */
async function train(page, steps) {
  await page.locator(".play").click();
  await page.waitForFunction((steps) => Number(document.querySelectorAll(".readings output")[1]?.textContent?.replaceAll(",", "")) >= steps, steps);
  if ((await page.locator(".play-icon").innerText()) !== "▶") await page.locator(".play").click();
  await page.locator(".play-icon", { hasText: "▶" }).waitFor();
}

/** Opens "Inside the network", and has it show what it can. @param {Page} page */
async function lookInside(page) {
  await page.locator("details.card > summary", { hasText: zh("Inside the network") }).click();
  await page.locator(".inside").scrollIntoViewIfNeeded();
  await page.locator(".layer-list button").first().waitFor();
  await pressIn(page, "Measure a step");
  await page.locator(".health-table tbody tr").first().waitFor();
}

describe("in Chinese", () => {
  const at = stage({ webgpu: false });

  test("the gallery, with its lessons, for a browser that asks for it", async () => {
    const page = await newPage(at.browser, { locale: "zh-CN" });
    await page.goto(at.url);
    await galleryReady(page);
    await page.locator(".lessons li").first().waitFor();
    assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
    await page.locator("nav summary").click();
    await allChinese(page, "the gallery");
    await page.locator("nav summary").click();
    await fits(page);
    await closePage(page);
  });

  /** @type {[string, string, (page: Page) => Promise<unknown>][]} */
  const networks = [
    ["the first network", "#first", (page) => train(page, 100)],
    [
      "the playground",
      "#playground",
      async (page) => {
        await train(page, 5);
        await page.locator(".node").last().focus();
      },
    ],
    [
      "digits",
      "#digits",
      async (page) => {
        await train(page, 2);
        await pressIn(page, "A test digit");
        await page.locator(".guess", { hasText: /\d/ }).waitFor();
        await lookInside(page);
        await pressIn(page, "Cover its parts");
        await page.locator(".covering figcaption", { hasText: /\d/ }).waitFor();
      },
    ],
    [
      "clothes",
      "#resnet",
      async (page) => {
        await pressIn(page, "Random");
        await page.locator(".guess", { hasText: /%/ }).waitFor();
      },
    ],
    [
      "a text",
      changed("gpt", {
        layers: [
          { type: "Embedding", num_embeddings: 80, embedding_dim: 16 },
          { type: "PositionalEmbedding" },
          { type: "TransformerEncoderLayer", nhead: 2, dim_feedforward: 32, causal: true },
          { type: "Linear", out_features: 80 },
        ],
      }),
      async (page) => {
        await train(page, 2);
        await page.locator(".earlier li").first().waitFor({ state: "attached" });
        await lookInside(page);
        await page.locator(".layer-list button").nth(2).click();
        await page.locator(".attention-words", { hasText: /\d/ }).waitFor();
      },
    ],
    ["a lesson", "#lesson-hidden-layers", (page) => train(page, 300)],
  ];

  for (const [name, hash, use] of networks) {
    test(`${name}: before training and after it, and on a phone`, async () => {
      const page = await newPage(at.browser);
      await page.goto(`${at.url}?lang=zh-Hans${hash}`);
      await ready(page);
      await allChinese(page, "before training");
      await use(page);
      await allChinese(page, "after training");
      await fits(page);
      await closePage(page);
    });
  }

  test("chosen in the head, it stays, with what was trained, and English comes back", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    for (const step of [1, 2, 3]) {
      await press(page, "Step");
      await standsAt(page, step);
    }
    await page.getByLabel("Language").selectOption({ label: "简体中文" });
    await page.locator("html[lang=zh-Hans]").waitFor();
    await standsAt(page, 3);
    assert.equal(await page.locator("h1").innerText(), zh("2-D playground"));
    assert.equal(await page.title(), `${zh("2-D playground")} – tabgrad`);
    await page.reload();
    await ready(page);
    assert.equal(await page.getAttribute("html", "lang"), "zh-Hans");
    await page.getByLabel(zh("Language")).selectOption({ label: "English" });
    await page.locator("html[lang=en]").waitFor();
    await standsAt(page, 3);
    assert.equal(await page.locator("h1").innerText(), "2-D playground");
    await closePage(page);
  });
});
