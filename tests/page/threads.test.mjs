// The engine's threads, which only a page that is isolated from others may have.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launchChromium, launchFirefox } from "../../scripts/browsers.mjs";
import { site } from "./page.mjs";

for (const [browserName, launch] of /** @type {const} */ ([
  ["Chromium", launchChromium],
  ["Firefox", launchFirefox],
])) {
  describe(browserName, () => {
    /** @type {import("playwright-core").Browser | import("puppeteer-core").Browser} */
    let browser;
    before(async () => {
      browser = await launch();
    });
    after(() => browser?.close());

    /** @param {{ isolated: boolean, broken?: boolean }} options broken: the file of the threads does not come */
    async function trains({ isolated, broken = false }) {
      const server = await site({ isolated });
      const page = /** @type {import("playwright-core").Page} */ (await browser.newPage());
      if (broken) await page.route("**/thread.js", (route) => route.abort());
      await page.goto(`${server.url}#first`);
      // The page's own engine is not counted.
      await page.waitForSelector(".play:not([disabled])");
      const trained = await page.evaluate(train);
      await page.close();
      await server.close();
      return trained;
    }

    test("digits train on threads to the same bits as without", async () => {
      const alone = await trains({ isolated: false });
      assert.match(alone.cpu, /^CPU \(WebAssembly SIMD\)$/);
      const together = await trains({ isolated: true });
      const [, threads] = /^CPU \(WebAssembly SIMD, (\d) threads\)$/.exec(together.cpu) ?? assert.fail(together.cpu);
      assert.equal(together.workers, Number(threads), "the page starts them all: a worker of Firefox that starts one may hang");
      assert.equal(together.weights, alone.weights);
      assert.equal(alone.workers, 1);
      if (browserName !== "Chromium") return;
      assert.deepEqual(await trains({ isolated: true, broken: true }), { ...alone, workers: Number(threads) }, "threads that do not come are not missed");
    });
  });
}

/** In the page: some steps of the digits' CNN, the name of the CPU after them, a digest of all weights, and how many workers the page started. */
async function train() {
  let workers = 0;
  window.Worker = class extends Worker {
    /** @param {string | URL} address @param {WorkerOptions} [how] */
    constructor(address, how) {
      super(address, how);
      workers++;
    }
  };
  const { connect } = await import(/** @type {any} */ ("/core/connect.js"));
  const client = await connect(`${location.origin}/`);
  const spec = await (await fetch("/examples/digits.json")).json();
  await client.call("create", { session: 1, spec, device: "cpu" });
  await client.call("train", { session: 1, steps: 20, sync: true });
  const { devices } = await client.call("devices", {});
  const { bytes } = await client.call("save", { session: 1 });
  client.stop();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { cpu: devices.find((/** @type {any} */ device) => device.kind === "cpu").name, weights: digest.join(" "), workers };
}
