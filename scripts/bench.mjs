// Measures what a visitor feels: the three examples on both backends, in headless Chromium, on the site as built in dist/.
// `./build.sh bench page` runs it. Prints a table and writes the same and more to .cache/bench.json.
//
//   first step   from the navigation, in a fresh browser context, to the page's hearing of the first training step (the first
//                metrics event with step >= 1; they come at most every 100 ms). Train is pressed as soon as it can be.
//   steps/s      as the page trains at full speed: worker, drawing and measuring on test data included, but without the end of a
//                schedule. The median of windows of 2 s or more, after a warm-up; from the metrics that the page itself gets.
//   long tasks   over 50 ms on the main thread from the first step on: how many in how many seconds, and the worst.
//   dispatches, submits   on WebGPU, per step: the engine alone on a bare page, in turns of 50 ms as the page trains it. Copies
//                and writes of the queue are not counted.
//   wasm         the larger of the engine's modules, gzipped.
//
// WebGPU is Chromium's software adapter (scripts/browsers.mjs): its times say nothing of a graphics card, its counts do.
// A cell that fails says why and leaves the others alone.
//
//   node scripts/bench.mjs [folder, default dist]

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { table } from "../bench/report.mjs";
import { median } from "../bench/statistics.js";
import { launchChromium } from "./browsers.mjs";
import { serve } from "./server.mjs";

const EXAMPLES = ["first", "playground", "digits"];
const DEVICES = /** @type {const} */ (["cpu", "webgpu"]);
const START_MS = 90_000;
const WARM_UP_MS = 1500;
const WINDOW_MS = 2000;
const WINDOWS = 5;
const TRAIN_MS = 20_000; // then it ends, with the windows that there are

/**
 * @typedef {import("playwright-core").Browser} Browser
 * @typedef {{ t: number, step: number }} Mark
 * @typedef {{ kind: string, name: string, software: boolean, why: string }} Device
 * @typedef {{ worker: Worker | null, session: number | null, device: Device | null, marks: Mark[],
 *   tasks: { start: number, ms: number }[], problem: string | null }} Seen what the page heard; marks: when which step was told
 *
 * @typedef {{ adapter: string, software: boolean, first_step_ms: number, steps_per_second: number, windows: number[],
 *   long_tasks: { count: number, worst_ms: number, seconds: number } }} Training windows: steps per second of each
 * @typedef {{ per_step?: { steps: number, dispatches: number, submits: number }, per_step_failed?: string }} Counts
 * @typedef {{ example: string, device: string, failed?: string } & Partial<Training> & Counts} Cell
 */

/** In the page, before its scripts: chooses the backend, listens to the worker, presses Train when it can. @param {string} device */
function watch(device) {
  localStorage.setItem("tabgrad.device", device);
  /** @type {Seen} */
  const seen = { worker: null, session: null, device: null, marks: [], tasks: [], problem: null };
  Object.assign(globalThis, { bench: seen });
  new PerformanceObserver((list) => {
    seen.tasks.push(...list.getEntries().map(({ startTime, duration }) => ({ start: startTime, ms: duration })));
  }).observe({ type: "longtask", buffered: true });

  globalThis.Worker = class extends Worker {
    /** @param {string | URL} url @param {WorkerOptions} [options] */
    constructor(url, options) {
      super(url, options);
      // The others are its threads.
      if (options?.name === "tabgrad engine") seen.worker = this;
      this.addEventListener("message", ({ data }) => {
        if (data.event === "metrics" && data.step >= 1) {
          seen.session ??= data.session;
          seen.marks.push({ t: performance.now(), step: data.step });
          if (data.status !== "running") seen.problem ??= `training stopped: ${data.status} at step ${data.step}`;
        }
        if (data.event === "recovered") seen.problem ??= `the device was lost at step ${data.step}`;
        if (data.event === "error" || data.ok === false) seen.problem ??= `${data.code}: ${data.message}`;
        if (data.device) seen.device = data.device;
      });
      this.addEventListener("error", ({ message }) => (seen.problem ??= `worker: ${message}`));
    }
  };
  const press = setInterval(() => {
    const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("button.play:not(:disabled)"));
    if (!button) return;
    clearInterval(press);
    button.click();
  }, 5);
}

/**
 * One example on one backend, trained by the page.
 * @param {Browser} browser @param {string} url @param {string} example @param {string} device @returns {Promise<Training>}
 */
async function train(browser, url, example, device) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript(watch, device);
    await page.goto(`${url}#${example}`);
    // Functions, not text: the page's Content-Security-Policy forbids eval.
    const begun = () => Reflect.get(globalThis, "bench").marks.length > 0 || Reflect.get(globalThis, "bench").problem !== null;
    await page.waitForFunction(begun, null, { timeout: START_MS, polling: 100 });
    // From here on at full speed, without an end; the measuring on test data stays as the example has it.
    await page.evaluate(async (id) => {
      const bench = Reflect.get(globalThis, "bench");
      const { details, glance } = (await import(new URL(`examples/${id}.js`, document.baseURI).href))[id];
      bench.worker.postMessage({ type: "play", id: -1, session: bench.session, details, glance });
    }, example);
    /** @returns {Promise<Seen & { now: number }>} */
    const read = () => page.evaluate(() => ({ ...Reflect.get(globalThis, "bench"), worker: null, now: performance.now() }));
    let seen = await read();
    while (!seen.problem) {
      const trained = seen.now - (seen.marks[0]?.t ?? seen.now);
      if (trained > TRAIN_MS || windows(seen.marks).length >= WINDOWS) break;
      await new Promise((done) => setTimeout(done, 500));
      seen = await read();
    }
    if (seen.problem) throw new Error(seen.problem);
    if (seen.device?.kind !== device) throw new Error(`it ran on ${seen.device?.kind}: ${seen.device?.why}`);
    const rates = windows(seen.marks);
    if (!rates.length) throw new Error(`no window of ${WINDOW_MS / 1000} s was complete within ${TRAIN_MS / 1000} s`);
    const started = seen.marks[0]?.t ?? 0;
    const tasks = seen.tasks.filter(({ start }) => start >= started).map(({ ms }) => ms);
    return {
      adapter: seen.device.name,
      software: seen.device.software,
      first_step_ms: Math.round(started),
      windows: rates,
      steps_per_second: median(rates),
      long_tasks: { count: tasks.length, worst_ms: Math.max(0, ...tasks), seconds: round((seen.now - started) / 1000) },
    };
  } finally {
    await context.close();
  }
}

/** Steps per second of each window. @param {Mark[]} marks */
function windows(marks) {
  /** @type {number[]} */
  const rates = [];
  let from = marks.find(({ t }) => t >= (marks[0]?.t ?? 0) + WARM_UP_MS);
  for (const mark of marks) {
    if (!from || mark.t - from.t < WINDOW_MS) continue;
    rates.push(round(((mark.step - from.step) * 1000) / (mark.t - from.t)));
    from = mark;
  }
  return rates;
}

/** @param {number} value */
const round = (value) => Number(value.toPrecision(4));

/** Counts per step on WebGPU, of the engine alone. @param {Browser} browser @param {string} url @param {string} example */
async function countPerStep(browser, url, example) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`${url}examples/${example}.json`);
    const work = page.evaluate(async (id) => {
      const counts = { dispatches: 0, submits: 0 };
      /** @param {any} prototype @param {string} name @param {keyof typeof counts} counter */
      const count = (prototype, name, counter) => {
        const call = { apply: (/** @type {any} */ original, /** @type {any} */ that, /** @type {any[]} */ args) => {
          counts[counter]++;
          return original.apply(that, args);
        } };
        prototype[name] = new Proxy(prototype[name], call);
      };
      count(GPUComputePassEncoder.prototype, "dispatchWorkgroups", "dispatches");
      count(GPUComputePassEncoder.prototype, "dispatchWorkgroupsIndirect", "dispatches");
      count(GPUQueue.prototype, "submit", "submits");

      const { Host } = await import(`${location.origin}/core/host.js`);
      const { MODULE } = await import(`${location.origin}/core/module.js`);
      const { spec } = (await import(`${location.origin}/examples/${id}.js`))[id];
      const host = new Host(() => {}, { ...MODULE, site: `${location.origin}/` }, []);
      const { device } = await host.handle({ type: "create", session: 1, spec, device: "webgpu" });
      if (device.kind !== "webgpu") throw new Error(`it ran on ${device.kind}: ${device.why}`);
      /** @param {object} order */
      const train = (order) => host.handle({ type: "train", session: 1, ...order });
      const before = { ...(await train({ steps: 3, sync: true })), ...counts };
      for (const until = performance.now() + 3000; performance.now() < until; ) await train({ budget_ms: 50 });
      const steps = (await train({ steps: 0, sync: true })).step - before.step;
      return { steps, dispatches: (counts.dispatches - before.dispatches) / steps, submits: (counts.submits - before.submits) / steps };
    }, example);
    const late = setTimeout(() => void context.close(), START_MS);
    const { steps, dispatches, submits } = await work.finally(() => clearTimeout(late));
    return { steps, dispatches: round(dispatches), submits: round(submits) };
  } finally {
    await context.close();
  }
}

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** Ends with one sentence. @param {unknown} error @returns {never} */
function end(error) {
  console.error(`bench: ${reason(error)}`);
  process.exit(1);
}

const folder = process.argv[2] ?? "dist";
if (!existsSync(join(folder, "engine"))) end(`${folder}/ is not a built site: run ./build.sh build first`);
const modules = readdirSync(join(folder, "engine"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wasm"));
const wasmBytes = Math.max(...modules.map((name) => gzipSync(readFileSync(join(folder, "engine", name)), { level: 9 }).length));
const machine = { cpu: cpus()[0]?.model ?? "?", cores: availableParallelism(), load_before: round(loadavg()[0] ?? 0) };
const site = await serve(folder);
const browser = await launchChromium().catch(end);
const browserName = `Chromium ${browser.version()}`;
console.log(`  ${browserName} on ${machine.cpu}, ${machine.cores} cores, load ${machine.load_before}`);

/** @type {Cell[]} */
const cells = [];
for (const example of EXAMPLES) {
  for (const device of DEVICES) {
    process.stderr.write(`  ${example} on ${device} …\n`);
    const trained = await train(browser, site.url, example, device).catch((error) => ({ failed: reason(error) }));
    /** @type {Counts} */
    const counts = device === "cpu" ? {} : await countPerStep(browser, site.url, example).then(
      (per_step) => ({ per_step }),
      (error) => ({ per_step_failed: reason(error) }),
    );
    cells.push({ example, device, ...trained, ...counts });
  }
}
await browser.close();
await site.close();

/** @param {Cell} cell */
function row({ example, device, software, failed, first_step_ms, steps_per_second, long_tasks, per_step, per_step_failed }) {
  const counts = per_step ? [String(per_step.dispatches), String(per_step.submits)] : Array(2).fill(per_step_failed ? "failed" : "–");
  const tasks = long_tasks ? `${long_tasks.count} in ${long_tasks.seconds} s, ${Math.round(long_tasks.worst_ms)} ms` : "–";
  const backend = software && device === "webgpu" ? "webgpu (software)" : device;
  const times = failed ? ["failed", "failed"] : [`${first_step_ms} ms`, String(steps_per_second)];
  return [example, backend, ...times, tasks, ...counts];
}
console.log();
process.stdout.write(table([["example", "backend", "first step", "steps/s", "long tasks, worst", "dispatches/step", "submits/step"], ...cells.map(row)]));
for (const { example, device, failed, per_step_failed } of cells) {
  if (failed) console.log(`  failed: ${example} on ${device}: ${failed}`);
  if (per_step_failed) console.log(`  failed: ${example} on ${device}, counts per step: ${per_step_failed}`);
}
const load_after = round(loadavg()[0] ?? 0);
console.log(`\n  wasm: ${(wasmBytes / 1000).toFixed(1)} KB gzipped`);
console.log("  The times mean something on a quiet machine only.");
console.log(`  Load here: ${machine.load_before} before, ${load_after} after, on ${machine.cores} cores.`);
mkdirSync(".cache", { recursive: true });
const about = { date: new Date().toISOString(), browser: browserName, machine: { ...machine, load_after } };
const report = { ...about, wasm_gzip_bytes: wasmBytes, cells };
writeFileSync(".cache/bench.json", `${JSON.stringify(report, null, 2)}\n`);
console.log(`  ${resolve(".cache/bench.json")}`);
