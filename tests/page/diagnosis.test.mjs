// What the page says when training goes wrong, and that its remedies work. What is found when is proved in tests/diagnosis/. In a Chromium
// without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, fill, openPage, press, reading, setSpeed, stage, until } from "./page.mjs";

describe("the diagnosis", () => {
  const at = stage({ webgpu: false });

  /** @param {import("playwright-core").Page} page */
  const findings = (page) => page.locator(".findings li");
  /** @param {import("playwright-core").Page} page @param {RegExp} words */
  const status = (page, words) => page.locator(".card", { has: page.getByRole("button", { name: "Check now" }) }).getByRole("status").filter({ hasText: words }).waitFor();

  test("a learning rate that is too high is named while it trains; the button learns more slowly, from the start, and then nothing is wrong", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await status(page, /before it trains/);
    await fill(page, "Learning rate", 9);
    await setSpeed(page, "full");
    await press(page, "Train");
    await findings(page).filter({ hasText: "The learning rate is too high." }).waitFor();
    await findings(page).getByRole("button", { name: /^Learn at 0\.003/ }).first().click();
    await until(page, "Test loss", (loss) => loss < 0.1);
    assert.equal(await page.getByLabel("Learning rate").inputValue(), "0.003");
    await press(page, "Pause");
    await status(page, /Nothing seems to be wrong/);
    assert.equal(await findings(page).count(), 0);
    await closePage(page);
  });

  test("a number that is not finite is named with what led to it; what is found goes with the network it was found in", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await page.getByLabel("The experiment as JSON").fill((await page.getByLabel("The experiment as JSON").inputValue()).replace('"type": "Adam", "lr": 0.01', '"type": "SGD", "lr": 1e30'));
    await press(page, "Apply");
    await press(page, "Train");
    await findings(page).filter({ hasText: "The numbers ran away." }).waitFor();
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await status(page, /before it trains/);
    assert.equal(await findings(page).count(), 0);
    await closePage(page);
  });

  test("a look on request says how early it is, and changes nothing", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    for (let n = 0; n < 3; n++) await press(page, "Step");
    await until(page, "Step", (step) => step === 3);
    await press(page, "Check now");
    await status(page, /Too early to say much, at step 3/);
    assert.equal(await reading(page, "Step"), 3);
    await closePage(page);
  });
});
