// The three networks, each trained from a click on "Train" to a bar, in Chromium with WebGPU (on a software adapter) and in a
// Chromium without it; the step-through against PyTorch's numbers; the drawing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { closePage, deviceOf, draw, fill, lossTable, newPage, openPage, press, reading, ready, rewrite, setSpeed, stage, stopped, until } from "./page.mjs";

const fixture = JSON.parse(readFileSync(new URL("../fixtures/first_network.json", import.meta.url), "utf8"));

describe("the engine's two modules", () => {
  const at = stage({ webgpu: false });

  // Chromium has relaxed SIMD and shared memory; the other module is what a browser without them takes.
  for (const file of ["engine/threads/tabgrad_bg.wasm", "engine/tabgrad_bg.wasm"]) {
    test(`${file} trains the playground`, async () => {
      const page = await newPage(at.browser);
      if (!file.includes("threads")) await rewrite(page, "**/core/module.js", (text) => text.replace("WebAssembly.validate(RELAXED)", "false"));
      const fetched = page.context().waitForEvent("request", (request) => request.url().endsWith(".wasm"));
      await page.goto(`${at.url}#playground`);
      assert.equal(new URL((await fetched).url()).pathname, `/${file}`);
      await ready(page);
      await setSpeed(page, "full");
      await press(page, "Train");
      await until(page, "Test loss", (loss) => loss < 0.2);
      await closePage(page);
    });
  }
});

for (const kind of /** @type {const} */ (["cpu", "webgpu"])) {
  describe(`on ${kind}`, () => {
    const at = stage({ webgpu: kind === "webgpu" });
    // Without WebGPU the page must find the CPU by itself.
    const device = kind === "webgpu" ? "webgpu" : "auto";

    test("the first network learns its three examples in 100 epochs, and the step-through shows PyTorch's numbers", async () => {
      const page = await openPage(at.browser, `${at.url}#first`, { device });
      assert.equal(await deviceOf(page), kind);
      await setSpeed(page, "fast");
      await press(page, "Train");
      await until(page, "Step", (step) => step === 100);
      await stopped(page);
      const losses = await lossTable(page);
      assert.deepEqual([...losses.keys()], [0, 10, 20, 30, 40, 50, 60, 70, 80, 90], "the loss is shown every 10 epochs");
      const verdict = await page.locator(".verdict").innerText();
      const [, loss, accuracy] = /After 100 epochs: loss ([\d.]+), accuracy (\d+) %/.exec(verdict) ?? assert.fail(verdict);
      assert.ok(Number(loss) < 0.7 * Number(losses.get(0)), `the loss falls by 30 %: from ${losses.get(0)} to ${loss}`);
      assert.equal(accuracy, "100");

      await fill(page, "Learning rate η", 0.1);
      for (const [number, expected] of fixture.steps.filter((/** @type {any} */ step) => step.examples.length === 1).entries()) {
        await page.locator(".walk-options").getByRole("radio").nth(number).check();
        await page.locator(".walk:not([aria-busy])").waitFor();
        await page.locator(".walk-options p", { hasText: `loss on this example ${rounded(expected.loss)}` }).waitFor();
        compare(await shown(page), numbersOf(expected, fixture.params), `example ${number}`);
      }
      await closePage(page);
    });

    test("the playground separates the circle from its surroundings", async () => {
      const page = await openPage(at.browser, `${at.url}#playground`, { device });
      assert.equal(await deviceOf(page), kind);
      await setSpeed(page, "full");
      await press(page, "Train");
      await until(page, "Test loss", (loss) => loss < 0.2);
      await press(page, "Pause");
      await stopped(page);
      assert.ok((await reading(page, "Test accuracy")) > 0.9);
      await closePage(page);
    });

    test("the digits are learnt, and a drawing gets its probabilities: a stroke is a 1", async () => {
      const page = await openPage(at.browser, `${at.url}#digits`, { device });
      assert.equal(await deviceOf(page), kind);
      const start = await until(page, "Test loss", (loss) => loss > 0);
      assert.ok(start > 2 && start < 2.7, `an untrained network knows nothing: its loss is near ln 10, here ${start}`);
      await press(page, "Train");
      if (kind === "cpu") {
        await until(page, "Test accuracy", (accuracy) => accuracy >= 0.9);
        await press(page, "Pause");
        await stopped(page);
        await page.locator(".confusion td").first().waitFor();
        const counts = await page.locator(".confusion tbody td").allInnerTexts();
        assert.equal(counts.reduce((sum, text) => sum + Number(text.replaceAll(",", "")), 0), 10_000, "the confusion matrix counts every test image");
        assert.equal(await page.locator(".mistakes li").count(), 18, "the worst mistakes are shown");
      } else {
        // The software GPU computes a step or two a second: some dozen steps, to a loss a fifth below the start.
        await until(page, "Training loss", (loss) => loss < 0.8 * start);
      }
      await draw(page, [[0.5, 0.15], [0.5, 0.85]]);
      await page.locator(".bars .most").waitFor();
      const shares = (await page.locator(".bars .number").allInnerTexts()).map((text) => Number(text.replace("%", "")) / 100);
      assert.equal(shares.length, 10);
      assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 0.0051 /* ten roundings to 0.1 % */, `probabilities add up to 1: ${shares}`);
      if (kind === "cpu") assert.match(await page.locator("output.guess").innerText(), /It reads a 1,/);
      if (kind === "cpu" && process.env.SCREENSHOT) await picture(page);
      await closePage(page);
    });
  });
}

describe("the playground's other patterns", () => {
  const at = stage({ webgpu: false });

  test("the spiral is learnt to a test loss below 0.1 by 8 and 8 neurons that are given the sines too", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await page.getByLabel("Pattern").selectOption("spiral");
    for (const name of ["sin x₁", "sin x₂"]) await page.getByRole("checkbox", { name }).check();
    for (const [layer, sizes] of /** @type {const} */ ([[1, [4, 5, 6, 7]], [2, [2, 3, 4, 5, 6, 7]]])) {
      for (const size of sizes) await press(page, `Add a neuron to hidden layer ${layer}, which has ${size} neurons`);
    }
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Test loss", (loss) => loss < 0.1);
    await press(page, "Pause");
    await stopped(page);
    assert.ok((await reading(page, "Test accuracy")) > 0.9);
    await closePage(page);
  });

  test("the plane, a regression, is learnt to a mean squared error below 0.002, and has no accuracy", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await page.getByLabel("Pattern").selectOption("plane");
    await until(page, "Test loss", (loss) => loss > 0.01);
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Test loss", (loss) => loss < 0.002);
    assert.equal(await page.getByText("Test accuracy", { exact: true }).isVisible(), false);
    await closePage(page);
  });
});

describe("the digits' whole schedule", () => {
  const at = stage({ webgpu: false });

  // The only test of the page that trains to the end: two minutes on a quiet machine, several times that on a busy one.
  test("five epochs reach 99 % of the 10,000 test images, and a reset forgets them all", { timeout: 15 * 60_000 }, async () => {
    const page = await openPage(at.browser, `${at.url}#digits`, { device: "cpu" });
    page.setDefaultTimeout(15 * 60_000);
    await page.evaluate(keepLastMeasurement);
    await press(page, "Train");
    await page.locator(".play", { hasText: "Pause" }).waitFor();
    await stopped(page);
    assert.equal(await reading(page, "Epoch"), 5);
    const last = await reading(page, "Step");
    await page.waitForFunction((step) => Reflect.get(window, "measured")?.step === step, last);
    const { accuracy, count } = await page.evaluate(() => Reflect.get(window, "measured"));
    console.log(`# the digits: ${(100 * accuracy).toFixed(2)} % of ${count} test images are read right`);
    assert.equal(count, 10_000);
    assert.ok(accuracy >= 0.99, `99.0 % must be right, here ${100 * accuracy} %`);
    const cells = page.locator(".confusion tbody td");
    const counts = (await cells.allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
    assert.equal(counts.filter((_, i) => i % 11 === 0).reduce((a, b) => a + b), Math.round(accuracy * count), "the diagonal counts the right ones");
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    assert.equal(await cells.count(), 0, "the matrix of the old network is gone");
    assert.equal(await page.locator(".mistakes li").count(), 0, "so are its mistakes");
    await closePage(page);
  });
});

/** In the page: `window.measured` is the last measurement over all test images. */
function keepLastMeasurement() {
  Reflect.get(window, "engineWorker").addEventListener("message", (/** @type {MessageEvent} */ { data }) => {
    if (data.event === "evaluated" && data.confusion) Object.assign(window, { measured: data });
  });
}

/** The README's picture. @param {import("playwright-core").Page} page */
async function picture(page) {
  await page.setViewportSize({ width: 1440, height: 1000 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(500);
  await page.screenshot({ path: new URL("../../docs/page.png", import.meta.url).pathname });
}

/** As the step-through writes it. @param {number} value */
const rounded = (value) => Number(value.toFixed(5)).toString();

/**
 * Walks through one training step.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<Map<string, number>>} what each step showed
 */
async function shown(page) {
  const steps = await page.locator(".walk").evaluate((walk) => {
    const buttons = /** @type {HTMLButtonElement[]} */ ([...walk.querySelectorAll(".walk-buttons button")]);
    const [first, , next] = /** @type {[HTMLButtonElement, HTMLButtonElement, HTMLButtonElement]} */ (/** @type {unknown} */ (buttons));
    const panel = /** @type {HTMLElement} */ (walk.querySelector(".walk-panel"));
    const result = /** @type {HTMLElement} */ (panel.querySelector(".result"));
    const found = [];
    for (first.click(); ; next.click()) {
      found.push({ id: panel.dataset.step ?? "", value: Number(result.dataset.value), text: result.textContent ?? "" });
      if (next.disabled) return found;
    }
  });
  for (const { id, value, text } of steps) {
    const read = Number(text.replace("= ", "").replace("−", "-"));
    assert.ok(Math.abs(read - value) < 2e-5, `${id} reads ${text}, but is ${value}`);
  }
  return new Map(steps.map(({ id, value }) => [id, value]));
}

/**
 * PyTorch's numbers under the step-through's names.
 * @param {any} step of the fixture
 * @param {any} params before it
 */
function numbersOf(step, params) {
  const { forward, gradients, loss, updates } = step;
  const { params: after } = updates.find((/** @type {any} */ update) => update.optimizer.type === "SGD" && update.optimizer.lr === 0.1);
  assert.deepEqual(params["2.bias"].data, [0.9], "both start from the same weights");
  /** @type {Map<string, number>} */
  const numbers = new Map([["z", forward.z2.data[0]], ["p", forward.p.data[0]], ["L", loss], ["dz", gradients.dz2.data[0]], ["dc", gradients.db2.data[0]], ["new-c", after["2.bias"].data[0]]]);
  for (const i of [0, 1]) {
    const n = i + 1;
    for (const [name, value] of Object.entries({
      [`z${n}`]: forward.z1.data[i],
      [`a${n}`]: forward.a1.data[i],
      [`da${n}`]: gradients.da1.data[i],
      [`dz${n}`]: gradients.dz1.data[i],
      [`dv${n}`]: gradients.dW2.data[i],
      [`db${n}`]: gradients.db1.data[i],
      [`new-v${n}`]: after["2.weight"].data[i],
      [`new-b${n}`]: after["0.bias"].data[i],
    })) numbers.set(name, value);
    for (const j of [0, 1]) {
      numbers.set(`dw${n}${j + 1}`, gradients.dW1.data[2 * i + j]);
      numbers.set(`new-w${n}${j + 1}`, after["0.weight"].data[2 * i + j]);
    }
  }
  return numbers;
}

/** @param {Map<string, number>} found @param {Map<string, number>} expected @param {string} where */
function compare(found, expected, where) {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [name, value] of expected) {
    const got = found.get(name) ?? NaN;
    assert.ok(Math.abs(got - value) < 1e-6 + 1e-5 * Math.abs(value), `${where}: ${name} is ${got}, in PyTorch ${value}`);
  }
}
