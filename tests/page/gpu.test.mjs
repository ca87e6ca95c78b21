// What only WebGPU has: a device that can be lost, and calls that can be counted. In Chromium, on a software adapter.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { closePage, deviceOf, load, newPage, openPage, press, reading, save, setSpeed, stage, stopped, until } from "./page.mjs";

/** @param {string} name */
const example = (name) => JSON.parse(readFileSync(new URL(`../../www/examples/${name}.json`, import.meta.url), "utf8"));

describe("WebGPU", () => {
  const at = stage();

  test("training goes on after the device is lost", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`, { device: "webgpu" });
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step > 50);
    await page.evaluate(() => /** @type {any} */ (window).engineWorker.postMessage({ type: "lose_device", id: -1 }));
    const notice = page.locator(".notice", { hasText: "The graphics device was lost." });
    await notice.waitFor();
    const from = Number(/from step (\d+)/.exec(await notice.innerText())?.[1]);
    await until(page, "Step", (step) => step > from + 50);
    await until(page, "Test loss", (loss) => loss < 0.2);
    await press(page, "Pause");
    await stopped(page);
    await closePage(page);
  });

  test("a saved file goes on with the same numbers, after a reset and in another tab", async () => {
    const page = await openPage(at.browser, `${at.url}#first`, { device: "webgpu" });
    /** @param {import("./page.mjs").Page} page @param {number} to */
    const train = async (page, to) => {
      await setSpeed(page, "full");
      await press(page, "Train");
      await until(page, "Step", (step) => step === to);
      await stopped(page);
    };
    await train(page, 100);
    const saved = await save(page);
    await train(page, 200);
    const there = await save(page);
    const other = await openPage(at.browser, `${at.url}#first`, { device: "webgpu" });
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    for (const one of [page, other]) {
      await load(one, saved);
      await one.locator(".files .notice", { hasText: "training goes on from step 100" }).waitFor();
      assert.equal(await deviceOf(one), "webgpu");
      await train(one, 200);
      assert.ok((await save(one)).equals(there), "every weight is bit for bit that of the run without a break");
      await closePage(one);
    }
  });

  test("training moves to the CPU and back without a step lost", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`, { device: "webgpu" });
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Test loss", (loss) => loss < 0.3);
    await page.locator("details.chip > summary").click();
    for (const [name, kind] of /** @type {const} */ ([["CPU (WebAssembly)", "cpu"], ["WebGPU", "webgpu"]])) {
      const before = await reading(page, "Step");
      await page.getByRole("radio", { name, exact: true }).check();
      await page.locator(`details.chip[data-kind=${kind}]`).waitFor();
      const after = await reading(page, "Step");
      assert.ok(after >= before, `it goes on from step ${before}, not from ${after}`);
      await until(page, "Step", (step) => step > after + 50);
      assert.ok((await reading(page, "Test loss")) < 0.3, "what was learnt came along");
      assert.match(await page.locator(".play").innerText(), /Pause/);
    }
    assert.deepEqual(await page.locator(".field-error:not(:empty), .notice").allInnerTexts(), []);
    await closePage(page);
  });

  test("in steady state a step makes no buffer, bind group or pipeline, and at most one submit, and memory does not grow", async () => {
    const page = await newPage(at.browser);
    await page.goto(`${at.url}icon.svg`); // the site's origin without its page: the engine is driven from here
    for (const [name, most] of /** @type {const} */ ([["first", 6], ["playground", 8], ["digits", 19]])) {
      const { warm, counts, steps, memory, error } = await page.evaluate(countCalls, { spec: example(name), url: `${at.url}engine/tabgrad.js`, steps: name === "digits" ? 8 : 400 });
      assert.equal(error, null);
      assert.ok((warm.dispatch ?? 0) > 0 && (warm.create ?? 0) > 0, `the calls are counted: ${JSON.stringify(warm)}`);
      assert.equal(counts.create ?? 0, 0, `${name}: nothing is created in ${steps} steps: ${JSON.stringify(counts)}`);
      assert.ok((counts.submit ?? 0) <= steps, `${name}: ${counts.submit} submits in ${steps} steps`);
      assert.deepEqual(memory.after, memory.warm, `${name}: bytes after ${steps} steps are those after the warm-up`);
      assert.ok(memory.warm.gpu > 0 && memory.warm.wasm > 0, JSON.stringify(memory));
      const dispatches = (counts.dispatch ?? 0) / steps;
      assert.ok(dispatches >= 1 && dispatches <= most, `${name}: ${dispatches} dispatches per step, at most ${most} are allowed`);
      console.log(`# ${name}: ${dispatches} dispatches and ${(counts.submit ?? 0) / steps} submits per step`);
    }
    await closePage(page);
  });
});

/**
 * In the page: trains with WebGPU's prototypes wrapped.
 * @param {{spec: any, url: string, steps: number}} job
 */
async function countCalls({ spec, url, steps }) {
  /** @type {{[kind: string]: number}} */
  let counts = {};
  /** @param {any} type @param {string} kind @param {string[]} methods */
  const wrap = (type, kind, methods) => {
    for (const method of methods) {
      const original = (type.prototype[method].original ??= type.prototype[method]);
      type.prototype[method] = Object.assign(
        /** @this {any} @param {any[]} args */ function (...args) {
          counts[kind] = (counts[kind] ?? 0) + 1;
          return original.apply(this, args);
        },
        { original },
      );
    }
  };
  wrap(GPUDevice, "create", ["createBuffer", "createBindGroup", "createComputePipeline", "createComputePipelineAsync", "createShaderModule"]);
  wrap(GPUQueue, "submit", ["submit"]);
  wrap(GPUComputePassEncoder, "dispatch", ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]);

  let bytes = 0;
  const { createBuffer } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (how) {
    bytes += how.size;
    return createBuffer.call(this, how);
  };
  GPUBuffer.prototype.destroy = function () {
    bytes -= this.size;
    return destroy.call(this);
  };

  const module = await import(url);
  const wasm = await module.default();
  const taken = () => ({ gpu: bytes, wasm: wasm.memory.buffer.byteLength });
  const engine = new module.Engine();
  // A thousand made-up images stand for the digits: the calls do not depend on what is in them.
  const images = (/** @type {number} */ count) => ({ images: new Uint8Array(count * 784).map((_, i) => (i * 7) % 251), labels: new Uint8Array(count).map((_, i) => i % 10) });
  const data = spec.data.type === "Images" ? { train: images(1000), test: images(100) } : {};
  const session = 1;
  /** @type {string | null} */
  let error = null;
  /** @param {object} message */
  const ask = async (message) => {
    const reply = await engine.handle({ ...message, session });
    if (!reply.ok) error ??= `${reply.message} ${reply.hint}`;
    return reply;
  };
  await ask({ type: "create", spec, device: "webgpu", ...data });
  for (let i = 0; i < 3; i++) await ask({ type: "train", steps: 4, sync: true });
  const warm = counts;
  // How many reads are under way at a time, each with a buffer that is kept, depends on how late they arrive: a window may find more of them
  // than there were before, but not one window after the other.
  /** @type {{ counts: typeof counts, steps: number, memory: { warm: ReturnType<typeof taken>, after: ReturnType<typeof taken> } }} */
  let seen;
  let windows = 0;
  do {
    const before = taken();
    counts = {};
    const { steps_done } = await ask({ type: "train", steps });
    seen = { counts, steps: steps_done, memory: { warm: before, after: before } };
    await ask({ type: "train", steps: 0, sync: true });
    seen.memory.after = taken();
  } while (seen.counts.create && ++windows < 4);
  await ask({ type: "close" });
  Object.assign(GPUDevice.prototype, { createBuffer });
  Object.assign(GPUBuffer.prototype, { destroy });
  return { warm, ...seen, error };
}
