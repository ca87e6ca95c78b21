// Trains an example of the page to the end of its schedule, as a visitor does who presses Train and waits: in headless Chromium on the CPU. Prints how
// long that took and how far it came on all test examples, on which examples that take long to measure are measured when training stops.
//
//   node scripts/train.mjs EXAMPLE [folder, default dist]

import { availableParallelism, cpus, loadavg } from "node:os";
import { launchChromium } from "./browsers.mjs";
import { serve } from "./server.mjs";

const HOURS = 3_600_000;

/** In the page, before its scripts: keeps what the engine posts: whether it trains, how far it is, and the measurement after it. */
function watch() {
  localStorage.setItem("tabgrad.device", "cpu");
  globalThis.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      this.addEventListener("message", ({ data }) => {
        if (data.event === "state") Object.assign(globalThis, { playing: data.playing });
        if (data.event === "evaluated" && Reflect.get(globalThis, "playing") === false) Object.assign(globalThis, { measured: data });
        if (data.event === "metrics") Object.assign(globalThis, { step: data.step });
      });
    }
  };
}

/** @param {string} name */
const inPage = (name) => page.evaluate((name) => Reflect.get(globalThis, name), name);

const [example, folder = "dist"] = process.argv.slice(2);
if (!example) throw new Error("usage: node scripts/train.mjs EXAMPLE [folder, default dist]");
const server = await serve(folder);
const browser = await launchChromium({ webgpu: false });
const page = await browser.newPage();
page.setDefaultTimeout(2 * HOURS);
await page.addInitScript(watch);
await page.goto(`${server.url}#${example}`);
await page.locator(".play:not([disabled])").waitFor();
const began = performance.now();
await page.locator(".play").click();
await page.waitForFunction(() => Reflect.get(globalThis, "playing") === true);
await page.waitForFunction(() => Reflect.get(globalThis, "playing") === false);
const seconds = (performance.now() - began) / 1000;
await page.waitForFunction(() => Reflect.get(globalThis, "measured"));
const { loss, accuracy, count } = await inPage("measured");
console.log(`${example}: ${await inPage("step")} steps in ${seconds.toFixed(0)} s on ${availableParallelism()} × ${cpus()[0]?.model}, load ${loadavg()[1]?.toFixed(1)}`);
console.log(`on ${count} test examples: loss ${loss.toFixed(4)} (${(loss / Math.LN2).toFixed(3)} bits), accuracy ${(100 * (accuracy ?? NaN)).toFixed(2)} %`);
await browser.close();
await server.close();
