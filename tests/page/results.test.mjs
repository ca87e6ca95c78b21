// What a learner reads off a run: curves by keyboard, zoomed, as a picture and as numbers; runs side by side, which outlast resets and reloads; the images of a
// confusion, the scores of each class, calibration. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { PATIENCE, ask, closePage, fill, newPage, openPage, press, reading, ready, stage, stopped, until } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @typedef {import("playwright-core").Page} Page */

/** Trains for more than so many steps. @param {Page} page @param {number} steps */
async function train(page, steps) {
  await press(page, "Train");
  await until(page, "Step", (step) => step >= steps);
  // The shortest run may be over by itself.
  if (await page.locator(".play", { hasText: "Pause" }).count()) await press(page, "Pause");
  await stopped(page);
}

/** @param {Page} page */
async function reset(page) {
  await press(page, "Reset");
  await until(page, "Step", (step) => step === 0);
}

/** Presses a button of a run's row. @param {Page} page @param {string} button @param {string} name */
const pressOf = (page, button, name) => beside(page).getByRole("button", { name: new RegExp(`^${button.replace("?", "\\?")} ?: ${name}$`) }).click({ timeout: 20_000 });

/** @param {Page} page */
const beside = (page) => page.locator("table.runs");
/** The cells of the table of runs, row by row; of a field, what is written in it. @param {Page} page @returns {Promise<{ [head: string]: string }[]>} */
const runs = (page) =>
  beside(page).evaluate((table) => {
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent ?? "");
    const textOf = (/** @type {Element} */ cell) => cell.querySelector("input")?.value ?? cell.textContent ?? "";
    return [...table.querySelectorAll("tbody tr")].map((row) => Object.fromEntries([...row.children].map((cell, i) => [heads[i], textOf(cell)])));
  });

/** @param {Page} page @param {(all: { [head: string]: string }[]) => unknown} wanted */
async function untilRuns(page, wanted) {
  await page.waitForFunction(() => document.querySelector("table.runs tbody tr"));
  for (const start = Date.now(); Date.now() - start < PATIENCE; await page.waitForTimeout(50)) {
    const all = await runs(page);
    if (wanted(all)) return all;
  }
  return assert.fail(`the runs are ${JSON.stringify(await runs(page))}`);
}

/** The names of the runs that the browser keeps, behind the page's back. @param {Page} page @param {string[]} names */
async function untilKept(page, names) {
  for (const start = Date.now(); Date.now() - start < PATIENCE; await page.waitForTimeout(50)) {
    const kept = await page.evaluate(async () => {
      const answer = (/** @type {IDBRequest} */ request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
      const db = /** @type {IDBDatabase} */ (await answer(indexedDB.open("tabgrad")));
      const pins = await answer(db.transaction("pins").objectStore("pins").getAll());
      db.close();
      return pins.map((/** @type {any} */ { name }) => name).sort();
    });
    if (JSON.stringify(kept) === JSON.stringify(names)) return;
  }
  assert.fail(`the browser does not keep ${names.join(", ")}`);
}

/** In light and dark, wide and as narrow as a phone, with all unfolded. @param {Page} page */
async function inspect(page) {
  await page.evaluate(axe);
  await page.evaluate(() => document.querySelectorAll("main details").forEach((details) => ((/** @type {HTMLDetailsElement} */ (details)).open = true)));
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const found = await page.evaluate(async () => {
        const { violations } = await Reflect.get(window, "axe").run("main", { rules: { "target-size": { enabled: true } } });
        return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
      });
      assert.deepEqual(found, [], `${colorScheme}, ${width} px`);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      const wide = await page.evaluate(() => (document.documentElement.scrollWidth <= window.innerWidth ? [] : [...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > window.innerWidth && !one.closest(".table-place")).map((one) => one.outerHTML.slice(0, 100))));
      assert.deepEqual(wide, [], `${width} px: nothing scrolls sideways`);
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** @param {Page} page @param {string} button */
async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, button)]);
  return { name: download.suggestedFilename(), file: readFileSync(await download.path()) };
}

describe("results", () => {
  const at = stage({ webgpu: false });

  test("curves are read with the keyboard, zoomed by fields and by dragging, smoothed, put on another scale, and go out as a picture and as numbers", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await train(page, 100);
    const chart = page.getByRole("slider", { name: "Loss", exact: true });
    await chart.focus();
    /** Waits for what is read, as the chart is drawn in the next frame. @param {string} key @param {RegExp} told */
    const read = async (key, told) => {
      await chart.press(key);
      await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector(".chart-canvas")?.getAttribute("aria-valuetext") ?? ""), told.source);
    };
    const { points } = /** @type {any} */ (await ask(page, { type: "train", session: 1, steps: 0 }));
    assert.deepEqual(points, [], "the engine is asked for nothing more by reading");
    await read("Home", /^step 0: training batches [\d.]+, /);
    await read("ArrowRight", /^step 1: /);
    await read("PageUp", /^step 11: /);
    await read("ArrowLeft", /^step 10: /);
    const tenth = Number(/batches ([\d.]+)/.exec((await chart.getAttribute("aria-valuetext")) ?? "")?.[1]);
    const told = Number(await page.locator(".loss-table tr", { has: page.locator("td:first-child", { hasText: /^10$/ }) }).locator("td").nth(1).getAttribute("data-loss"));
    assert.ok(Math.abs(tenth - told) < 1e-3, `read ${tenth}, measured ${told}`);
    await page.getByText("at step 10").first().waitFor();
    await chart.press("Escape");
    await page.getByText("at step 10").first().waitFor({ state: "hidden" });

    await page.getByText("The numbers as a table").click();
    await page.waitForFunction(() => document.querySelector(".results .data tbody th"));
    const steps = () => page.locator(".results .data tbody th").allInnerTexts();
    const columns = await page.locator(".results .data thead th").allInnerTexts();
    assert.equal(columns.length, 6, columns.join());
    assert.equal((await steps()).length, 101);
    await page.getByText("How the curves are drawn").click();
    await fill(page, "From step", 20);
    await fill(page, "To step", 40);
    assert.deepEqual(await steps(), Array.from({ length: 21 }, (_, i) => String(20 + i)));
    await read("Home", /^step 20: /);
    await press(page, "All steps");
    await page.waitForFunction(() => document.querySelectorAll(".results .data tbody tr").length === 101);

    await chart.evaluate((canvas) => canvas.scrollIntoView({ block: "center" }));
    const box = (await chart.boundingBox()) ?? assert.fail("there is no chart");
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 70, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelectorAll(".results .data tbody tr").length < 60);
    const [first = 0, last = 0] = [(await steps()).map(Number)[0], (await steps()).map(Number).at(-1)];
    assert.ok(first > 20 && first < 50 && last > 50 && last < 80, `dragged to ${first} – ${last}`);
    assert.equal(await page.getByLabel("From step").inputValue(), String(first));
    await chart.dblclick();
    await page.waitForFunction(() => document.querySelectorAll(".results .data tbody tr").length === 101);

    await page.mouse.move(0, 0);
    /** @returns {Promise<string>} */
    const pixels = () => chart.evaluate((canvas) => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(/** @type {HTMLCanvasElement} */ (canvas).toDataURL())))));
    const plain = await pixels();
    await page.getByLabel("Smoothing").fill("0.9");
    const smooth = await pixels();
    await page.getByLabel("Vertical scale").selectOption("logarithmic");
    const logarithmic = await pixels();
    assert.equal(new Set([plain, smooth, logarithmic]).size, 3, "each is another picture");

    const picture = await downloaded(page, "Save as image");
    assert.equal(picture.name, "tabgrad-first-step-100.png");
    assert.equal(picture.file.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([picture.file.readUInt32BE(16), picture.file.readUInt32BE(20)], [1800, 2180], "three charts, sharp");
    const numbers = await downloaded(page, "Save as CSV file");
    assert.equal(numbers.name, "tabgrad-first-step-100.csv");
    const lines = numbers.file.toString().trimEnd().split("\r\n");
    assert.equal(lines[0], "run,step,train_loss,train_accuracy,grad_norm,test_loss,test_accuracy");
    assert.equal(lines.length, 102);
    assert.ok(Math.abs(Number(lines[11]?.split(",")[2]) - told) < 1e-6, "in full");
    await closePage(page);
  });

  test("runs that are kept outlast resets, changes and reloads, side by side with the settings in which they differ; the run before a reset is there by itself", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    assert.ok(await page.getByRole("button", { name: "Keep this run to compare" }).isDisabled(), "there is nothing to keep yet");
    const lr = await page.getByLabel("Learning rate", { exact: true }).inputValue();
    await train(page, 20);
    await press(page, "Keep this run to compare");
    await page.getByText("Kept as Run 1").waitFor();
    await page.getByText("Their settings are the same.").waitFor();
    await page.getByLabel("Note on Run 1").fill("as it comes");
    await page.getByLabel("Name of Run 1").fill("first try");
    await page.getByLabel("Name of Run 1").press("Tab");
    await untilRuns(page, (all) => all[1]?.Run === "first try" && all[1]?.Note === "as it comes");
    await fill(page, "Learning rate", 0.3);
    await reset(page);
    await train(page, 10);
    await page.locator(".keys li", { hasText: "first try" }).first().waitFor();
    const [now, kept] = await untilRuns(page, ([now]) => Number(now?.Step) >= 10);
    assert.deepEqual([now?.["Learning rate"], kept?.["Learning rate"]], ["0.3", lr]);
    assert.ok(Number(kept?.Step) >= 20 && kept?.["Test loss"] !== "–");
    assert.ok(!Object.keys(now ?? {}).includes("Batch size"), "only what differs");

    // What was not kept is the run before.
    await reset(page);
    const [, , before] = await untilRuns(page, (all) => all.length === 3);
    assert.equal(before?.Run, "The run before");
    assert.equal(await page.locator(".keys li", { hasText: "The run before" }).count(), 0, "not among the curves until it is wanted");
    const show = page.getByLabel("Show The run before among the curves");
    await show.check();
    await page.locator(".keys li", { hasText: "The run before" }).first().waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Show The run before among the curves");
    await inspect(page);
    await pressOf(page, "Keep", "The run before");
    await untilRuns(page, (all) => all[2]?.Run === "Run 2");
    const focused = (/** @type {RegExp} */ name) => page.waitForFunction((pattern) => new RegExp(pattern).test(document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? ""), name.source);
    await focused(/^The runs, their figures and settings$/);

    await untilKept(page, ["Run 2", "first try"]);
    await page.reload();
    await ready(page);
    const again = await untilRuns(page, (all) => all.length === 3);
    assert.deepEqual(again.slice(1).map(({ Run, Note, Step }) => ({ Run, Note, Step })), [
      { Run: "first try", Note: "as it comes", Step: kept?.Step },
      { Run: "Run 2", Note: "", Step: before?.Step },
    ]);
    await page.locator(".keys li", { hasText: "first try" }).first().waitFor();
    await pressOf(page, "Use its settings", "first try");
    await page.getByText("The settings are those of first try.").waitFor();
    await focused(/^Use its settings: first try$/);
    assert.equal(await page.getByLabel("Learning rate", { exact: true }).inputValue(), lr);
    await train(page, 5);
    await page.getByText("The numbers as a table").click();
    const { file } = await downloaded(page, "Save as CSV file");
    assert.deepEqual([...new Set(file.toString().trimEnd().split("\r\n").slice(1).map((line) => line.split(",")[0]))], ["This run", "first try", "Run 2"]);

    await pressOf(page, "Delete", "Run 2");
    assert.equal((await runs(page)).length, 3, "not by one press");
    await pressOf(page, "Delete for good?", "Run 2");
    await untilRuns(page, (all) => all.length === 2);
    await untilKept(page, ["first try"]);
    await page.getByRole("button", { name: "Saved work" }).first().click();
    // Of the run that goes on, not of the one that it has replaced.
    const note = page.locator(".saved-runs li").filter({ hasNotText: "earlier" }).getByPlaceholder("Note");
    await note.fill("to go on with");
    await note.press("Tab");
    await page.getByText("The note is saved.").waitFor();
    await page.keyboard.press("r"); // resets nothing behind the dialogue
    await page.keyboard.press("Escape");
    await page.reload();
    await ready(page);
    await untilRuns(page, (all) => all.length === 2);
    const next = (await reading(page, "Step")) + 1;
    await press(page, "Step");
    await until(page, "Step", (step) => step === next);
    await page.evaluate(() => void window.dispatchEvent(new Event("pagehide")));
    await page.getByText(`Saved by itself at step ${next}, in this browser only.`).waitFor();
    await page.getByRole("button", { name: "Saved work" }).first().click();
    await note.waitFor();
    assert.equal(await note.inputValue(), "to go on with", "a run that is saved anew keeps its note");
    await press(page, "Delete all");
    await press(page, "Delete for good?");
    await page.getByText("All saved work is deleted.").waitFor();
    await page.keyboard.press("Escape");
    await beside(page).waitFor({ state: "hidden" });
    await untilKept(page, []);
    await closePage(page);
  });

  test("work that was saved before there were runs to compare is taken up, and runs are kept beside it; where there is no room, that is said and they stay for the visit", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await page.evaluate(() => void window.dispatchEvent(new Event("pagehide")));
    await page.getByText("Saved by itself at step 1").waitFor();
    await page.goto(new URL("icon.svg", at.url).href);
    // As the page before wrote it.
    await page.evaluate(async () => {
      const answer = (/** @type {IDBRequest} */ request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
      const db = await answer(indexedDB.open("tabgrad"));
      const tables = db.transaction(["runs", "states"]);
      const [runs, states, versions] = await Promise.all([answer(tables.objectStore("runs").getAll()), answer(tables.objectStore("states").getAll()), answer(tables.objectStore("states").getAllKeys())]);
      db.close();
      await answer(indexedDB.deleteDatabase("tabgrad"));
      const request = indexedDB.open("tabgrad", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("runs", { keyPath: ["network", "place"] });
        request.result.createObjectStore("states");
      };
      const old = await answer(request);
      const writing = old.transaction(["runs", "states"], "readwrite");
      await Promise.all([...runs.map((/** @type {any} */ run) => answer(writing.objectStore("runs").put(run))), ...states.map((/** @type {any} */ state, /** @type {number} */ i) => answer(writing.objectStore("states").put(state, versions[i])))]);
      old.close();
    });
    await page.goto(`${at.url}#first`);
    await page.getByText("Taken up again from step 1").waitFor();
    await press(page, "Keep this run to compare");
    await untilKept(page, ["Run 1"]);
    await page.reload();
    await ready(page);
    await untilRuns(page, (all) => all.length === 2);
    await closePage(page);

    const full = await newPage(at.browser);
    await full.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (/** @type {any[]} */ ...what) {
        if (this.name === "pins") throw new DOMException("", "QuotaExceededError");
        return Reflect.apply(put, this, what);
      };
    });
    await full.goto(`${at.url}#first`);
    await ready(full);
    await press(full, "Step");
    await until(full, "Step", (step) => step === 1);
    await press(full, "Keep this run to compare");
    await full.locator(".notice.warning", { hasText: /There is no room left.*The runs to compare are there until this page is closed/ }).waitFor();
    await untilRuns(full, (all) => all.length === 2);
    await closePage(full);
  });

  test("digits: a number of the confusion matrix shows its images, each class has its scores, and how sure the network is stands against how often it is right", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await train(page, 20);
    const cell = page.locator(".confusion td.miss button").first();
    const [, is = "", taken = "", number = ""] = /^(\d) taken for (\d): ([\d,]+)$/.exec((await cell.getAttribute("aria-label")) ?? "") ?? assert.fail("a cell says what it is");
    await cell.click();
    const wanted = Math.min(18, Number(number.replaceAll(",", "")));
    await page.locator(".cases li").nth(wanted - 1).waitFor();
    assert.equal(await page.locator(".cases li").count(), wanted);
    await page.getByRole("heading", { name: `${is}, taken for ${taken}` }).waitFor();
    // The engine's own word for the first of them.
    const [, place = "", share = ""] = /image ([\d,]+), (\d+) % sure/.exec(await page.locator(".cases li").first().innerText()) ?? assert.fail("a picture says which it is");
    const { x, y } = await ask(page, { type: "data", session: 3, split: "test", start: Number(place.replaceAll(",", "")) - 1, count: 1 });
    const { probabilities } = await ask(page, { type: "predict", session: 3, inputs: x, count: 1 });
    assert.deepEqual([y[0], probabilities.indexOf(Math.max(...probabilities)), Math.round(Math.max(...probabilities) * 100)], [Number(is), Number(taken), Number(share)]);

    // Arrow keys lead from cell to cell; one of them is among what Tab goes through.
    assert.equal(await page.locator('.confusion td button[tabindex="0"]').count(), 1);
    await page.locator(".confusion tbody tr").first().locator("button").first().click();
    await page.getByRole("heading", { name: "0, seen as it is" }).waitFor();
    await page.keyboard.press("ArrowDown");
    assert.match((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) ?? "", /^1 taken for 0: /);

    await page.locator("summary", { hasText: "Precision and recall of each class" }).click();
    const counts = (await page.locator(".confusion tbody td").allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
    const support = counts.slice(0, 10).reduce((a, b) => a + b);
    const scores = (await page.locator("details[open] tbody tr", { has: page.locator("th", { hasText: /^0$/ }) }).first().innerText()).split("\t");
    assert.deepEqual([Number(scores[2]?.replace(" %", "")), Number(scores[4]?.replaceAll(",", ""))], [Number(((100 * (counts[0] ?? 0)) / support).toFixed(1)), support]);

    const calibration = page.locator(".card", { has: page.getByRole("heading", { name: "Is it as sure as it is right?" }) });
    await calibration.scrollIntoViewIfNeeded();
    const words = calibration.getByText(/^At step [\d,]+ it is [\d.]+ % sure on average of 2,000 test examples, and [\d.]+ % of them are right\. The expected calibration error is [\d.]+ %\./);
    await words.waitFor();
    await calibration.getByText("As a table").click();
    const bins = await calibration.locator("tbody tr").evaluateAll((rows) => rows.map((row) => Number(row.children[1]?.textContent?.replaceAll(",", ""))));
    assert.equal(bins.reduce((a, b) => a + b), 2000);
    await inspect(page);

    // The network has changed: it is measured anew on a press, or when training stands again.
    const before = await words.innerText();
    await page.evaluate(() => scrollTo(0, 0));
    await press(page, "Step");
    await calibration.getByRole("button", { name: "Measure it now", disabled: false }).click();
    await page.waitForFunction((text) => [...document.querySelectorAll(".card p")].every((p) => p.textContent !== text), before);
    await reset(page);
    await calibration.getByText("Measured on 2,000 test examples when training pauses.").waitFor();
    assert.ok(await page.locator(".cases").isHidden());
    await closePage(page);
  });
});
