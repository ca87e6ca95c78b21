// Lessons in the page: the first by keyboard alone, from the gallery to its end; where one was after a reload. That each can be done is proved in
// tests/scripts/lessons.test.mjs. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, newPage, openGallery, openPage, press, ready, setSpeed, stage, until } from "./page.mjs";

describe("lessons", () => {
  const at = stage({ webgpu: false });
  /** @param {import("playwright-core").Page} page */
  const panel = (page) => page.locator(".lesson");
  /** @param {import("playwright-core").Page} page */
  const done = (page) => panel(page).getByRole("status").filter({ hasText: "✓ Done" }).waitFor();

  test("the first lesson, by keyboard alone", async () => {
    const page = await openGallery(at.browser, at.url);
    /** Moves on by Tab until the focus is there. @param {import("playwright-core").Locator} place */
    const tabTo = async (place) => {
      await place.waitFor();
      for (let n = 0; n < 120; n++) {
        if (await place.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`no way to ${place}`);
    };
    await tabTo(page.getByRole("link", { name: "One neuron" }));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "One neuron" }).waitFor();
    await ready(page);
    assert.match(await panel(page).innerText(), /Step 1 of 3/);
    assert.equal(await panel(page).getByRole("status").innerText(), "");
    await tabTo(page.getByRole("button", { name: "Train", exact: true }));
    await page.keyboard.press("Enter");
    await done(page);
    await tabTo(panel(page).getByRole("button", { name: "Next" }));
    await page.keyboard.press("Enter");
    const pattern = page.getByLabel("Pattern");
    await tabTo(pattern);
    while ((await pattern.inputValue()) !== "circle") await page.keyboard.press("ArrowUp");
    await done(page);
    await tabTo(panel(page).getByRole("button", { name: "Next" }));
    await page.keyboard.press("Enter");
    for (const name of ["x₁²", "x₂²"]) {
      await tabTo(page.getByRole("checkbox", { name }).first());
      await page.keyboard.press("Space");
    }
    await done(page);
    assert.match(await panel(page).innerText(), /That was the lesson/);
    await tabTo(panel(page).getByRole("link", { name: "All lessons" }));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Lessons" }).waitFor();
    await closePage(page);
  });

  test("a link opens a lesson with its own experiment, apart from the network's; a reload goes on at its step; its lessons' code that does not come is named", async () => {
    const page = await openPage(at.browser, `${at.url}#lesson-learning-rate`);
    assert.equal(await page.getByLabel("Learning rate").inputValue(), "0.001");
    await setSpeed(page, "full");
    await press(page, "Train");
    await done(page);
    await panel(page).getByRole("button", { name: "Next" }).click();
    await page.reload();
    await ready(page);
    assert.match(await panel(page).innerText(), /Step 2 of 4/);
    await page.evaluate(() => void (location.hash = "playground"));
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    await ready(page);
    assert.equal(await page.locator(".view-playground").getByLabel("Learning rate").inputValue(), "0.01");
    assert.equal(await panel(page).count(), 0);
    await until(page, "Step", (step) => step === 0);
    await closePage(page);

    const other = await newPage(at.browser);
    await other.route("**/lessons/over-fitting.json", (route) => route.abort());
    await other.goto(`${at.url}#lesson-one-neuron`);
    await other.getByText("The file index.js could not be loaded.").waitFor();
    await other.unroute("**/lessons/over-fitting.json");
    await other.getByRole("button", { name: "Try again" }).click();
    await other.getByRole("heading", { level: 1, name: "One neuron" }).waitFor();
    await other.close();
  });
});
