// What is to be seen and touched fits: on phones, tablets and wide screens, in light and dark; and a finger can draw. In a Chromium
// without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, closePage, measure, openGallery, openPage, press, stage, stopped, unfold, until } from "./page.mjs";

const WIDTHS = [360, 768, 1440];

/** The playground at its largest: every feature, all the layers and neurons that it shows. */
const LARGEST = changed("playground", {
  input: [7],
  layers: [...Array(6).keys()].flatMap(() => [{ type: "Linear", out_features: 8 }, { type: "Tanh" }]).concat({ type: "Linear", out_features: 1 }),
  data: { features: ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"] },
});

describe("layout", () => {
  const at = stage({ webgpu: false });

  for (const [name, hash] of [["the gallery", ""], ["the first network", "#first"], ["the playground", "#playground"], ["the largest playground", LARGEST], ["digits", "#digits"], ["ResNet", "#resnet"], ["a network on a text", "#gpt"]]) {
    test(`${name}: nothing scrolls sideways and no control is cut off, in any width, light or dark`, async () => {
      const page = await (hash ? openPage(at.browser, at.url + hash) : openGallery(at.browser, at.url));
      if (hash === "#first") {
        // With all that a run leaves behind.
        await press(page, "Train");
        await until(page, "Step", (step) => step === 100);
        await stopped(page);
        await press(page, "Keep this run to compare");
        await page.locator("table.runs tbody tr").nth(1).waitFor();
      }
      await unfold(page);
      /** @type {Set<string>} */
      const grounds = new Set();
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
          const { wide, controls, cut } = await page.evaluate(measure);
          const where = `${width} px, ${colorScheme}`;
          assert.ok(wide <= width, `${where}: the page is ${wide} px wide`);
          assert.ok(controls > 10, `${where}: only ${controls} controls are seen`);
          assert.deepEqual(cut, [], where);
        }
        grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      }
      assert.equal(grounds.size, 2, "light and dark are two");
      await closePage(page);
    });
  }

  test("on paper, a network that was looked at in the dark is light, with all its settings and nothing to press, as wide as paper; then all is as before", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await page.emulateMedia({ colorScheme: "dark" });
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    const look = () => page.evaluate(() => {
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(".chart-canvas"));
      const c = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const { data } = c.getImageData(0, 0, canvas.width, canvas.height);
      const inks = [...data.keys()].filter((i) => i % 4 === 3 && data[i] === 255).map((i) => data[i - 3] ?? 0);
      const stage = /** @type {HTMLElement} */ (document.querySelector(".net-stage"));
      const right = Math.max(...[...stage.querySelectorAll(".node")].map((node) => node.getBoundingClientRect().right));
      return { fits: Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) < 2, ink: Math.min(...inks), over: right - stage.getBoundingClientRect().right, ground: getComputedStyle(document.body).backgroundColor };
    });
    const before = await look();
    assert.ok(before.fits && before.ink > 50, "light on dark");
    // As a browser does it: the page hears of it, then it is set for paper at once.
    await page.evaluate(() => void dispatchEvent(new Event("beforeprint")));
    const printed = await look();
    assert.ok(printed.fits && printed.ink < 100 && printed.over <= 0, JSON.stringify(printed));
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 718, height: 1000 });
    const paper = await page.evaluate(() => {
      const seen = (/** @type {string} */ selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 1);
      return {
        buttons: seen("button:not(.node), header.top, textarea, input[type=range]").map(({ outerHTML }) => outerHTML),
        wide: document.documentElement.scrollWidth,
        ground: getComputedStyle(document.body).backgroundColor,
        spec: seen(".on-paper").map(({ textContent }) => JSON.parse(textContent ?? "").name),
        shown: ["h1", ".curves", ".net-stage", ".decision-canvas", ".summary"].filter((selector) => !seen(selector).length),
      };
    });
    assert.deepEqual(paper, { buttons: [], wide: 718, ground: "rgb(255, 255, 255)", spec: ["2-D playground"], shown: [] });
    await page.emulateMedia({ media: null });
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.evaluate(() => void dispatchEvent(new Event("afterprint")));
    assert.deepEqual(await look(), before);
    await closePage(page);
  });

  test("a digit drawn with a finger gets a guess, and the page stays where it is", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`, { viewport: { width: 360, height: 740 }, hasTouch: true });
    const pad = page.locator("canvas.pad");
    await pad.scrollIntoViewIfNeeded();
    const scrolled = await page.evaluate(() => scrollY);
    const box = (await pad.boundingBox()) ?? assert.fail("there is no sheet to draw on");
    const touch = await page.context().newCDPSession(page);
    const send = (/** @type {"touchStart" | "touchMove" | "touchEnd"} */ type, /** @type {{ x: number, y: number }[]} */ ...touchPoints) =>
      touch.send("Input.dispatchTouchEvent", { type, touchPoints });
    const point = (/** @type {number} */ share) => ({ x: box.x + box.width / 2, y: box.y + share * box.height });
    await send("touchStart", point(0.15));
    for (let share = 0.2; share < 0.9; share += 0.05) await send("touchMove", point(share));
    await send("touchEnd");
    await page.locator("output.guess", { hasText: /It reads a \d/ }).waitFor();
    assert.equal(await page.locator(".bars .most").count(), 1);
    assert.equal(await page.evaluate(() => scrollY), scrolled);
    await closePage(page);
  });
});
