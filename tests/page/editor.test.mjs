// The network that is edited layer by layer, by mouse and by keys: what is right is in use, what is not stands at its layer with the remedy while the network in use goes
// on; undo and redo; networks to start from; and the text's suggestions. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, openPage, press, reading, save, specOf, stage, until } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

/** Opens the card. @param {Page} page */
const openEditor = (page) => page.locator("details.card:has(.network-editor) > summary").click();
/** A layer by its path: 3, or 5, "shortcut", 0. @param {Page} page @param {(number | string)[]} path */
function layer(page, ...path) {
  let at = page.locator(".network-editor > .layers");
  for (const step of path) at = typeof step === "number" ? at.locator(`> .layer:nth-child(${step + 1})`) : at.locator(`> .branches > .branch[data-branch=${step}] > .layers`);
  return at;
}
/** @param {ReturnType<typeof layer>} row */
const head = (row) => row.locator("> .layer-line > .layer-head");
/** @param {ReturnType<typeof layer>} row */
const figures = (row) => row.locator("> .layer-line > .layer-figures").innerText();
/** @param {ReturnType<typeof layer>} row @param {string} name */
const deed = (row, name) => row.locator("> .layer-body").getByRole("button", { name, exact: true });
/** @param {Page} page @param {string} words */
const status = (page, words) => page.locator(".network-editor > [role=status]", { hasText: words }).waitFor();
/** @param {Page} page */
const inUse = (page) => status(page, "This is the network in use.");
/** Where the keys go. @param {Page} page */
const focused = (page) => page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.innerText || document.activeElement.getAttribute("aria-label") : null));

describe("the network editor", () => {
  const at = stage({ webgpu: false });

  test("a convolution is copied and changed; a mistake stands at its field with the remedy, training goes on, and mended it is in use", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await openEditor(page);
    await head(layer(page, 3)).click();
    await deed(layer(page, 3), "Duplicate").press("Enter");
    await inUse(page);
    assert.match((await focused(page)) ?? "", /^4\s*Convolution/, "the keys go to the copy");
    await page.keyboard.press("Enter");
    const copy = layer(page, 4);
    await copy.getByLabel("Output channels").fill("8");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.querySelectorAll(".network-editor > .layers > .layer")[4]?.textContent?.includes("8 × 6 × 6"));
    // 16 x 25 weights and a bias for each of 8 channels; each number of the output is that many products and sums.
    assert.match(await figures(copy), /^8 × 6 × 6 · 3,208 parameters · 231 thousand operations · \d+ kB$/);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);

    await copy.getByLabel("Padding", { exact: true }).fill("-1");
    await page.keyboard.press("Tab");
    await status(page, "It has a mistake".toLowerCase());
    assert.match(await copy.locator(".field", { hasText: "Padding" }).locator(".field-error").innerText(), /must be 0 or more/);
    assert.equal(await copy.getByLabel("Padding", { exact: true }).getAttribute("aria-invalid"), "true");
    assert.match(await figures(layer(page, 3)), /^16 × 10 × 10/, "what comes before it is known");
    assert.equal(await figures(layer(page, 5)), "not known yet");
    await copy.getByLabel("Window").fill("50");
    await copy.getByLabel("Padding", { exact: true }).fill("0");
    await page.keyboard.press("Tab");
    await copy.locator("> .field-error", { hasText: "Use a smaller kernel_size or more padding" }).waitFor();
    await press(page, "Step");
    await until(page, "Step", (step) => step === 2);
    assert.equal(specOf(await save(page)).layers[4].kernel_size[0], 5, "the network in use is the last right one");
    // From anywhere to the mistake, and away from it and back.
    await press(page, "Go back to the network in use");
    await inUse(page);
    assert.equal(await copy.getByLabel("Window").inputValue(), "5");
    await page.getByRole("button", { name: "Undo: kernel_size of Conv2d" }).click();
    await status(page, "it has a mistake");
    assert.equal(await copy.getByLabel("Window").inputValue(), "50");
    await press(page, "Show the mistake");
    await copy.getByLabel("Window").fill("3");
    await page.keyboard.press("Tab");
    await inUse(page);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    const { layers } = specOf(await save(page));
    assert.deepEqual([layers.length, layers[4].type, layers[4].out_channels, layers[4].kernel_size], [13, "Conv2d", 8, [3, 3]]);
    await closePage(page);
  });

  test("a residual block's branches are edited, a new layer gets its type by keys, and a preset comes and goes with Ctrl+Z, all by their names", async () => {
    const page = await openPage(at.browser, `${at.url}#resnet`);
    const before = specOf(await save(page)).layers;
    await openEditor(page);
    const conv = layer(page, 5, "shortcut", 0);
    await head(conv).click();
    await conv.getByLabel("Output channels").fill("40");
    await page.keyboard.press("Tab");
    await layer(page, 5).locator("> .field-error", { hasText: "cannot add its layers' output [48, 7, 7] and its shortcut's [40, 7, 7]" }).filter({ hasText: "Make both shapes equal." }).waitFor();
    // In a field Ctrl+Z is the field's own.
    await head(conv).focus();
    await page.keyboard.press("Control+z");
    await inUse(page);
    assert.equal(await conv.getByLabel("Output channels").inputValue(), "48");

    const empty = layer(page, 3);
    await empty.getByRole("button", { name: "Add a layer to the shortcut" }).press("Enter");
    await inUse(page);
    await page.keyboard.type("BatchNorm2d");
    await layer(page, 3, "shortcut", 0).filter({ hasText: "BatchNorm2d()" }).waitFor();
    await inUse(page);
    await head(layer(page, 3, "shortcut", 0)).focus();
    await deed(layer(page, 3, "shortcut", 0), "Move down").press("Enter");
    await layer(page, 4).filter({ hasText: "BatchNorm2d()" }).waitFor();
    await inUse(page);
    assert.equal(await focused(page), "Move down", "the keys stay with the button");
    await page.getByRole("button", { name: "Undo: the layers" }).waitFor();
    assert.deepEqual(specOf(await save(page)).layers.map((/** @type {any} */ { type }) => type).slice(2, 6), ["ReLU", "Residual", "BatchNorm2d", "ReLU"]);

    await page.locator("summary", { hasText: "Start from another network" }).click();
    await press(page, "LeNet");
    await page.getByText("LeNet is in use. Undo brings back what was before.").waitFor();
    await inUse(page);
    assert.equal(await layer(page, 0).locator("code").innerText(), "Conv2d(out_channels=6, kernel_size=5, padding=2)");
    assert.equal(await page.getByLabel("Optimiser").inputValue(), "Adam");
    for (let undone = 0; undone < 4; undone++) {
      await page.locator(".history button").first().press("Control+z");
      await page.waitForFunction((n) => document.querySelector("#live")?.textContent?.startsWith("Undone") && document.querySelectorAll(".history [aria-disabled]").length === n, undone === 3 ? 1 : 0);
    }
    assert.deepEqual(specOf(await save(page)).layers, before);
    assert.equal(await page.getByLabel("Optimiser").inputValue(), "SGD");
    await page.keyboard.press("Control+Shift+z");
    await page.getByRole("button", { name: "Undo: ReLU added" }).waitFor();
    await layer(page, 3, "shortcut", 0).filter({ hasText: "ReLU()" }).waitFor();
    await closePage(page);
  });

  test("a network on a text becomes another one, which trains and writes; a layer that sees ahead is refused in words", async () => {
    const page = await openPage(at.browser, `${at.url}#gpt`);
    await openEditor(page);
    await page.locator("summary", { hasText: "Start from another network" }).click();
    await press(page, "GRU");
    await page.getByText("GRU is in use.").waitFor();
    await inUse(page);
    assert.match(await figures(layer(page, 1)), /^64 × 192 · 148,608 parameters/);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await head(layer(page, 1)).click();
    await layer(page, 1).getByLabel("Both directions").selectOption("yes");
    await layer(page, 1).locator("> .field-error", { hasText: "A layer sees the characters that it is to foretell" }).waitFor();
    await layer(page, 1).getByLabel("Both directions").selectOption("no");
    await inUse(page);
    assert.equal(await reading(page, "Step"), 1, "nothing of it reached the network in use");
    await closePage(page);
  });

  test("the text suggests types, options and values by keys, takes one on Enter, and lets Tab and Escape be", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    const area = page.getByLabel("The experiment as JSON");
    const list = page.getByRole("listbox", { name: "Suggestions" });
    const original = await area.inputValue();
    /** Puts the caret behind a piece of the text. @param {string} piece */
    const goTo = (piece) =>
      area.evaluate((area, piece) => {
        const { value } = /** @type {HTMLTextAreaElement} */ (area);
        area.focus();
        /** @type {HTMLTextAreaElement} */ (area).setSelectionRange(value.indexOf(piece) + piece.length, value.indexOf(piece) + piece.length);
      }, piece);
    await goTo('{ "type": "Flatten"');
    await page.keyboard.type(" },\n    { ");
    assert.equal(await list.isVisible(), false, "nothing comes up by itself where nothing is typed");
    await page.keyboard.type('"ty');
    await list.waitFor();
    assert.deepEqual(await list.getByRole("option").allInnerTexts(), ["type"]);
    await page.keyboard.press("Enter");
    await page.keyboard.type('"drop');
    await list.getByRole("option", { name: "Dropout" }).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.type(", ");
    await page.keyboard.press("Control+Space");
    assert.deepEqual(await list.getByRole("option").allInnerTexts(), ["p"]);
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "hidden" });
    await page.keyboard.press("Control+Space");
    const active = await area.getAttribute("aria-activedescendant");
    assert.equal(await page.locator(`[id="${active}"]`).innerText(), "p");
    await page.keyboard.press("Enter");
    await page.keyboard.type("0.25");
    assert.ok((await area.inputValue()).includes('{ "type": "Dropout", "p": 0.25 }'), await area.inputValue());
    await page.keyboard.press("Control+Enter");
    await page.getByText("Applied. This is the experiment in use.").waitFor();
    assert.deepEqual(specOf(await save(page)).layers[7], { type: "Dropout", p: 0.25 });

    await goTo('"loss": { "type": "');
    await page.keyboard.press("Control+Space");
    await page.keyboard.press("ArrowUp");
    await list.getByRole("option", { name: "HuberLoss", selected: true }).waitFor();
    await page.keyboard.press("Tab");
    await list.waitFor({ state: "hidden" });
    assert.equal(await focused(page), "Apply");
    await page.getByRole("button", { name: /^Undo: Dropout added/ }).click();
    await page.waitForFunction((text) => document.querySelector("textarea")?.value === text, original);
    await closePage(page);
  });
});
