// The first network in Firefox, whose WebGPU is another one than Chromium's: with WebGPU (on a software adapter) and without.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PATIENCE, firefoxStage } from "./page.mjs";

describe("Firefox", () => {
  const at = firefoxStage();

  for (const device of /** @type {const} */ (["webgpu", "cpu"])) {
    test(`the first network learns its three examples on ${device}`, async () => {
      const page = await at.browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      /** @type {string[]} */
      const faults = [];
      page.on("pageerror", (error) => void faults.push(String(error)));
      // The empty page that is there before has no storage.
      await page.evaluateOnNewDocument((choice) => void (location.protocol === "http:" && localStorage.setItem("tabgrad.device", choice)), device);
      await page.goto(`${at.url}#first`);
      await page.waitForSelector(".play:not([disabled])");
      assert.equal(await page.$eval("details.chip", (chip) => /** @type {HTMLElement} */ (chip).dataset.kind), device);
      await page.click(".play");
      await page.waitForFunction(() => document.querySelector(".verdict")?.textContent?.startsWith("After 100 epochs"));
      const first = await page.$eval(".loss-table td[data-loss]", (cell) => Number(/** @type {HTMLElement} */ (cell).dataset.loss));
      const verdict = await page.$eval(".verdict", (text) => text.textContent ?? "");
      const [, loss, accuracy] = /loss ([\d.]+), accuracy (\d+) %/.exec(verdict) ?? assert.fail(verdict);
      assert.ok(Number(loss) < 0.7 * first, `the loss falls by 30 %: from ${first} to ${loss}`);
      assert.equal(accuracy, "100");
      assert.deepEqual(faults, []);
      await page.close();
    });
  }
});
