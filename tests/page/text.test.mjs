// Texts: a GPT, an LSTM and a GRU learn Moby Dick, write while they do, and what they write follows from prompt, temperature, top-k and seed. In a Chromium
// without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { ask, changed, choose, closePage, fill, load, newPage, openPage, press, reading, ready, save, stage, stopped, until } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

const TEXT = gunzipSync(readFileSync(new URL("../../dist/data/moby-dick.txt.gz", import.meta.url))).toString("ascii");
const VOCABULARY = [...new Set(TEXT)].sort();
/** The bits that a character takes of whoever knows how often each occurs, and nothing of those before it. */
const BITS_BY_FREQUENCY = VOCABULARY.reduce((bits, character) => {
  const share = (TEXT.split(character).length - 1) / TEXT.length;
  return bits - share * Math.log2(share);
}, 0);
const PROMPT = "Call me ";

/** @param {Page} page */
const written = (page) => page.locator(".writer > .written");

/**
 * Lets it write.
 * @param {Page} page @param {string} [button]
 * @returns {Promise<string>} what it added to its prompt
 */
async function write(page, button = "Write") {
  await press(page, button);
  await page.getByRole("button", { name: "Stop writing", disabled: true }).waitFor();
  return (await written(page).locator("span").textContent()) ?? "";
}

/** @param {Page} page @param {number} value */
const setTemperature = (page, value) => page.getByRole("slider", { name: "Temperature" }).fill(String(value));

/**
 * What always taking the likeliest character adds to the prompt, asked of the engine itself, with other characters than the page's behind those that are there.
 * @param {Page} page @param {number} count
 */
async function likeliest(page, count) {
  const context = 64;
  const ids = [...PROMPT].map((character) => VOCABULARY.indexOf(character));
  const session = { gpt: 6, lstm: 7, gru: 8 }[new URL(page.url()).hash.slice(1)];
  for (let n = 0; n < count; n++) {
    const inputs = [...ids, ...Array(context - ids.length).fill(VOCABULARY.indexOf("e"))];
    const { output, shape } = await ask(page, { type: "predict", session, inputs, count: 1 });
    const logits = output.slice((ids.length - 1) * shape[2], ids.length * shape[2]);
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  return ids.slice(PROMPT.length).map((id) => VOCABULARY[id]).join("");
}

describe("texts", () => {
  const at = stage({ webgpu: false });

  for (const id of ["gpt", "lstm", "gru"]) {
    test(`${id}: learns, writes the same text with the same seed, and goes on from its file`, async () => {
      const page = await openPage(at.browser, `${at.url}#${id}`);
      const start = await until(page, "Test bits", (bits) => bits > 0);
      assert.ok(Math.abs(start - Math.log2(VOCABULARY.length)) < 0.4, `an untrained network knows nothing: its bits are near log2 80 = 6.3, here ${start}`);
      assert.equal(await page.locator(".passage").textContent(), TEXT.slice(0, 640), "the training text is shown from its beginning");

      await fill(page, "Characters", 20);
      await press(page, "Train");
      await until(page, "Training bits", (bits) => bits < BITS_BY_FREQUENCY - 0.2);
      // It has written by itself meanwhile.
      await page.waitForFunction(() => (document.querySelector(".writer > .written span")?.textContent?.length ?? 0) > 0);
      await press(page, "Pause");
      await stopped(page);
      assert.ok((await reading(page, "Test bits")) < BITS_BY_FREQUENCY, "what it has learnt holds for text that it has not seen");
      assert.equal(new URL(page.url()).hash, `#${id}`);

      const first = await write(page);
      assert.equal(first.length, 20);
      assert.deepEqual([...first].filter((character) => !VOCABULARY.includes(character)), []);
      assert.equal(await written(page).textContent(), PROMPT + first);
      assert.equal(await write(page), first, "the same seed, the same text");
      assert.notEqual(await write(page, "Write another"), first, "another seed, another text");
      assert.equal(await page.getByLabel("Seed of the text").inputValue(), "1");

      await setTemperature(page, 0);
      const greedy = await write(page);
      assert.equal(greedy.slice(0, 8), await likeliest(page, 8));
      assert.equal(await write(page, "Write another"), greedy, "nothing is left to chance");
      assert.deepEqual((await page.locator(".next .number").allInnerTexts()).slice(0, 2), ["100.0 %", "0.0 %"]);
      await setTemperature(page, 1);
      await fill(page, "Top k (0: all)", 1);
      assert.equal(await write(page), greedy, "so is it of the one likeliest");

      const step = await reading(page, "Step");
      const file = await save(page);
      await press(page, "Step");
      await until(page, "Step", (now) => now === step + 1);
      await load(page, file);
      await page.locator(".files .notice", { hasText: `training goes on from step ${step}` }).waitFor();
      assert.equal(new URL(page.url()).hash, `#${id}`, "the experiment in the file is the page's own");
      assert.equal(await write(page), greedy, "its weights are those of the file");
      await press(page, "Step");
      await until(page, "Step", (now) => now === step + 1);
      await closePage(page);
    });
  }

  test("what cannot be written is said, and nothing is lost", async () => {
    const page = await openPage(at.browser, `${at.url}#gru`);
    await fill(page, "Characters", 5);
    const text = await write(page);
    await page.getByLabel("Prompt").fill("Ahab’s");
    await page.locator(".field-error", { hasText: /Character 4 of the text, '’', is not in the vocabulary. Leave it out/ }).waitFor();
    await press(page, "Write");
    await page.locator(".writer .notice.warning", { hasText: "is not in the vocabulary" }).waitFor();
    assert.equal(await written(page).textContent(), PROMPT + text);
    assert.equal(await page.getByLabel("Prompt").inputValue(), "Ahab’s");
    // Longer than the network can see.
    await page.getByLabel("Prompt").fill("Ahab's ".repeat(20));
    assert.equal((await write(page)).length, 5);
    assert.deepEqual(await page.locator(".field-error:not(:empty), .writer .notice").allInnerTexts(), []);
    // Nothing given: a line begins.
    await page.getByLabel("Prompt").fill("");
    assert.equal((await write(page)).length, 5);
    for (const [label, value, range] of /** @type {const} */ ([["Characters", 0, "1 to 5000"], ["Top k (0: all)", 1.5, "0 to 999"], ["Seed of the text", -1, "0 to 4294967295"]])) {
      await fill(page, label, value);
      await page.locator(".field-error", { hasText: `${label} must be a whole number from ${range}.` }).waitFor();
    }
    assert.equal((await write(page)).length, 5, "refused values are not used");
    await closePage(page);
  });

  test("writing can be stopped, and stops where nobody sees it", async () => {
    const page = await openPage(at.browser, `${at.url}#gru`);
    await fill(page, "Characters", 5000);
    await press(page, "Write");
    await page.waitForFunction(() => (document.querySelector(".writer > .written span")?.textContent?.length ?? 0) > 3);
    await press(page, "Stop writing");
    await page.getByRole("button", { name: "Stop writing", disabled: true }).waitFor();
    const text = (await written(page).textContent()) ?? "";
    assert.ok(text.length < 2000, `it stopped in time, after ${text.length} characters`);
    await press(page, "Write");
    await choose(page, "First network");
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await choose(page, "GRU");
    await page.getByRole("button", { name: "Stop writing", disabled: true }).waitFor();
    await closePage(page);
  });

  test("a network that sees what it is to foretell is refused, whether it attends to it or reads it backwards", async () => {
    for (const [id, layer] of /** @type {const} */ ([["gpt", { type: "TransformerEncoderLayer", nhead: 4 }], ["lstm", { type: "Sequential", layers: [{ type: "LSTM", hidden_size: 8, bidirectional: true }] }]])) {
      const layers = [{ type: "Embedding", num_embeddings: 80, embedding_dim: 16 }, layer, { type: "Linear", out_features: 80 }];
      const page = await openPage(at.browser, at.url + changed(id, { layers }));
      await page.locator(".notice.warning", { hasText: "a layer sees the characters that it is to foretell" }).waitFor();
      await closePage(page);
    }
  });

  test("a text that does not arrive, or arrives damaged, is named; trying again works, and a new engine gets it too", async () => {
    const page = await newPage(at.browser);
    const file = "**/data/moby-dick.txt.gz";
    await page.route(file, (route) => route.abort());
    await page.goto(`${at.url}#gru`);
    await page.locator(".notice.warning", { hasText: "moby-dick.txt.gz could not be fetched" }).waitFor();
    await page.locator(".loading").waitFor({ state: "hidden" });
    await page.unroute(file);
    await page.route(file, (route) => route.fulfill({ body: Buffer.from("Call me Ishmael.") }));
    await press(page, "Try again");
    await page.locator(".notice.warning", { hasText: "moby-dick.txt.gz is not usable: it holds 16 characters" }).waitFor();
    await page.unroute(file);
    await press(page, "Try again");
    await ready(page);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await page.evaluate(() => {
      const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
      worker.terminate();
      worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
    });
    await press(page, "Restart the engine");
    await page.locator(".notice.info", { hasText: "The engine was started anew" }).waitFor();
    await fill(page, "Characters", 5);
    assert.equal((await write(page)).length, 5);
    await closePage(page);
  });
});
