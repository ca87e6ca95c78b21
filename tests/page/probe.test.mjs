// Which device the automatic choice takes, by measured figures. In Chromium, whose software adapter passes for a graphics card here.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PATIENCE, closePage, deviceOf, newPage, stage } from "./page.mjs";

/** Before the engine's worker starts: its adapter is no longer known as software. */
const DISGUISE = `
  Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { get: () => false });
  Object.defineProperty(GPUAdapterInfo.prototype, "description", { get: () => "Made-up GPU" });
`;

/** What the chip says of the choice. @param {import("./page.mjs").Page} page */
const why = (page) => page.locator("details.chip p").textContent();

describe("the automatic choice of the device", () => {
  const at = stage();

  /** @param {string | null} known what the browser kept from an earlier visit @param {string} [path] of the page */
  async function visit(known, path = "#first") {
    const page = await newPage(at.browser);
    await page.addInitScript(
      ({ disguise, known }) => {
        if (known && !localStorage.getItem("tabgrad.probe")) localStorage.setItem("tabgrad.probe", known);
        const Original = window.Blob;
        window.Blob = class extends Original {
          /** @param {BlobPart[]} [parts] @param {BlobPropertyBag} [how] */
          constructor(parts = [], how) {
            super(how?.type === "text/javascript" ? [disguise, ...parts] : parts, how);
          }
        };
      },
      { disguise: DISGUISE, known },
    );
    await page.goto(at.url + path);
    await page.locator(".play:not([disabled])").waitFor();
    return page;
  }

  test("is a guess at the first visit, then by measurement; by what was measured from the second on; and the visitor's own choice goes first", async () => {
    const first = await visit(null);
    assert.match((await why(first)) ?? "", /^The CPU: about .* a step on a usual laptop \(this machine has not been measured yet\), WebGPU about/);
    await first.waitForFunction(() => localStorage.getItem("tabgrad.probe"), null, { timeout: PATIENCE });
    await first.waitForFunction(() => / a step here, /.test(document.querySelector("details.chip p")?.textContent ?? ""), null, { timeout: PATIENCE });
    assert.equal(await deviceOf(first), "cpu");
    const measured = JSON.parse((await first.evaluate(() => localStorage.getItem("tabgrad.probe"))) ?? "");
    assert.match(measured.machine, /^Made-up GPU, tabgrad \d/);
    assert.ok(measured.ms.length === 6 && measured.ms.every((/** @type {number} */ ms) => ms > 0), JSON.stringify(measured));
    await closePage(first);

    const made = JSON.stringify({ ...measured, ms: [1000, 1000, 1000, 0.001, 0.001, 0.001] });
    const second = await visit(made);
    assert.equal(await deviceOf(second), "webgpu");
    assert.match((await why(second)) ?? "", /^WebGPU: about \d+ µs a step here, the CPU about \d+ ms\.$/);
    await second.locator("details.chip > summary").click();
    await second.getByRole("radio", { name: "CPU (WebAssembly)", exact: true }).check();
    await second.locator("details.chip[data-kind=cpu]").waitFor();
    assert.equal(await why(second), "You chose the CPU.");
    assert.equal(await second.evaluate(() => localStorage.getItem("tabgrad.probe")), made, "nothing was measured again");
    await closePage(second);

    const other = await visit(JSON.stringify({ ...JSON.parse(made), machine: "Another GPU" }));
    assert.match((await why(other)) ?? "", /has not been measured yet/);
    await closePage(other);

    // Embedded in a page of the same site: by what a visit of the site has found out, or it finds out itself.
    const embedded = await visit(made, "embed.html?src=first");
    await embedded.getByText("batches of 3; on WebGPU.").waitFor();
    assert.equal(await embedded.evaluate(() => localStorage.getItem("tabgrad.probe")), made);
    await closePage(embedded);
    const alone = await visit(null, "embed.html?src=first");
    await alone.getByText("batches of 3; on CPU.").waitFor();
    await alone.waitForFunction(() => JSON.parse(localStorage.getItem("tabgrad.probe") ?? "{}").ms?.length === 6, null, { timeout: PATIENCE });
    await closePage(alone);
  });
});
