// A lesson of one's own in the page: written, corrected where it is wrong, tried, handed on as a link and as a file, and opened by somebody else. In a Chromium
// without WebGPU: none of this depends on the device. What a link holds and what is refused is proved in tests/scripts/own-lesson.test.mjs.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { closePage, drop, newPage, openGallery, openPage, press, ready, setSpeed, stage, until } from "./page.mjs";

describe("a lesson of one's own", () => {
  const at = stage({ webgpu: false });
  /** @param {import("playwright-core").Page} page */
  const editor = (page) => page.getByRole("textbox", { name: "The lesson as JSON" });

  test("is written, corrected, tried and handed on; who gets it sees text, where it is from, and goes on with it later", async () => {
    const page = await openGallery(at.browser, at.url);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByText("Write a lesson of your own").click();
    const lesson = JSON.parse(await editor(page).inputValue());
    const box = page.locator(".write-lesson");
    const error = box.locator(".field-error");

    await editor(page).fill("{\n  id: 1\n}");
    await press(page, "Try it");
    await error.filter({ hasText: "Line 2, column 3" }).waitFor();
    await editor(page).fill(JSON.stringify({ ...lesson, network: "nothing" }, null, 2));
    await press(page, "Copy link");
    await error.filter({ hasText: "network: network names none of this page; there are: first, playground" }).waitFor();
    // What only the engine knows to be wrong.
    await editor(page).fill(JSON.stringify({ ...lesson, changes: { optimizer: { type: "SGD", lr: -1 } } }, null, 2));
    await press(page, "Try it");
    await error.filter({ hasText: "changes.optimizer.lr: changes make no experiment of it" }).waitFor();
    assert.match(await error.getByRole("button").innerText(), /^Line 10, column/);
    await page.reload();
    await page.getByText("Write a lesson of your own").click();
    assert.match(await editor(page).inputValue(), /"lr": -1/, "what was written is still there");

    const good = { ...lesson, title: "Mine <b>bold</b>", changes: { ...lesson.changes, seed: 5 } };
    good.steps[0].text = ["<img src=x onerror=\"document.title='broken'\"> is text."];
    await editor(page).fill(JSON.stringify(good));
    await press(page, "Copy link");
    await box.getByText("Link copied.").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const [download] = await Promise.all([page.waitForEvent("download"), press(page, "Save as file")]);
    const file = await readFile(await download.path());
    assert.deepEqual(JSON.parse(file.toString()), good);
    await press(page, "Try it");
    await page.getByRole("heading", { level: 1, name: "Mine <b>bold</b>" }).waitFor();
    await ready(page);
    assert.equal(page.url(), link);
    await closePage(page);

    const other = await openPage(at.browser, link);
    const panel = other.locator(".lesson");
    await panel.getByText("it was written by somebody else, not by this site").waitFor();
    await panel.getByText("<img src=x").waitFor();
    assert.equal(await panel.locator("img").count(), 0);
    await setSpeed(other, "full");
    await press(other, "Train");
    await panel.getByText("✓ Done").waitFor();
    await panel.getByRole("button", { name: "Next" }).click();
    await press(other, "Pause");
    await other.getByText(/^Saved by itself at step/).waitFor();
    await other.reload();
    await ready(other);
    await until(other, "Step", (step) => step > 200);
    assert.match(await panel.innerText(), /Step 2 of 3/);

    // From the list of saved work of a later visit, too.
    await other.goto(`${at.url}icon.svg`);
    await other.goto(at.url);
    await press(other, "Saved work");
    await other.getByRole("dialog").getByRole("button", { name: /^Open/ }).click();
    await other.getByRole("heading", { level: 1, name: "Mine <b>bold</b>" }).waitFor();
    await other.evaluate(() => void (location.hash = "playground"));
    await other.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    await ready(other);
    await until(other, "Step", (step) => step === 0);
    await drop(other, { name: "lesson.json", buffer: file });
    await other.getByRole("heading", { level: 1, name: "Mine <b>bold</b>" }).waitFor();
    await closePage(other);
  });

  test("that cannot be opened says why: from a link over the networks, from a file beside the button", async () => {
    const page = await newPage(at.browser);
    await page.goto(`${at.url}#lesson/${Buffer.from(JSON.stringify({ id: "x", title: 5 })).toString("base64url")}`);
    await page.locator(".notice", { hasText: "The lesson in the address cannot be opened: title must be a text." }).waitFor();
    await page.evaluate(() => void (location.hash = "lesson/.broken"));
    await page.locator(".notice", { hasText: "The lesson in the address cannot be opened: it is damaged or cut off." }).waitFor();
    const box = page.locator(".write-lesson");
    for (const [buffer, message] of /** @type {const} */ ([["{}", "The file l.json is no lesson: id must be a name"], ['{"a" 1}', "The file l.json is not JSON: “1” cannot stand here, in line 1, column 6"]])) {
      assert.equal(await drop(page, { name: "l.json", buffer }), "Drop it here: a lesson (.json)");
      await box.locator(".notice", { hasText: message }).waitFor();
    }
    assert.equal(new URL(page.url()).hash, "");
    await closePage(page);
  });
});
