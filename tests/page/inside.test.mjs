// "Inside the network": the numbers that it shows are those of a computation of the tests' own, it costs nothing while it is closed and little while
// it is open, and what is late is not shown. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { cardOf, close, lookAt, openCard, see, subjectOf } from "./inside.mjs";
import { ask, changed, closePage, openPage, press, reading, save, stage, stopped, tensorsOf, until } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIDE = 28;
const PIXELS = SIDE * SIDE;
const DIGITS = 3; // its session
const NORMALISE = { mean: 0.1307, std: 0.3081 };

/** @param {string} file */
const unpacked = (file) => gunzipSync(readFileSync(new URL(`../../dist/data/${file}`, import.meta.url)));
const TEXT_LENGTH = unpacked("moby-dick.txt.gz").length;

/** The pixels of an image of MNIST, from 0 to 1. @param {"train" | "test"} split @param {number} index */
function image(split, index) {
  const file = (files[split] ??= unpacked(`mnist-${split}.safetensors.gz`));
  const body = 8 + Number(file.readBigUInt64LE(0));
  const [start] = JSON.parse(file.subarray(8, body).toString()).images.data_offsets;
  return Array.from(file.subarray(body + start + index * PIXELS, body + start + (index + 1) * PIXELS), (pixel) => pixel / 255);
}
/** @type {{ train?: Buffer, test?: Buffer }} */
const files = {};

/** What is shown of the channel in view: "Least" ... @param {Page} page @returns {Promise<{ [name: string]: number }>} */
const figures = (page) =>
  cardOf(page).locator(".figures > div").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.querySelector("dt")?.textContent, Number(one.querySelector("dd")?.dataset.value)])));

/** Looks closer at a channel. @param {Page} page @param {number} channel */
async function closer(page, channel) {
  const field = page.getByLabel("Look closer at number");
  await field.fill(String(channel));
  await field.blur();
  await cardOf(page).locator(".channel h4", { hasText: ` ${channel} of ` }).waitFor();
}

/** Lets it measure a step. @param {Page} page @returns {Promise<Map<string, { [key: string]: number }>>} by layer; NaN: there is none */
async function measured(page) {
  const table = cardOf(page).locator(".health-table");
  await table.locator("tbody").evaluate((body) => body.replaceChildren());
  await press(page, "Measure a step");
  await table.locator("tbody tr").first().waitFor();
  const rows = await table.locator("tbody tr").evaluateAll((all) =>
    all.map((row) => [
      /** @type {HTMLElement} */ (row).dataset.layer ?? "",
      Object.fromEntries([...row.querySelectorAll("td[data-key]")].map((cell) => [cell.getAttribute("data-key"), Number(cell.getAttribute("data-value") ?? NaN)])),
    ]),
  );
  return new Map(/** @type {[string, { [key: string]: number }][]} */ (rows));
}

/** The digits' first convolution, 6 kernels of 5 × 5 with a padding of 2, in f64. @param {Map<string, number[]>} weights @param {number[]} pixels @returns {number[][]} */
function firstConvolution(weights, pixels) {
  const [weight, bias] = [weights.get("0.weight") ?? [], weights.get("0.bias") ?? []];
  const x = pixels.map((pixel) => (pixel - NORMALISE.mean) / NORMALISE.std);
  return bias.map((start, map) =>
    Array.from({ length: PIXELS }, (_, place) => {
      let sum = start;
      for (let i = 0; i < 5; i++) {
        for (let j = 0; j < 5; j++) {
          const [row, column] = [Math.floor(place / SIDE) + i - 2, (place % SIDE) + j - 2];
          if (row >= 0 && row < SIDE && column >= 0 && column < SIDE) sum += (weight[map * 25 + i * 5 + j] ?? NaN) * (x[row * SIDE + column] ?? NaN);
        }
      }
      return sum;
    }),
  );
}

/** @param {number[]} values */
function summed(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const [min, max] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return { min, max, mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

/**
 * In the page: keeps what is sent to the engine, `sent`, and how many of the card's questions are on their way at most. Of these, what has the
 * type `hold` waits in `held` until it is let go.
 */
function watch() {
  const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
  const post = worker.postMessage.bind(worker);
  /** @type {Set<number>} */
  const open = new Set();
  const state = { sent: /** @type {{ type: string, at: number, layers: boolean }[]} */ ([]), most: 0, hold: "", held: /** @type {(() => void)[]} */ ([]) };
  Object.assign(window, { watched: state });
  // Before the page hears of it: it may ask the next thing at once.
  const hear = worker.onmessage;
  worker.onmessage = (event) => {
    open.delete(event.data.id);
    hear?.call(worker, event);
  };
  worker.postMessage = (/** @type {any} */ message, /** @type {any} */ transfer) => {
    const { type, id, layers = false, count } = message;
    // The diagnosis has a step of other examples traced.
    if (type === "trace" && count !== 32) return post(message, transfer);
    state.sent.push({ type, at: performance.now(), layers });
    const send = () => post(message, transfer);
    if (layers || ["read", "tensors", "trace"].includes(type) || (type === "data" && count === 1)) {
      open.add(id);
      state.most = Math.max(state.most, open.size);
      if (state.hold === type) return void state.held.push(send);
    }
    send();
  };
}

/** @param {Page} page @returns {Promise<{ sent: { type: string, at: number, layers: boolean }[], most: number }>} */
const watched = (page) => page.evaluate(() => ({ ...Reflect.get(window, "watched"), held: [] }));

describe("inside the digits", () => {
  const at = stage({ webgpu: false });

  // Proves: maps, channels, sums and shares of zeros are those of the saved weights and the picture, whichever picture is chosen.
  test("the first convolution is shown as the tests compute it from the file's weights", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await press(page, "Train");
    await until(page, "Step", (step) => step > 20);
    await press(page, "Pause");
    await stopped(page);
    const { data } = tensorsOf(await save(page));
    const card = await openCard(page);
    await subjectOf(page).filter({ hasText: "A test digit" }).waitFor();
    await press(page, "Clear");
    await subjectOf(page).filter({ hasText: "There is no such picture yet, so this is test image 1 of 10,000: a 7." }).waitFor();
    for (const number of [1, 35]) {
      await lookAt(page, "image", number);
      const maps = firstConvolution(data, image("test", number - 1));
      await see(page, "0");
      assert.equal(await card.locator(".map").count(), 6);
      for (const [channel, map] of maps.entries()) {
        if (channel % 2) await card.getByRole("button", { name: `Map ${channel}`, exact: true }).click();
        else await closer(page, channel);
        await card.locator(`.map[aria-pressed=true]`, { hasText: String(channel) }).waitFor();
        const { Least = NaN, Most = NaN, Mean = NaN, Zeros } = await figures(page);
        const { min, max, mean } = summed(map);
        close(Least, min, `the least of map ${channel}`);
        close(Most, max, `the most of map ${channel}`);
        close(Mean, mean, `the mean of map ${channel}`);
        assert.equal(Zeros, map.filter((value) => value === 0).length / PIXELS);
        close(Number(await card.locator("[data-sum]").getAttribute("data-sum")), Math.abs(min) > max ? min : max, "the sum where it is strongest");
        const products = await card.locator(".sum tbody tr").evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.dataset.value))));
        assert.equal(products.length, 5);
        for (const [weight = NaN, input = NaN, product = NaN] of products) close(product, weight * input, "a product");
      }
      await see(page, "1");
      for (const [channel, map] of maps.entries()) {
        await closer(page, channel);
        const zeros = map.filter((value) => value <= 0).length / PIXELS;
        close((await figures(page)).Zeros ?? NaN, zeros, `the share of zeros behind the ReLU of map ${channel}`, 2 / PIXELS);
      }
    }
    // A linear layer's sum is the value that the engine computed.
    await see(page, "7");
    await closer(page, 119);
    close(Number(await card.locator("[data-sum]").getAttribute("data-sum")), (await figures(page)).Value ?? NaN, "the sum of unit 119");
    await page.getByLabel("Look closer at number").fill("120");
    await page.getByLabel("Look closer at number").blur();
    await card.locator(".field-error", { hasText: "The numbers here are 0 to 119." }).waitFor();
    await closePage(page);
  });

  // Proves: mean, deviation and dead units are those of the first 32 training images; two maps were made dead by their biases.
  test("health finds the two maps that are dead, and says how the first layers do", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    const { data: biases } = await ask(page, { type: "read", session: DIGITS, name: "0.bias" });
    await ask(page, { type: "write", session: DIGITS, name: "0.bias", data: biases.map((/** @type {number} */ value, /** @type {number} */ map) => (map === 1 || map === 4 ? -100 : value)) });
    const { data } = tensorsOf(await save(page));
    const card = await openCard(page);
    const health = await measured(page);
    const all = Array.from({ length: 32 }, (_, n) => firstConvolution(data, image("train", n)));
    const { mean, deviation } = summed(all.flat(2));
    close(health.get("0")?.mean ?? NaN, mean, "the mean of the first convolution");
    close(health.get("0")?.deviation ?? NaN, deviation, "its deviation");
    assert.equal(health.get("1")?.dead, 2 / 6);
    const { forward } = await ask(page, { type: "trace", session: DIGITS, start: 0, count: 32 });
    for (const [layer, units] of /** @type {const} */ ([["8", 120], ["10", 84]])) {
      const { data: outputs } = forward.find((/** @type {{ name: string }} */ one) => one.name === layer);
      const dead = Array.from({ length: units }, (_, unit) => outputs.every((/** @type {number} */ value, /** @type {number} */ i) => i % units !== unit || value === 0)).filter(Boolean).length;
      const zeros = outputs.filter((/** @type {number} */ value) => value === 0).length / outputs.length;
      assert.equal(health.get(layer)?.dead, dead / units);
      assert.ok(dead / units < zeros, "a unit that is 0 for some of the images only is not dead");
    }
    assert.ok(Number.isNaN(health.get("0")?.dead), "only a ReLU has dead units");
    assert.ok(Number.isNaN(health.get("2")?.ratio), "a pooling has no weights");
    assert.equal(health.size, 12);
    await page.evaluate(watch);
    await see(page, "1");
    await closer(page, 4);
    assert.equal((await figures(page)).Zeros, 1);
    assert.deepEqual((await watched(page)).sent.filter(({ type }) => type === "trace"), [], "it is not measured again by itself");
    await card.locator(".health-table tbody tr").first().waitFor();
    await press(page, "Reset");
    await card.locator(".health-table").waitFor({ state: "hidden" });
    await closePage(page);
  });

  // Proves: what is said of a covered patch is what the network says of the picture with that patch at 0, and none lowers the probability more.
  test("covering parts of the picture names the patch that matters most", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await press(page, "Train");
    await until(page, "Test accuracy", (share) => share > 0.5);
    await press(page, "Pause");
    await stopped(page);
    const card = await openCard(page);
    await lookAt(page, "image", 3);
    await press(page, "Cover its parts");
    await card.locator(".covering").waitFor();
    const text = await card.locator(".covering figcaption").innerText();
    const [, said, sure, row, column, left] = /The network says (\d), ([\d.]+) % sure\. With the 7 × 7 patch at row (\d+), column (\d+) covered it says so with ([\d.]+) %/.exec(text) ?? assert.fail(text);
    const picture = image("test", 2);
    const places = Array.from({ length: 8 }, (_, n) => 3 * n);
    const patches = places.flatMap((row) => places.map((column) => ({ row, column })));
    const covered = patches.map((patch) => picture.map((pixel, i) => (Math.floor(i / SIDE) - patch.row >>> 0 < 7 && (i % SIDE) - patch.column >>> 0 < 7 ? 0 : pixel)));
    const { probabilities } = await ask(page, { type: "predict", session: DIGITS, inputs: [picture, ...covered].flat(), count: 65 });
    const ofSaid = Array.from({ length: 65 }, (_, n) => probabilities[10 * n + Number(said)]);
    assert.ok(Math.abs(100 * ofSaid[0] - Number(sure)) < 0.06, `${sure} is ${ofSaid[0]}`);
    const least = Math.min(...ofSaid.slice(1));
    const named = ofSaid[1 + patches.findIndex((patch) => patch.row === Number(row) && patch.column === Number(column))];
    assert.ok(named - least < 1e-6, "no patch lowers it more");
    assert.ok(Math.abs(100 * least - Number(left)) < 0.06, `${left} is ${least}`);
    const pixels = JSON.parse((await card.locator(".covering canvas").getAttribute("data-values")) ?? "");
    const over = patches.flatMap((patch, n) => (14 - patch.row >>> 0 < 7 && 14 - patch.column >>> 0 < 7 ? [ofSaid[0] - ofSaid[n + 1]] : []));
    close(pixels[14 * SIDE + 14], over.reduce((a, b) => a + b) / over.length, "the mean fall over a pixel");
    await lookAt(page, "image", 4);
    await card.locator(".covering").waitFor({ state: "hidden" });
    await closePage(page);
  });

  // Proves: closed it asks nothing; open it goes with the training, at most twice a second, one question at a time; closed again it stops.
  test("closed it asks nothing of the engine; open, training goes on", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    // Without a picture nothing is guessed either.
    await page.locator("output.guess", { hasText: "It reads a" }).waitFor();
    await press(page, "Clear");
    await page.evaluate(watch);
    const asked = async () => (await watched(page)).sent.filter(({ type }) => ["predict", "read", "tensors", "trace"].includes(type)).length;
    await press(page, "Train");
    await until(page, "Step", (step) => step > 30);
    await press(page, "Pause");
    await stopped(page);
    assert.equal(await asked(), 0, "closed, it asks nothing");
    const card = await openCard(page);
    await press(page, "Train");
    await card.evaluate((element) => element.scrollIntoView());
    const shown = new Set();
    for (const start = await reading(page, "Step"); shown.size < 6 || (await reading(page, "Step")) < start + 30; ) {
      shown.add(await subjectOf(page).innerText());
      await page.waitForTimeout(50);
    }
    // The first comes before it trains.
    const looks = (await watched(page)).sent.filter(({ layers }) => layers).slice(1);
    assert.ok(looks.length >= 4);
    looks.slice(1).forEach(({ at }, n) => assert.ok(at - (looks[n]?.at ?? 0) > 400, "not more than twice a second"));
    const traces = async () => (await watched(page)).sent.filter(({ type }) => type === "trace").length;
    assert.equal(await traces(), 0, "a step is measured at a pause only");
    await press(page, "Pause");
    await card.locator(".health-table tbody tr").first().waitFor();
    await stopped(page);
    assert.equal(await traces(), 1);
    await press(page, "Train");
    await until(page, "Steps per second", (rate) => rate > 0);
    await card.locator("> summary").click();
    await page.waitForFunction(() => !document.querySelector(".inside")?.checkVisibility());
    assert.equal((await watched(page)).most, 1, "one question at a time");
    // A look that is under way may end.
    const step = await until(page, "Step", (step) => step > 0);
    await until(page, "Step", (now) => now > step + 20);
    const count = await asked();
    await until(page, "Step", (now) => now > step + 100);
    await press(page, "Pause");
    await stopped(page);
    assert.equal(await asked(), count, "closed again, it asks nothing");
    await closePage(page);
  });

  // Proves: of several inputs in a hurry only the last is shown, and no answer that was asked before a reset.
  test("an answer that is late is not shown", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    const card = await openCard(page);
    await page.evaluate(watch);
    await page.evaluate(() => {
      const [text, watched] = [document.querySelector(".subject > p"), Reflect.get(window, "watched")];
      watched.texts = [];
      new MutationObserver(() => watched.texts.push(text?.textContent)).observe(/** @type {Node} */ (text), { childList: true, characterData: true, subtree: true });
      watched.hold = "predict";
    });
    const held = () => page.waitForFunction(() => Reflect.get(window, "watched").held.length > 0);
    const field = page.getByLabel("Test image number");
    await field.fill("2");
    await field.blur();
    await held();
    for (const number of [5, 9, 12]) {
      await field.fill(String(number));
      await field.blur();
    }
    await letGo(page);
    await subjectOf(page).filter({ hasText: "test image 12 of" }).waitFor();
    const texts = () => page.evaluate(() => Reflect.get(window, "watched").texts);
    for (const text of await texts()) assert.match(text, /test image 12 of/);

    const sure = async () => Math.max(...(await ask(page, { type: "predict", session: DIGITS, inputs: image("test", 19), count: 1 })).probabilities);
    await press(page, "Train");
    await until(page, "Test accuracy", (share) => share > 0.6);
    await press(page, "Pause");
    await stopped(page);
    const before = await sure();
    // The old network has answered, but its weights are still asked for.
    await page.evaluate(() => Object.assign(Reflect.get(window, "watched"), { hold: "read" }));
    await field.fill("20");
    await field.blur();
    await held();
    await page.evaluate(() => Object.assign(Reflect.get(window, "watched"), { texts: [] }));
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await letGo(page);
    await subjectOf(page).filter({ hasText: "test image 20 of" }).waitFor();
    const after = await sure();
    assert.ok(Math.abs(before - after) > 0.1, "the two networks can be told apart");
    for (const text of await texts()) assert.ok(text.includes(` ${(100 * after).toFixed(1)} % sure. Step 0.`), text);
    await see(page, "0");
    const { data } = tensorsOf(await save(page));
    close((await figures(page)).Mean ?? NaN, summed(firstConvolution(data, image("test", 19))[0] ?? []).mean, "the mean of map 0 of the new network");
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });

  // Proves: the card takes layers as they come: nested ones, shortcuts, kinds that it has no words for, and a network that is changed while it is open.
  test("networks of other layers are shown too, and a change while it is open", async () => {
    const layers = [
      { type: "Conv2d", out_channels: 4, kernel_size: [3, 5], stride: [2, 1], padding: [1, 2], dilation: [1, 1], bias: false },
      { type: "GroupNorm", num_groups: 2 },
      { type: "Residual", layers: [{ type: "Sequential", layers: [{ type: "Conv2d", out_channels: 40, kernel_size: 3, padding: 2, dilation: 2, groups: 4 }, { type: "ELU" }] }], shortcut: [{ type: "Conv2d", out_channels: 40, kernel_size: 1 }] },
      { type: "ConvTranspose2d", out_channels: 3, kernel_size: 2, stride: 2 },
      { type: "AdaptiveAvgPool2d", output_size: 5 },
      { type: "Flatten" },
      { type: "Linear", out_features: 200 },
      { type: "Softmax" },
      { type: "Linear", out_features: 10, bias: false },
    ];
    const page = await openPage(at.browser, at.url + changed("digits", { layers }));
    const card = await openCard(page);
    for (const name of ["0", "1", "2", "2.layers.0", "2.layers.0.0", "2.layers.0.1", "2.shortcut.0", "3", "4", "5", "6", "7", "8"]) {
      await see(page, name);
      if (!["0", "2.layers.0.0", "2.shortcut.0", "6", "8"].includes(name)) {
        assert.equal(await card.locator("[data-sum]").count(), 0);
        continue;
      }
      await closer(page, name === "2.layers.0.0" ? 27 : 3);
      const { Least, Most = NaN, Value } = await figures(page);
      close(Number(await card.locator("[data-sum]").getAttribute("data-sum")), Value ?? (Math.abs(Least ?? NaN) > Most ? (Least ?? NaN) : Most), `the sum in layer ${name}`);
    }
    await see(page, "2.layers.0.0");
    assert.equal(await card.locator(".map").count(), 32);
    await press(page, "Show all 40");
    assert.equal(await card.locator(".map").count(), 40);
    await page.evaluate((hash) => (location.hash = hash), changed("digits", { layers: [{ type: "Flatten" }, { type: "Linear", out_features: 10 }] }));
    await card.locator(".layer-list button").nth(2).waitFor({ state: "detached" });
    await see(page, "1");
    close(Number(await card.locator("[data-sum]").getAttribute("data-sum")), (await figures(page)).Value ?? NaN, "the sum in the network after the change");
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });
});

/** Lets the questions go that were held back. @param {Page} page */
const letGo = (page) =>
  page.evaluate(() => {
    const watched = Reflect.get(window, "watched");
    watched.hold = "";
    watched.held.splice(0).forEach((/** @type {() => void} */ send) => send());
  });

describe("inside the texts", () => {
  const at = stage({ webgpu: false });

  // Proves: the step that is measured is the step that is then made. All 32 training examples are one batch, so that in whatever order they come the
  // step is on the same ones; two files, one before the step and one after it, say how far the weights went.
  test("the step over the weights' length is that between two files", async () => {
    const spec = { batch_size: 32, data: { train_fraction: (64 * 32 + 10) / TEXT_LENGTH } };
    const page = await openPage(at.browser, at.url + changed("gru", spec));
    await page.locator(".needs", { hasText: "32 training and" }).waitFor();
    await openCard(page);
    for (const step of [0, 1]) {
      const health = await measured(page);
      const before = tensorsOf(await save(page)).data;
      await press(page, "Step");
      await until(page, "Step", (now) => now === step + 1);
      const after = tensorsOf(await save(page)).data;
      for (const [layer, names] of Object.entries({ 0: ["0.weight"], 1: ["1.weight_ih_l0", "1.weight_hh_l0"], 2: ["2.weight"] })) {
        const [old, now] = [names.flatMap((name) => before.get(name) ?? assert.fail(name)), names.flatMap((name) => after.get(name) ?? assert.fail(name))];
        const length = (/** @type {number[]} */ values) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
        const moved = length(old.map((value, i) => (now[i] ?? NaN) - value));
        assert.ok(moved > 0);
        const expected = moved / length(old);
        const found = health.get(layer)?.ratio ?? NaN;
        assert.ok(Math.abs(found / expected - 1) < 2e-3, `layer ${layer}, step ${step}: ${found} is shown, ${expected} is between the files`);
      }
    }
    await closePage(page);
  });

  for (const { id, session, layers, rows } of [
    { id: "lstm", session: 7, layers: 3, rows: 192 },
    { id: "gpt", session: 6, layers: 8, rows: 128 },
  ]) {
    // Proves: the channels stand over the characters that are given, no filler among them, and the last layer's sum is what the network says next.
    test(`${id}: states over the characters of a prompt and of a passage`, async () => {
      const page = await openPage(at.browser, `${at.url}#${id}`);
      const card = await openCard(page);
      await subjectOf(page).filter({ hasText: "The prompt “Call me ”" }).waitFor();
      assert.equal(await card.locator(".layer-list button").count(), layers);
      await see(page, id === "lstm" ? "1" : "2");
      const some = id === "lstm" ? `The 64 of ${rows} channels that change most` : `The first 64 of ${rows} channels`;
      await card.locator(".activations figcaption", { hasText: `${some}, over 8 places.` }).waitFor();
      assert.equal(await card.locator(".activations .signs").textContent(), "Call␣me␣");
      await press(page, `Show all ${rows}`);
      assert.deepEqual(await card.locator(".sequence").evaluate((canvas) => [canvas.getAttribute("width"), canvas.getAttribute("height")]), ["8", String(rows)]);
      const last = String(layers - 1);
      await see(page, last);
      await closer(page, 10);
      const { ids } = await ask(page, { type: "encode", session, text: "Call me " });
      const { output } = await ask(page, { type: "predict", session, inputs: [...ids, ...Array(56).fill(5)], count: 1 });
      close(Number(await card.locator("[data-sum]").getAttribute("data-sum")), output[7 * 80 + 10], "the sum at the last character");
      const given = Array.from({ length: 8 }, (_, place) => output[place * 80 + 10]);
      const { Least = NaN, Most = NaN, Mean = NaN } = await figures(page);
      for (const [found, expected] of [[Least, Math.min(...given)], [Most, Math.max(...given)], [Mean, summed(given).mean]]) close(found ?? NaN, expected ?? NaN, "a figure of channel 10 over 8 places");

      await page.getByLabel("Prompt").fill("Ahab");
      await subjectOf(page).filter({ hasText: "The prompt “Ahab”" }).waitFor();
      await lookAt(page, "passage", 2);
      await card.locator(".activations figcaption", { hasText: "over 64 places." }).waitFor();
      const { x } = await ask(page, { type: "data", session, split: "test", start: 1, count: 1 });
      assert.equal((await card.locator(".activations .signs span").count()), x.length);
      assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
      await closePage(page);
    });
  }

  // Proves: attention is shown as the engine tells it, the filler behind a prompt cut off: each row of what is shown adds up to 1, and none looks ahead.
  test("gpt: what each head looks at, over the characters of a prompt", async () => {
    const page = await openPage(at.browser, `${at.url}#gpt`);
    const card = await openCard(page);
    await subjectOf(page).filter({ hasText: "The prompt “Call me ”" }).waitFor();
    await see(page, "2");
    await card.locator(".attention figcaption", { hasText: "4 maps, 8 × 8 each." }).waitFor();
    const { ids } = await ask(page, { type: "encode", session: 6, text: "Call me " });
    const { layers } = await ask(page, { type: "predict", session: 6, inputs: [...ids, ...Array(56).fill(5)], count: 1, layers: true });
    const { data } = layers.find((/** @type {any} */ layer) => layer.name === "2.self_attn.attn_output_weights");
    for (const [head, place] of [[0, 7], [0, 0], [3, 4]]) {
      await card.locator(".attention .maps button").nth(head ?? 0).click();
      await card.getByLabel("What place number … looks at").fill(String(place));
      await card.getByLabel("What place number … looks at").press("Enter");
      const words = card.locator(".attention-words").filter({ hasText: new RegExp(`^Head ${head}: “.” at ${place} looks at`) });
      await words.waitFor();
      const row = [...Array(8).keys()].map((n) => data[((head ?? 0) * 64 + (place ?? 0)) * 64 + n]);
      assert.ok(Math.abs(row.reduce((sum, x) => sum + x, 0) - 1) < 1e-5 && row.slice((place ?? 0) + 1).every((x) => x === 0), String(row));
      const most = Math.max(...row);
      const said = /looks at “.” at (\d+) \(([\d.]+) %\)/.exec(await words.innerText());
      assert.equal(Number(said?.[1]), row.indexOf(most));
      assert.ok(Math.abs(Number(said?.[2]) / 100 - most) < 6e-4, `${said?.[2]} % is said, ${most} is told`);
    }
    await see(page, "0");
    await card.locator(".attention").waitFor({ state: "hidden" });
    await closePage(page);
  });
});

describe("access to the inside", () => {
  const at = stage({ webgpu: false });

  for (const [id, layer] of /** @type {const} */ ([["digits", "3"], ["gpt", "2"]])) {
    test(`${id}: axe-core finds nothing in the open card, and it is worked by keyboard`, async () => {
      const page = await openPage(at.browser, `${at.url}#${id}`);
      await page.evaluate(axe);
      const card = await openCard(page);
      await measured(page);
      if (id === "digits") {
        await press(page, "Cover its parts");
        await card.locator(".covering").waitFor();
      }
      await card.locator(".layer-list button").nth(Number(layer)).focus();
      await page.keyboard.press("Enter");
      await card.locator(".layer-detail > h3", { hasText: new RegExp(`^${layer} `) }).waitFor();
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const width of [1280, 390]) {
          await page.setViewportSize({ width, height: 900 });
          const violations = await page.evaluate(async () => {
            const { violations } = await Reflect.get(window, "axe").run(document.querySelector(".inside"), { rules: { "target-size": { enabled: true } } });
            return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ { html, failureSummary }) => html.slice(0, 200) + failureSummary).join("; ")}`);
          });
          assert.deepEqual(violations, [], `${colorScheme}, ${width} px`);
          const box = await card.evaluate((element) => element.scrollWidth <= element.clientWidth + 1);
          assert.ok(box, `nothing sticks out of the card at ${width} px`);
        }
      }
      await closePage(page);
    });
  }
});
