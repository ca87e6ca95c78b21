// All there is to training can be set: each option by its field, at once, and what the engine refuses is said at the field. In a Chromium without
// WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closePage, fill, openPage, press, reading, save, setSpeed, specOf, stage, until } from "./page.mjs";

describe("the options of training", () => {
  const at = stage({ webgpu: false });

  /** @param {string} id */
  async function open(id) {
    const page = await openPage(at.browser, `${at.url}#${id}`);
    await page.getByText("All options").click();
    return page;
  }
  /** @param {import("playwright-core").Page} page @param {string} label @param {string} value */
  const choose = (page, label, value) => page.getByLabel(label, { exact: true }).selectOption(value);
  /** @param {import("playwright-core").Page} page @param {RegExp} words */
  const fault = (page, words) => page.locator(".more .field-error").filter({ hasText: words }).waitFor();

  test("each optimiser's own options are shown, and act while it trains", async () => {
    const page = await open("playground");
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step > 100);
    await fill(page, "Beta 1", 0.8);
    await fill(page, "Weight decay", 0.02);
    await page.waitForURL(/#playground\/./);
    await until(page, "Step", (step) => step > 200);
    await press(page, "Pause");
    assert.deepEqual(specOf(await save(page)).optimizer, { type: "Adam", lr: 0.01, betas: [0.8, 0.999], eps: 1e-8, weight_decay: 0.02 });
    await choose(page, "Optimiser", "SGD");
    await page.getByLabel("Momentum").waitFor();
    assert.equal(await page.getByLabel("Beta 1").count(), 0);
    await page.getByLabel("Nesterov").check();
    await fault(page, /Nesterov/);
    await fill(page, "Momentum", 0.9);
    await page.getByLabel("Nesterov").uncheck();
    await page.getByLabel("Nesterov").check();
    await page.waitForFunction(() => !document.querySelector(".more .field-error:not(:empty)"));
    const { momentum, nesterov, lr } = specOf(await save(page)).optimizer;
    assert.deepEqual([momentum, nesterov, lr], [0.9, true, 0.01]);
    await closePage(page);
  });

  test("schedules, warm-up, clipping, precision and batches per step; the picture says the rate where training stands", async () => {
    const page = await open("playground");
    await choose(page, "Schedule", "StepLR");
    await fill(page, "Steps until it falls", 4);
    await fill(page, "Times", 0.5);
    await fill(page, "Warm-up steps", 2);
    await fill(page, "Clip gradient norm", 0.7);
    await choose(page, "Precision", "f16");
    await fill(page, "Batches per step", 3);
    await fault(page, /half precision/);
    await choose(page, "Precision", "f32");
    await fill(page, "Batches per step", 2);
    await page.getByLabel("Recompute blocks, to save memory").check();
    await page.locator("figcaption", { hasText: "at step 0, it is 0.005" }).waitFor();
    for (let n = 0; n < 9; n++) await press(page, "Step");
    await until(page, "Step", (step) => step === 9);
    await page.locator("figcaption", { hasText: "at step 9, it is 0.0025" }).waitFor();
    const { schedule, warmup_steps, clip_grad_norm, accumulate, recompute } = specOf(await save(page));
    assert.deepEqual({ schedule, warmup_steps, clip_grad_norm, accumulate, recompute }, {
      schedule: { type: "StepLR", step_size: 4, gamma: 0.5 }, warmup_steps: 2, clip_grad_norm: 0.7, accumulate: 2, recompute: true,
    });
    await fill(page, "Clip gradient norm", 0);
    await page.waitForFunction(() => !document.querySelector(".more .field-error:not(:empty)"));
    assert.equal(specOf(await save(page)).clip_grad_norm ?? null, null);
    await closePage(page);
  });

  test("it stops at an accuracy, after tests without gain, and at the end of an epoch, and says why; Train goes on", async () => {
    const page = await open("playground");
    const notice = (/** @type {RegExp} */ words) => page.locator(".notice.info", { hasText: words }).waitFor();
    const stands = () => page.getByRole("button", { name: "Train", exact: true }).waitFor();
    await page.getByRole("button", { name: "Train one epoch" }).click();
    await until(page, "Step", (step) => step === 25);
    await stands();
    await setSpeed(page, "full");
    await fill(page, "At a test accuracy of (%)", 90);
    await press(page, "Train");
    await notice(/Stopped at step [1-9].*accuracy/);
    await stands();
    assert.ok((await reading(page, "Test accuracy")) > 0.88, "a little may be trained after the test that is right");
    await fill(page, "At a test accuracy of (%)", 101);
    await fault(page, /from 0 to 100/);
    await fill(page, "At a test accuracy of (%)", 0);
    await fill(page, "After tests without gain", 3);
    await press(page, "Train");
    await notice(/3 tests/);
    await stands();
    const stopped = await reading(page, "Step");
    await fill(page, "After tests without gain", 0);
    await press(page, "Train");
    await until(page, "Step", (step) => step > stopped + 500);
    await closePage(page);
  });
});
