// Nobody is kept out: axe-core finds no violation on any network, light or dark, wide or narrow, before and after training, with everything
// unfolded. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { closePage, openGallery, openPage, press, stage, stopped, unfold, until } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

describe("access", () => {
  const at = stage({ webgpu: false });

  for (const id of ["first", "playground", "digits", "vgg", "gru"]) {
    test(`${id}: axe-core finds nothing, in light and dark, 1280 and 390 px wide`, async () => {
      const page = await openPage(at.browser, `${at.url}#${id}`);
      // The debugger's way, which the page's policy leaves open: it has no script of another's, nor a text made one.
      await page.evaluate(axe);
      await inspect(page, "untrained");
      await press(page, "Train");
      await until(page, "Step", (step) => step > 5);
      await press(page, "Pause");
      await stopped(page);
      // The menu is inspected with the gallery.
      await unfold(page);
      await inspect(page, "trained, unfolded");
      await closePage(page);
    });
  }

  test("the gallery: axe-core finds nothing, the menu folded or not, in light and dark, 1280 and 390 px wide", async () => {
    const page = await openGallery(at.browser, at.url);
    await page.evaluate(axe);
    await inspect(page, "folded");
    await page.locator("nav summary").click();
    await inspect(page, "unfolded");
    await closePage(page);
  });

  test("an error message is as accessible as the rest, and a fault is found", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await page.evaluate(axe);
    await page.getByLabel("Batch size").fill("100");
    await page.getByLabel("Batch size").blur();
    await page.locator(".field-error", { hasText: /batch/i }).waitFor();
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual((await page.evaluate(violationsOf)).violations, [], colorScheme);
    }
    await page.locator(".transport button").first().evaluate((button) => button.replaceChildren());
    assert.match((await page.evaluate(violationsOf)).violations.join(), /button-name/, "a button without a name would be found");
    await closePage(page);
  });
});

/**
 * In light and dark, wide and narrow.
 * @param {import("playwright-core").Page} page @param {string} when
 */
async function inspect(page, when) {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const { checked, violations } = await page.evaluate(violationsOf);
      assert.ok(checked > 20, `only ${checked} rules had something to look at`);
      assert.deepEqual(violations, [], `${when}, ${colorScheme}, ${width} px`);
    }
  }
}

/** In the page: what axe-core finds against WCAG 2.2 A and AA and its own best practices, and how many rules had something to look at. */
async function violationsOf() {
  const { passes, violations } = await Reflect.get(window, "axe").run(document, { rules: { "target-size": { enabled: true } } });
  const found = violations.flatMap((/** @type {any} */ { id, help, nodes }) =>
    nodes.map((/** @type {any} */ node) => `${id} (${help}): ${node.html.slice(0, 160)}: ${node.failureSummary.replaceAll(/\s+/g, " ")}`),
  );
  return { checked: passes.length, violations: found };
}
