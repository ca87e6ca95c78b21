// Results as text: a table for each workload, who disagrees, and how tabgrad stands to the fastest peer. Imports statistics.js, workloads.js.

import { disagreements } from "./statistics.js";
import { GROWTH, PRODUCTS, WORKLOADS, problem } from "./workloads.js";

/** @typedef {import("./run.mjs").Result} Result */

/** Losses of the same computation in f32 agree as well as this. */
const TOLERANCE = 1e-3;

/**
 * Rows with their columns below each other: the first two to the left, the others to the right.
 * @param {string[][]} rows
 * @returns {string}
 */
export function table(rows) {
  /** @param {number} i */
  const width = (i) => Math.max(...rows.map((row) => row[i]?.length ?? 0));
  const line = (/** @type {string[]} */ row) => row.map((text, i) => (i < 2 ? text.padEnd(width(i)) : text.padStart(width(i)))).join("  ");
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join("");
}

/** Three digits. @param {number | undefined} value @param {string} [unit] */
export function figure(value, unit = "") {
  if (value === undefined || !Number.isFinite(value)) return "–";
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))}${unit}`;
}

/** @param {number | undefined} value */
const bytes = (value) => (value ? (value < 1e6 ? figure(value / 1e3, " KB") : figure(value / 1e6, " MB")) : "–");

/**
 * How tabgrad's best stands to the best peer that does the same computation; "" if either is missing.
 * @param {Result[]} results @param {(result: Result) => number | undefined} cost smaller is better
 */
export function standing(results, cost) {
  /** @param {Result[]} of */
  const best = (of) => of.filter((result) => Number.isFinite(cost(result))).sort((a, b) => (cost(a) ?? 0) - (cost(b) ?? 0))[0];
  const own = best(results.filter(({ peer }) => peer === "tabgrad"));
  const peer = best(results.filter(({ peer, rough }) => peer !== "tabgrad" && !rough));
  if (!own || !peer) return "";
  const ratio = figure((cost(own) ?? NaN) / (cost(peer) ?? NaN));
  return `  tabgrad ${own.backend} / ${peer.peer} ${peer.backend} (the fastest peer): ${ratio} of its time\n`;
}

/** Of results of one network. @param {Result[]} results */
function agreement(results) {
  if (new Set(results.map(({ workload }) => workload)).size > 1) return "";
  const compared = results.filter(({ losses, rough }) => losses && !rough);
  const short = compared.map(({ peer, backend, losses = [] }) => ({ name: `${peer} ${backend}`, values: [losses[0] ?? NaN, ...losses.slice(4, 5)] }));
  const wrong = disagreements(short, TOLERANCE);
  const what = compared[0]?.task === "infer" ? ["outputs' norm"] : ["first loss", "fifth loss"];
  if (!wrong.length) return compared.length > 1 ? `  all agree: ${what.map((text, n) => `${text} ${figureOf(short, n)}`).join(", ")}\n` : "";
  return wrong.map(({ name, place, value, median }) => `  DISAGREES: ${name}: ${what[place]} ${value}, the others' ${median}\n`).join("");
}

/** @param {{ values: number[] }[]} all @param {number} n */
const figureOf = (all, n) => all.find(({ values }) => values[n] !== undefined)?.values[n]?.toPrecision(5) ?? "–";

/** @param {Result[]} results */
function notes(results) {
  const missing = results.filter(({ why, failed }) => why || failed).map(({ peer, backend, why, failed }) => `  ${peer} ${backend}: ${why ?? failed}\n`);
  const rough = results.filter(({ rough, why }) => rough && !why).map(({ peer, backend, rough }) => `  ~ ${peer} ${backend}: ${rough}\n`);
  return [...missing, ...rough].join("");
}

/** @param {Result} result */
const who = ({ peer, backend, device, rough }) => `${rough ? "~ " : ""}${peer} ${backend}${device && device !== backend ? ` (${device})` : ""}`;

/** @param {Result[]} results */
function training(results) {
  const head = ["", "measured", "ms/step", "spread", "first step", "shipped", "dispatches", "submits", "GPU memory", "wasm memory"];
  const rows = results
    .filter(({ step_ms }) => step_ms !== undefined)
    .map((result) => [
      who(result),
      result.measured ?? "",
      figure(result.step_ms),
      result.spread ? `${figure(result.spread[0])}..${figure(result.spread[1])}` : "–",
      figure(result.first_ms, " ms"),
      bytes(result.shipped_bytes),
      result.counts ? figure(result.counts.dispatches) : "–",
      result.counts ? figure(result.counts.submits) : "–",
      bytes(result.gpu_peak_bytes),
      bytes(result.wasm_bytes),
    ]);
  return table([head, ...rows]) + standing(results, ({ step_ms }) => step_ms);
}

/** @param {Result[]} results */
function inference(results) {
  const rows = results
    .filter(({ latency_ms }) => latency_ms !== undefined)
    .map((result) => [who(result), result.measured ?? "", figure(result.latency_ms), figure(result.first_ms, " ms"), bytes(result.shipped_bytes)]);
  return table([["", "measured", "ms", "first output", "shipped"], ...rows]) + standing(results, ({ latency_ms }) => latency_ms);
}

/** @param {Result[]} results @param {string} native "256:33.1 512:35 ...": GFLOP/s of the same kernel compiled for this machine */
function products(results, native) {
  const rows = results.filter(({ gflops }) => gflops).map((result) => [who(result), "", ...PRODUCTS.map((n) => figure(result.gflops?.[n]))]);
  const own = results.find(({ peer, backend, gflops }) => peer === "tabgrad" && backend === "cpu" && gflops);
  if (native && own) {
    const natively = Object.fromEntries(native.trim().split(/\s+/).map((pair) => pair.split(":").map(Number)));
    rows.push(["natively, 128-bit vectors, no fused multiply-add", "", ...PRODUCTS.map((n) => figure(natively[n]))]);
    rows.push(["tabgrad cpu / natively", "", ...PRODUCTS.map((n) => figure((own.gflops?.[n] ?? NaN) / (natively[n] ?? NaN)))]);
  }
  const standings = PRODUCTS.map((n) => `  ${n}:${standing(results, ({ gflops }) => 1 / (gflops?.[n] ?? NaN))}`);
  return table([["", "", ...PRODUCTS.map(String)], ...rows]) + standings.filter((line) => line.endsWith("\n")).join("");
}

/**
 * How the time of a step grows with its arithmetic: 1 is as the first one's.
 * @param {Result[]} results
 */
export function growth(results) {
  const measured = results.filter(({ step_ms }) => step_ms !== undefined).map((result) => ({ result, gflop: problem(result.workload ?? "").flops / 1e9 }));
  const cost = (/** @type {{ result: Result, gflop: number }} */ { result, gflop }) => (result.step_ms ?? NaN) / gflop;
  const rows = measured.map((one) => [
    GROWTH[one.result.workload ?? ""]?.title ?? "",
    one.result.measured ?? "",
    figure(one.result.step_ms),
    figure(one.gflop),
    figure(1000 / cost(one)),
    figure(cost(one) / cost(measured[0] ?? one)),
  ]);
  return table([["", "measured", "ms/step", "GFLOP", "GFLOP/s", "to proportional"], ...rows]);
}

/** @param {Result[]} results */
function long(results) {
  const rows = results.flatMap((result) => {
    const { long } = result;
    if (!long) return [];
    const memory = [long.warm, long.now].flatMap(({ wasm_bytes, gpu_bytes }) => [bytes(wasm_bytes), bytes(gpu_bytes)]);
    const objects = String(long.now.gpu_objects - long.warm.gpu_objects);
    return [[`${result.workload} ${who(result)}`, "", String(long.steps), figure(long.step_ms), figure(long.loss), ...memory, objects]];
  });
  return table([["", "", "steps", "ms/step", "last loss", "wasm, warm", "GPU, warm", "wasm, end", "GPU, end", "GPU objects made"], ...rows]);
}

/**
 * Everything that was measured, as text.
 * @param {Result[]} results @param {string} [native] as `products` takes it
 */
export function report(results, native = "") {
  const of = (/** @type {string} */ task, /** @type {string} */ workload) => results.filter((result) => result.task === task && (result.workload ?? "") === workload);
  const part = (/** @type {string} */ title, /** @type {Result[]} */ chosen, /** @type {(results: Result[]) => string} */ body) =>
    chosen.length ? `\n${title}\n${body(chosen)}${agreement(chosen)}${notes(chosen)}` : "";
  return [
    ...Object.entries(WORKLOADS).map(([id, { title }]) => part(`${id}: training, ${title}`, of("train", id), training)),
    part("The growth of a GPT: training", results.filter(({ workload = "" }) => workload in GROWTH), growth),
    part("Products of two n x n matrices, GFLOP/s (tabgrad: the evaluation of eight Linear layers and a cross entropy)", of("product", ""), (chosen) => products(chosen, native)),
    ...Object.entries(WORKLOADS).map(([id, { title }]) => part(`${id}: inference of one example, ${title.split(",")[0]}`, of("infer", id), inference)),
    part("Long runs", results.filter(({ task }) => task === "long"), long),
  ].join("");
}
