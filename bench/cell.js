// Measures one cell: a peer on a backend with a workload. Runs in the cell's worker, imports the peer, workloads, statistics, counters.

import { gpu, wasmBytes } from "./counters.js";
import { median } from "./statistics.js";
import { PRODUCTS, problem } from "./workloads.js";

/**
 * What a peer's module gives: `open` loads the library and answers with these. A computation that it lacks is missing.
 * @typedef {import("./workloads.js").Problem} Problem
 * @typedef {object} Peer
 * @property {string} device what it runs on, in its own words
 * @property {(problem: Problem) => Awaitable<(steps: number) => Awaitable<number>>} [train] trains so many steps, then waits; gives the last step's loss
 * @property {(problem: Problem) => Awaitable<() => Awaitable<ArrayLike<number>>>} [infer] the outputs for the first example
 * @property {(n: number) => Awaitable<(times: number) => Awaitable<void>>} [product] multiplies two n x n matrices so many times, then waits
 * @typedef {{ peer: string, backend: string, task: "train" | "infer" | "product", workload?: string }} Cell
 * @typedef {(news: { [name: string]: unknown }) => void} Tell
 */
/** @template T @typedef {T | Promise<T>} Awaitable */

/** Losses of this many first steps are compared. */
const COMPARED = 5;
/** A window is this many steps, or as many as take WINDOW_MS: browsers round their clock to 0.1 ms. */
const WINDOW_STEPS = 10;
const WINDOW_MS = 20;
const WINDOWS = 7;
const LEAST_MS = 1500;
/** No new window is begun after this. */
const MOST_MS = 8000;

/** @param {() => unknown} work @returns {Promise<number>} ms */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Repeats until there are enough windows or the time is over. @param {() => Promise<number>} window @param {(times: number[]) => void} seen */
async function repeat(window, seen) {
  const times = [];
  const start = performance.now();
  for (let passed = 0; (times.length < WINDOWS || passed < LEAST_MS) && passed < MOST_MS; passed = performance.now() - start) {
    times.push(await window());
    seen(times);
  }
}

const loaded = () => performance.getEntriesByType("resource").map(({ name }) => name);
const memory = () => ({ gpu_peak_bytes: gpu.peak, wasm_bytes: wasmBytes() });

/** @param {Peer} peer @param {Problem} problem @param {Tell} tell */
async function train(peer, problem, tell) {
  const step = await /** @type {NonNullable<Peer["train"]>} */ (peer.train)(problem);
  /** @type {number[]} */
  const losses = [];
  /** @type {number[]} */
  const single = [];
  while (losses.length < COMPARED) {
    single.push(await timed(async () => losses.push(await step(1))));
    tell({ device: peer.device, losses, step_ms: median(single.slice(1)) || single[0], measured: "single steps", resources: loaded(), ...memory() });
  }
  const guess = Math.min(...single.slice(1));
  if (guess * WINDOW_STEPS > MOST_MS) return;
  const warm = await timed(() => step(WINDOW_STEPS));
  // The rest of the warm-up tells how many steps a window takes.
  let steps = Math.max(WINDOW_STEPS, Math.ceil((WINDOW_STEPS * WINDOW_MS) / Math.max(warm, 0.1)));
  if (steps > WINDOW_STEPS) {
    const again = await timed(() => step(steps));
    steps = Math.max(WINDOW_STEPS, Math.ceil((steps * WINDOW_MS) / Math.max(again, 0.1)));
  }
  const before = { ...gpu };
  await repeat(
    () => timed(() => step(steps)),
    (times) => {
      const done = times.length * steps;
      const counts = gpu.submits && { dispatches: (gpu.dispatches - before.dispatches) / done, submits: (gpu.submits - before.submits) / done };
      const spread = [Math.min(...times) / steps, Math.max(...times) / steps];
      tell({ step_ms: median(times) / steps, spread, measured: `${times.length} windows of ${steps} steps`, counts, ...memory() });
    },
  );
}

/** @param {Peer} peer @param {Problem} problem @param {Tell} tell */
async function infer(peer, problem, tell) {
  const run = await /** @type {NonNullable<Peer["infer"]>} */ (peer.infer)(problem);
  const output = Array.from(await run());
  // One number that says whether all outputs agree.
  const losses = [Math.sqrt(output.reduce((sum, value) => sum + value * value, 0))];
  tell({ device: peer.device, losses, resources: loaded(), ...memory() });
  await run();
  await repeat(
    () => timed(run),
    (times) => tell({ latency_ms: median(times), measured: `${times.length} runs`, ...memory() }),
  );
}

/** @param {Peer} peer @param {Tell} tell */
async function product(peer, tell) {
  /** @type {{ [n: number]: number }} */
  const gflops = {};
  for (const n of PRODUCTS) {
    const multiply = await /** @type {NonNullable<Peer["product"]>} */ (peer.product)(n);
    await multiply(1);
    const once = await timed(() => multiply(1));
    const count = Math.min(50, Math.max(1, Math.ceil(100 / once)));
    await repeat(
      () => timed(() => multiply(count)),
      (times) => (gflops[n] = (2 * n ** 3 * count) / median(times) / 1e6),
    );
    tell({ device: peer.device, gflops, resources: loaded(), ...memory() });
  }
}

/**
 * @param {Cell} cell @param {Tell} tell called with all that is known, again and again
 */
export async function run(cell, tell) {
  const { open } = await import(`./peers/${cell.peer}.js`);
  /** @type {Peer} */
  const peer = await open(cell.backend);
  if (!peer[cell.task]) throw new Error("it cannot do this");
  if (cell.task === "product") await product(peer, tell);
  else await (cell.task === "train" ? train : infer)(peer, problem(cell.workload ?? ""), tell);
}
