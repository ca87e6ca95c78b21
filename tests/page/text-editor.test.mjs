// The experiment as text: what is applied, what is refused and where that is said, and that nothing typed is lost. In a Chromium without
// WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, fill, openPage, press, reading, save, setSpeed, specOf, stage, until } from "./page.mjs";

describe("the experiment as text", () => {
  const at = stage({ webgpu: false });

  /** @typedef {import("playwright-core").Page} Page */
  /** @param {Page} page */
  const area = (page) => page.getByLabel("The experiment as JSON");
  /** @param {Page} page */
  const text = (page) => area(page).inputValue();
  /** Types a change. @param {Page} page @param {string | RegExp} from @param {string} to */
  const type = async (page, from, to) => {
    const before = await text(page);
    const after = before.replace(from, to);
    assert.notEqual(after, before, `${from} is in the text`);
    await area(page).fill(after);
    return after;
  };
  /** @param {Page} page @param {RegExp} words */
  const status = (page, words) => page.locator(".card", { has: area(page) }).getByRole("status").filter({ hasText: words }).waitFor();
  /** @param {Page} page */
  const fault = (page) => page.locator(".editor + .field-error");
  /** The line on which it stands, counted from 1. @param {string} whole @param {string} part */
  const lineOf = (whole, part) => whole.slice(0, whole.indexOf(part)).split("\n").length;

  test("it shows the experiment in use in one form, each line numbered, and follows what is changed elsewhere", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const { lr } = specOf(await save(page)).optimizer;
    const first = await text(page);
    assert.equal(JSON.parse(first).optimizer.lr, lr);
    assert.ok(first.includes('\n    { "type": "Linear", "out_features": 2 },\n'), "what fits on a line stands on one");
    assert.ok(first.includes('\n  "data": {\n    "type": "Points",\n'), "what does not stands on several");
    assert.ok(first.split("\n").every((line) => line.length <= 100), first);
    assert.deepEqual(await page.locator(".gutter > div").allInnerTexts(), first.split("\n").map((_, i) => String(i + 1)));
    await fill(page, "Learning rate", 0.5);
    await page.waitForURL(/#playground\/./);
    assert.equal(await text(page), first.replace('"lr": 0.01', '"lr": 0.5'));
    await fill(page, "Learning rate", 0.01);
    await page.waitForURL(/#playground$/);
    assert.equal(await text(page), first);
    await closePage(page);
  });

  test("a change is applied by the button and by Ctrl+Enter, to the network that is trained, the fields and the address", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step > 100);
    await type(page, '"lr": 0.01', '"lr": 0.02');
    await press(page, "Apply");
    await status(page, /^Applied/);
    assert.equal(await page.getByLabel("Learning rate").inputValue(), "0.02");
    const step = await reading(page, "Step");
    await until(page, "Step", (now) => now > step);
    // Written in another form, and with an option that goes without saying.
    await type(page, '{ "type": "Linear", "out_features": 2 }', '{"out_features":\n3, "bias": true, "type": "Linear"}');
    await area(page).press("Control+Enter");
    await status(page, /^Applied/);
    assert.match(await text(page), /\n {4}\{ "type": "Linear", "out_features": 3 \},\n/);
    assert.match(page.url(), /#playground\/./);
    const { layers, optimizer } = specOf(await save(page));
    assert.deepEqual([layers[2].out_features, optimizer.lr], [3, 0.02]);
    await closePage(page);
  });

  test("a mistake in the JSON is said in words at its line and column, and what was typed stays", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const original = await text(page);
    for (const [from, to, message, wrong] of /** @type {[string, string, string, string | null][]} */ ([
      ['"batch_size": 10,', '"batch_size": 10', "“\"” cannot stand here. Put a comma before it.", '"data"'],
      ['"out_features": 2 }', '"out_features": 2, }', "“}” cannot stand here. Take away the comma before it.", "}"],
      ['"seed": 0', 'seed: 0', "“s” cannot stand here. Names stand in double quotes.", "s"],
      ['"seed": 0', '"seed": zero', "“z” cannot stand here. Values are numbers, texts in double quotes", "z"],
      ['"seed": 0', '"seed": 0, // none', "“/” cannot stand here. JSON has no comments.", "/"],
      ['"seed": 0', '"seed": 0, "seed": 1', "“seed” is there twice. Take one of them away.", '"seed"'],
      [original.slice(-20), "", "The text ends too early. A bracket, a brace or a quote is still open.", null],
      [original.slice(original.indexOf('"out_features": 2') + 17), "", "The text ends too early. A bracket, a brace or a quote is still open.", null],
    ])) {
      const typed = await type(page, from, to);
      await press(page, "Apply");
      await fault(page).filter({ hasText: message }).waitFor();
      assert.equal(await text(page), typed);
      const [, line, column] = /Line (\d+), column (\d+)/.exec(await fault(page).innerText()) ?? assert.fail(message);
      if (wrong) assert.ok((typed.split("\n")[Number(line) - 1] ?? "").slice(Number(column) - 1).startsWith(wrong), `${message}: ${line}, ${column}`);
      else assert.equal(Number(line), typed.split("\n").length, "the end is in the last line");
      assert.deepEqual(await page.locator(".gutter .marked").allInnerTexts(), [line]);
      assert.equal(await area(page).getAttribute("aria-invalid"), "true");
      await press(page, "Undo");
      assert.equal(await text(page), original);
      assert.equal(await fault(page).innerText(), "");
      assert.equal(await page.locator(".gutter .marked").count(), 0);
    }
    assert.deepEqual(specOf(await save(page)).batch_size, 10);
    await closePage(page);
  });

  test("what the engine refuses is said at the line of its place, with the remedy, and the experiment goes on as it was", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    const before = specOf(await save(page));
    for (const [from, to, place, message] of /** @type {[string, string, string, RegExp][]} */ ([
      ['"out_channels": 16 }', '"out_channels": 16, "padding": -1 }', '"padding": -1', /layers\[3\]\.padding: /],
      ['"kernel_size": 5, "out_channels": 16', '"kernel_size": 50, "out_channels": 16', '"kernel_size": 50', /layers\[3\]/],
      ['"lr": 0.002', '"lr": -1', '"lr": -1', /optimizer\.lr: .*greater than 0/],
      ['{ "type": "Flatten" }', '{ "type": "Flaten" }', '"Flaten"', /layers\[6\]: unknown layer type Flaten\. Known: .*Flatten/],
    ])) {
      const typed = await type(page, from, to);
      await area(page).press("Control+Enter");
      await fault(page).filter({ hasText: message }).waitFor();
      const said = await fault(page).innerText();
      const line = lineOf(typed, place);
      assert.match(said, new RegExp(`^Line ${line}, column \\d+`), said);
      assert.deepEqual(await page.locator(".gutter .marked").allInnerTexts(), [String(line)]);
      assert.equal(await text(page), typed);
      // The place is one press away.
      await fault(page).getByRole("button").click();
      const chosen = await area(page).evaluate((area) => {
        const { value, selectionStart, selectionEnd } = /** @type {HTMLTextAreaElement} */ (area);
        return document.activeElement === area ? value.slice(selectionStart, selectionEnd) : "";
      });
      assert.ok(chosen.includes(place), `${chosen} is marked, not ${place}`);
      await press(page, "Undo");
    }
    assert.deepEqual(specOf(await save(page)), before);
    await closePage(page);
  });

  test("what the page cannot show is refused in words, at its line where it is one field's", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await type(page, '"out_features": 1', '"out_features": 2');
    await press(page, "Apply");
    await fault(page).filter({ hasText: "The first network has a fixed form: only its training can be changed. Change it back, or press Undo." }).waitFor();
    await press(page, "Undo");
    const typed = await type(page, '"batch_size": 3', '"batch_size": "three"');
    await press(page, "Apply");
    await fault(page).filter({ hasText: "batch_size must be a number" }).waitFor();
    assert.match(await fault(page).innerText(), new RegExp(`^Line ${lineOf(typed, '"batch_size"')}, `));
    await press(page, "Undo");
    const untyped = await type(page, '{ "type": "Sigmoid" }', '{ "typ": "Sigmoid" }');
    await press(page, "Apply");
    await fault(page).filter({ hasText: "layers[1] must be a layer with a type" }).waitFor();
    assert.match(await fault(page).innerText(), new RegExp(`^Line ${lineOf(untyped, '"typ"')}, `));
    await area(page).fill("[]");
    await press(page, "Apply");
    await fault(page).filter({ hasText: "It does not describe an experiment." }).waitFor();
    await closePage(page);
  });

  test("unapplied text outlives a change from elsewhere, which is said, a visit to another network, and keys that train", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const typed = await type(page, '"name": "2-D playground"', '"name": "Mine"');
    await status(page, /^Not applied yet\.$/);
    await area(page).press("End");
    await page.keyboard.type("s rs");
    await page.keyboard.press("Backspace");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Backspace");
    assert.equal(await text(page), typed);
    assert.equal(await reading(page, "Step"), 0, "letters are letters here");
    await fill(page, "Learning rate", 0.04);
    await status(page, /changed elsewhere/);
    assert.equal(await text(page), typed);
    await page.evaluate(() => void (location.hash = "first"));
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    assert.equal(await text(page), typed);
    await press(page, "Undo");
    const now = JSON.parse(await text(page));
    assert.deepEqual([now.name, now.optimizer.lr], ["2-D playground", 0.04]);
    await closePage(page);
  });

  test("a reader of JSON that does not arrive is named, and the next press on Apply works", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await page.route("**/vendor/momoa.js*", (route) => route.abort());
    const typed = await type(page, '"lr": 0.01', '"lr": 0.05');
    await press(page, "Apply");
    await fault(page).filter({ hasText: "The file momoa.js could not be loaded." }).waitFor();
    assert.equal(await text(page), typed);
    await page.unroute("**/vendor/momoa.js*");
    await press(page, "Apply");
    await status(page, /^Applied/);
    assert.equal(specOf(await save(page)).optimizer.lr, 0.05);
    await closePage(page);
  });
});
