// More of what is inside: the hidden state over time, characters and pictures on a plane, and the step, kernel by kernel. What is shown is what the engine
// says, and it is worked by keyboard. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { close, lookAt, openCard, see, subjectOf } from "./inside.mjs";
import { ask, closePage, openPage, press, stage } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LSTM = 7; // its session
const UNITS = 192;

/** axe-core finds nothing in the view inside, and nothing sticks out, in both themes and on a phone. @param {Page} page @param {string} where */
async function sound(page, where) {
  await page.evaluate(axe);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const violations = await page.evaluate(async (where) => {
        const { violations } = await Reflect.get(window, "axe").run(document.querySelector(where), { rules: { "target-size": { enabled: true } } });
        return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ { html, failureSummary }) => html.slice(0, 200) + failureSummary).join("; ")}`);
      }, where);
      assert.deepEqual(violations, [], `${colorScheme}, ${width} px`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `nothing sticks out at ${width} px`);
    }
  }
}

describe("inside a text", () => {
  const at = stage({ webgpu: false });

  // Proves: the rows of a recurrent layer are chosen by keyboard and by mouse, in the order that is shown; the text and the table have the values that the engine
  // gives for the chosen unit, in their colours; and the other orders are there.
  test("a unit of the hidden state, over the text", async () => {
    const page = await openPage(at.browser, `${at.url}#lstm`);
    const card = await openCard(page);
    await subjectOf(page).filter({ hasText: "The prompt" }).waitFor();
    await see(page, "1");
    await lookAt(page, "passage", 3);
    await card.locator(".activations figcaption", { hasText: `The 64 of ${UNITS} channels that change most, over 64 places.` }).waitFor();
    const { x } = await ask(page, { type: "data", session: LSTM, split: "test", start: 2, count: 1 });
    const { layers } = await ask(page, { type: "predict", session: LSTM, inputs: x, count: 1, layers: true });
    const { data, shape } = layers.find((/** @type {any} */ layer) => layer.name === "1");
    assert.deepEqual(shape, [1, 64, UNITS]);
    const states = (/** @type {number} */ unit) => Array.from({ length: 64 }, (_, place) => data[place * UNITS + unit]);

    const number = page.getByLabel("Look closer at number");
    const chosen = async () => Number(await number.inputValue());
    const shown = () => card.locator(".numbers td[data-value]").evaluateAll((cells) => cells.map((cell) => Number(/** @type {HTMLElement} */ (cell).dataset.value)));
    const isShown = async (/** @type {number} */ unit) => (await shown()).forEach((value, place) => close(value, states(unit)[place] ?? NaN, `unit ${unit} at place ${place}`));
    const below = page.getByRole("button", { name: "Row below" });
    const rows = [];
    for (let n = 0; n < 5; n++) {
      await below.focus();
      await page.keyboard.press("Enter");
      rows.push(await chosen());
      await isShown(await chosen());
    }
    assert.equal(new Set(rows).size, 5);
    assert.notDeepEqual(rows, rows.toSorted((a, b) => a - b), "they are not in the order of their numbers");
    await press(page, "Row above");
    assert.equal(await chosen(), rows[3]);
    const canvas = card.locator(".activations .sequence");
    const box = (await canvas.boundingBox()) ?? assert.fail("there is no picture");
    await page.getByLabel("Rows", { exact: true }).first().selectOption({ label: "those that change most first" });
    await canvas.click({ position: { x: 5, y: (box.height * 2.5) / 64 } });
    const deviation = (/** @type {number[]} */ values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length - (values.reduce((sum, v) => sum + v, 0) / values.length) ** 2);
    const lively = Array.from({ length: UNITS }, (_, unit) => unit).sort((a, b) => deviation(states(b)) - deviation(states(a)));
    assert.equal(await chosen(), lively[2]);
    await isShown(lively[2] ?? NaN);

    // The text is the passage, each character on the side and with the share of its value.
    const text = await card.locator(".reading > span:not([aria-hidden])").evaluateAll((spans) =>
      spans.map((span) => ({ character: span.textContent, side: span.className, share: Number(/** @type {HTMLElement} */ (span).style.getPropertyValue("--share")) })),
    );
    const reach = Math.max(...data.slice(0, 64 * UNITS).map(Math.abs));
    text.forEach(({ side, share }, place) => {
      const value = states(lively[2] ?? NaN)[place] ?? NaN;
      assert.equal(side, value < 0 ? "below" : "above");
      close(share, Math.abs(value) / reach, `the colour at ${place}`);
    });
    const passage = /“(.*)”/s.exec(await subjectOf(page).evaluate((p) => p.textContent ?? ""))?.[1];
    assert.equal(text.map(({ character }) => character).join(""), passage);
    await page.getByText("These values as numbers").click();
    await sound(page, ".inside");
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });
});
