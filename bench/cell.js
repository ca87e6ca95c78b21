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
 * @property {number} [chain] products are made so many at once; 1 if left out
 * @typedef {{ peer: string, backend: string, task: "train" | "infer" | "product" | "long", workload?: string, steps?: number }} Cell steps: of "long"
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
/** So long after the start, slow steps are no longer waited for, even if fewer than COMPARED were done. */
const PATIENCE_MS = 30_000;
/** Steps of a long run between two looks at its memory. */
const LOOK_STEPS = 10;
/** It warms up for so many looks and so long at least: by then a copy of a GPU's state has met the next one, with the buffers that takes. */
const WARM_UP_LOOKS = 3;
const WARM_UP_MS = 8000;
/** After this, no new window is begun. */
const MOST_MS = 6000;

/** @param {() => unknown} work @returns {Promise<number>} ms */
async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Warms up and finds out how many times a window needs, a multiple of the least, so that it takes WINDOW_MS.
 * @param {(count: number) => unknown} work @param {number} least
 */
async function windowOf(work, least) {
  let count = least;
  for (let round = 0; round < 3; round++) {
    const took = await timed(() => work(count));
    if (count === least && took >= WINDOW_MS) break;
    count = least * Math.max(1, Math.ceil(((count / least) * WINDOW_MS) / Math.max(took, 0.1)));
  }
  return count;
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
/** Calls of the GPU per step since `before`; 0 where nothing was given to it. @param {typeof gpu} before @param {number} steps */
const calls = (before, steps) => gpu.submits && { dispatches: (gpu.dispatches - before.dispatches) / steps, submits: (gpu.submits - before.submits) / steps };
const memory = () => ({ gpu_peak_bytes: gpu.peak, wasm_bytes: wasmBytes() });

/** @param {Peer} peer @param {Problem} problem @param {Tell} tell */
async function train(peer, problem, tell) {
  const step = await /** @type {NonNullable<Peer["train"]>} */ (peer.train)(problem);
  /** @type {number[]} */
  const losses = [];
  /** @type {number[]} */
  const single = [];
  let before = { ...gpu };
  while (losses.length < COMPARED && !(losses.length && performance.now() > PATIENCE_MS)) {
    single.push(await timed(async () => losses.push(await step(1))));
    const count = losses.length;
    // The first step also compiles.
    if (count === 1) before = { ...gpu };
    const counts = count > 1 && calls(before, count - 1);
    const step_ms = median(count > 1 ? single.slice(1) : single);
    tell({ device: peer.device, losses, step_ms, measured: `${count} single steps`, counts, resources: loaded(), ...memory() });
  }
  if (!(Math.min(...single.slice(1)) * WINDOW_STEPS < MOST_MS)) return;
  const steps = await windowOf(step, WINDOW_STEPS);
  before = { ...gpu };
  await repeat(
    () => timed(() => step(steps)),
    (times) => {
      const counts = calls(before, times.length * steps);
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
  const many = async (/** @type {number} */ count) => {
    for (let i = 0; i < count; i++) await run();
  };
  const count = await windowOf(many, 1);
  await repeat(
    () => timed(() => many(count)),
    (times) => tell({ latency_ms: median(times) / count, measured: `${times.length} windows of ${count} runs`, ...memory() }),
  );
}

/** @param {Peer} peer @param {Tell} tell */
async function product(peer, tell) {
  /** @type {{ [n: number]: number }} */
  const gflops = {};
  for (const n of PRODUCTS) {
    const multiply = await /** @type {NonNullable<Peer["product"]>} */ (peer.product)(n);
    const count = await windowOf(multiply, peer.chain ?? 1);
    await repeat(
      () => timed(() => multiply(count)),
      (times) => (gflops[n] = (2 * n ** 3 * count) / median(times) / 1e6),
    );
    tell({ device: peer.device, gflops, resources: loaded(), ...memory() });
  }
}

/** Trains on and on: what memory was taken after the warm-up must be enough for all of it. @param {Peer} peer @param {Cell} cell @param {Tell} tell */
async function long(peer, { workload = "", steps: most = 0 }, tell) {
  const step = await /** @type {NonNullable<Peer["train"]>} */ (peer.train)(problem(workload));
  const taken = () => ({ wasm_bytes: wasmBytes(), gpu_bytes: gpu.bytes, gpu_objects: gpu.made });
  let [done, loss] = [0, NaN];
  const more = async () => {
    const count = Math.min(LOOK_STEPS, most - done);
    loss = await step(count);
    done += count;
  };
  for (const end = performance.now() + WARM_UP_MS; done < WARM_UP_LOOKS * LOOK_STEPS || performance.now() < end; ) await more();
  const [start, from, warm] = [performance.now(), done, taken()];
  while (done < most) {
    await more();
    const now = taken();
    tell({ device: peer.device, long: { steps: done, step_ms: (performance.now() - start) / (done - from), loss, warm, now }, resources: loaded() });
    if (JSON.stringify(now) !== JSON.stringify(warm)) throw new Error(`after ${done} steps: ${JSON.stringify(now)}, after the warm-up: ${JSON.stringify(warm)}`);
  }
}

/**
 * @param {Cell} cell @param {Tell} tell called with all that is known, again and again
 */
export async function run(cell, tell) {
  const { open } = await import(`./peers/${cell.peer}.js`);
  /** @type {Peer} */
  const peer = await open(cell.backend);
  if (!peer[cell.task === "long" ? "train" : cell.task]) throw new Error("it cannot do this");
  if (cell.task === "long") await long(peer, cell, tell);
  else if (cell.task === "product") await product(peer, tell);
  else await (cell.task === "train" ? train : infer)(peer, problem(cell.workload ?? ""), tell);
}
