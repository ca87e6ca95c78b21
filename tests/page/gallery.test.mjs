// The page's front door: a card for each network, with what the engine and this browser know of it, and the ways there and back. In a
// Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { choose, closePage, fill, galleryReady, newPage, openGallery, press, reading, ready, stage, stopped, until } from "./page.mjs";

describe("the gallery", () => {
  const at = stage({ webgpu: false });

  /** @param {import("playwright-core").Page} page @param {string} name of the network */
  const card = (page, name) => page.locator(".network", { has: page.getByRole("heading", { name, exact: true }) });
  /** @param {import("playwright-core").Page} page @param {string} name @param {string} fact */
  const says = (page, name, fact) => card(page, name).locator("dl > div", { hasText: fact }).locator("dd").innerText();
  /** @param {import("playwright-core").Page} page */
  const home = async (page) => {
    await page.getByRole("link", { name: "All networks" }).click();
    await galleryReady(page);
  };

  test("a plain address opens it: each network with its picture, its parameters, and the time it takes", async () => {
    const page = await openGallery(at.browser, at.url);
    assert.equal(await page.locator("nav [aria-current]").textContent(), "All networks");
    for (const [name, parameters, shapes, takes] of /** @type {[string, string, number, RegExp][]} */ ([
      ["First network", "9", 2 + 2 + 1, /^about 5 s, slow enough to watch$/],
      ["2-D playground", "25", 2 + 4 + 2 + 1, /^about \d s, slow enough to watch$/],
      ["Digits", "61,706", 1 + 3 + 3 + 4 + 4 + 3 + 10, /^not yet measured here$/], // the image, 6, 6, 16 and 16 maps as stacks, three bars, ten classes
    ])) {
      assert.equal(await says(page, name, "Parameters"), parameters, name);
      assert.equal(await card(page, name).locator(".thumb :is(circle, rect)").count(), shapes, `${name}: what is drawn`);
      assert.match(await says(page, name, "Takes"), takes, name);
      for (const fact of ["Data", "Reaches"]) assert.ok((await says(page, name, fact)).length > 10, `${name}: ${fact}`);
    }
    await closePage(page);
  });

  test("by keyboard: a card opens its network, the name of the page leads back, and a network is as it was left", async () => {
    const page = await openGallery(at.browser, at.url);
    await card(page, "First network").getByRole("link").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    assert.match(page.url(), /#playground$/);
    await ready(page);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await fill(page, "Learning rate", 0.03);
    await page.waitForURL(/#playground\/./);
    const changed = page.url();

    await page.getByRole("link", { name: "tabgrad" }).press("Enter");
    await galleryReady(page);
    assert.equal(new URL(page.url()).hash, "");
    // Nothing is in view that a key could train.
    await page.locator("body").press("s");
    const box = (await card(page, "2-D playground").boundingBox()) ?? assert.fail("there is no card");
    await page.mouse.click(box.x + box.width - 8, box.y + box.height - 8); // the whole card is the link
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    assert.equal(page.url(), changed);
    assert.equal(await reading(page, "Step"), 1);
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Train a neural network" }).waitFor();
    await closePage(page);
  });

  test("a network that was trained as it comes says how long it takes here; one that was changed does not", async () => {
    const page = await openGallery(at.browser, at.url);
    await choose(page, "Digits");
    await ready(page);
    const train = async () => {
      const from = await reading(page, "Step");
      await press(page, "Train");
      await until(page, "Step", (step) => step > from + 5);
      await press(page, "Pause");
      await stopped(page);
    };
    await fill(page, "Batch size", 32);
    await page.waitForURL(/#digits\/./);
    await train();
    await home(page);
    assert.equal(await says(page, "Digits", "Takes"), "not yet measured here");
    await choose(page, "Digits");
    await fill(page, "Batch size", 64);
    await page.waitForURL(/#digits$/);
    await train();
    await home(page);
    assert.match(await says(page, "Digits", "Takes"), /^about \d+ (s|min|h), as measured here$/);
    const rate = Number(await page.evaluate(() => localStorage.getItem("tabgrad.rate.digits")));
    assert.ok(rate > 0);

    await page.evaluate(() => localStorage.setItem("tabgrad.rate.digits", "4.685"));
    await page.reload();
    await galleryReady(page);
    assert.equal(await says(page, "Digits", "Takes"), "about 15 min, as measured here", "1000 s, kept from visit to visit");
    await closePage(page);
  });

  test("before it was trained, what was measured of the device says how long it takes at least", async () => {
    const page = await newPage(at.browser);
    await page.addInitScript(() => {
      for (const key of ["probe", "probe.one-thread"]) localStorage.setItem(`tabgrad.${key}`, JSON.stringify({ machine: "?", ms: [1, 2000, 1, 1, 1000, 1] }));
    });
    await page.goto(at.url);
    await galleryReady(page);
    // 4685 steps of 64 images, three times 852,370 operations each, at a second for a billion: 767 s.
    assert.equal(await says(page, "Digits", "Takes"), "more than 15 min, reckoned from its operations");
    await closePage(page);
  });

  test("the menu names the network in view, and folds by Escape, a press elsewhere and a choice", async () => {
    const page = await openGallery(at.browser, `${at.url}`);
    const menu = page.locator("nav details");
    const open = () => menu.evaluate((details) => /** @type {HTMLDetailsElement} */ (details).open);
    await menu.locator("summary").press("Enter");
    assert.ok(await open());
    assert.deepEqual(await menu.getByRole("link").allInnerTexts(), await page.locator(".network h2").allInnerTexts(), "the networks of the gallery");
    await menu.getByRole("link").first().press("Escape");
    assert.equal(await open(), false);
    assert.ok(await menu.locator("summary").evaluate((summary) => summary === document.activeElement), "the focus is not lost");
    await menu.locator("summary").click();
    await page.getByRole("heading", { level: 1 }).click();
    assert.equal(await open(), false);
    await choose(page, "First network");
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    assert.equal(await open(), false);
    assert.equal(await menu.locator("summary").innerText(), "First network");
    assert.equal(await page.locator("nav [aria-current]").textContent(), "First network");
    await closePage(page);
  });

  test("an address that names no network opens it and says so, until something is chosen", async () => {
    const page = await openGallery(at.browser, `${at.url}#nothing`);
    await page.locator(".notice.warning", { hasText: "names no network of this page: “nothing”. Choose one of these." }).waitFor();
    assert.equal(new URL(page.url()).hash, "");
    await card(page, "First network").getByRole("link").click();
    await ready(page);
    await home(page);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });

  test("an engine that does not arrive is named over the cards, and trying again works", async () => {
    const page = await newPage(at.browser);
    await page.route("**/engine/threads/tabgrad_bg.wasm*", (route) => route.abort());
    await page.goto(at.url);
    await page.locator(".notice.warning", { hasText: "The file tabgrad_bg.wasm could not be fetched." }).waitFor();
    assert.ok(await card(page, "Digits").isVisible());
    await page.unroute("**/engine/threads/tabgrad_bg.wasm*");
    await press(page, "Try again");
    await galleryReady(page);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });
});
