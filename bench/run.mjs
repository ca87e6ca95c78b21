// Measures tabgrad beside its peers: each cell in a Chromium of its own, in the worker of a bare page. `./build.sh bench peers` runs it.
// Prints a table for each workload and writes the same and more to .cache/bench-peers.json.
//
//   ms/step      median of windows, each of 10 steps or more (see cell.js) and ended by a readback of the loss; of single steps where those take long
//   first step   from the navigation to the first step's loss, libraries, compilation and data included
//   shipped      all JavaScript and WebAssembly that the cell fetched of its peer, gzipped
//   GPU calls    dispatches and submits per step
//   memory       the most that live GPU buffers took together, or all WebAssembly memories
//
// Served with cross-origin isolation, so that every peer's WebAssembly may use threads.
// A cell that fails or runs out of time says so and leaves the others alone.
//
//   node bench/run.mjs [--only TEXT] [--native "256:33 ..."]   cells whose name ("train W3 tfjs wasm") contains the text; GFLOP/s of products as examples/products.rs prints them
//   node bench/run.mjs --long [--only TEXT]   trains W3 and W6 for long, and fails if memory grows or GPU objects are made after the warm-up

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { gzipSync } from "node:zlib";
import { parseArgs } from "node:util";
import { launchChromium } from "../scripts/browsers.mjs";
import { serve } from "../scripts/server.mjs";
import { cells, longCells } from "./cells.mjs";
import { report } from "./report.mjs";

const CELL_MS = 40_000;
const root = new URL("..", import.meta.url).pathname;

/**
 * What a cell told, as far as it came.
 * @typedef {import("./cells.mjs").Planned & { name: string, failed?: string, device?: string, losses?: number[], step_ms?: number, spread?: number[], measured?: string,
 *   counts?: { dispatches: number, submits: number } | false | 0, gpu_peak_bytes?: number, wasm_bytes?: number, latency_ms?: number, gflops?: { [n: number]: number },
 *   long?: { steps: number, step_ms: number, loss: number, warm: Taken, now: Taken },
 *   first_ms?: number, shipped_bytes?: number }} Result
 */

/** @typedef {{ wasm_bytes: number, gpu_bytes: number, gpu_objects: number }} Taken gpu_objects: made so far */

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";

/** @type {Map<string, number>} */
const zipped = new Map();

/** Gzipped bytes of the files behind these addresses that are not the benchmark's own. @param {string[]} addresses */
function shipped(addresses) {
  const paths = [...new Set(addresses.map((address) => new URL(address).pathname))].filter((path) => /^\/(dist|bench\/node_modules)\/.*\.(m?js|wasm)$/.test(path));
  return paths.reduce((sum, path) => {
    if (!zipped.has(path)) zipped.set(path, gzipSync(readFileSync(root + path.slice(1))).length);
    return sum + (zipped.get(path) ?? 0);
  }, 0);
}

/** @param {import("./cells.mjs").Planned} cell @param {string} url @returns {Promise<Omit<Result, "name">>} */
async function measure(cell, url) {
  const browser = await launchChromium();
  /** @type {any} */
  let told = {};
  try {
    const page = await browser.newPage();
    await page.goto(`${url}bench/page.html#${encodeURIComponent(JSON.stringify(cell))}`);
    const limit_ms = cell.minutes ? cell.minutes * 60_000 : CELL_MS;
    const end = performance.now() + limit_ms;
    do {
      await new Promise((done) => setTimeout(done, 200));
      told = await page.evaluate(() => Reflect.get(globalThis, "record"));
    } while (!told.done && !told.failed && performance.now() < end);
    if (!told.done) told.failed ??= `out of time after ${limit_ms / 1000} s`;
  } catch (error) {
    told.failed ??= reason(error);
  } finally {
    await browser.close();
  }
  const { resources, done: _done, ...rest } = told;
  return { ...cell, ...rest, failed: rest.failed && reason(rest.failed), shipped_bytes: shipped(resources ?? []) };
}

/** The browser and its WebGPU adapter, in words. @param {string} url */
async function about(url) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${url}bench/workloads.js`); // any page of the site: WebGPU wants a secure one
    const adapter = await page.evaluate(async () => {
      const info = (await navigator.gpu?.requestAdapter())?.info;
      return info && [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
    });
    return `Chromium ${browser.version()}, WebGPU on ${adapter ?? "nothing"}`;
  } finally {
    await browser.close();
  }
}

const { values } = parseArgs({ options: { only: { type: "string", default: "" }, native: { type: "string", default: "" }, long: { type: "boolean", default: false } } });
const load_before = loadavg()[0] ?? 0;
const site = await serve(root);
const browser = await about(site.url);
/** @type {Result[]} */
const results = [];
for (const cell of values.long ? longCells() : cells()) {
  const name = [cell.task, cell.workload, cell.peer, cell.backend].filter(Boolean).join(" ");
  if (!name.includes(values.only)) continue;
  const start = performance.now();
  const result = cell.why ? cell : await measure(cell, site.url);
  results.push({ ...result, name });
  process.stderr.write(`  ${name}: ${cell.why ?? results.at(-1)?.failed ?? "done"} (${((performance.now() - start) / 1000).toFixed(1)} s)\n`);
}
await site.close();

const machine = { cpu: cpus()[0]?.model ?? "?", cores: availableParallelism(), load_before, load_after: loadavg()[0] ?? 0 };
console.log(report(results, values.native));
if (values.long && results.some(({ failed }) => failed)) process.exitCode = 1;
console.log(`  ${machine.cpu}, ${machine.cores} cores, load ${machine.load_before.toFixed(1)} before, ${machine.load_after.toFixed(1)} after. ${browser}.`);
mkdirSync(`${root}.cache`, { recursive: true });
writeFileSync(`${root}.cache/bench-peers.json`, `${JSON.stringify({ date: new Date().toISOString(), browser, machine, cells: results }, null, 2)}\n`);
console.log("  .cache/bench-peers.json");
