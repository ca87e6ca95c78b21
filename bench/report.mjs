// Results as text: a table for each workload, who disagrees, and how tabgrad stands to the fastest peer. Imports statistics.js, workloads.js.

import { disagreements } from "./statistics.js";
import { PRODUCTS, WORKLOADS } from "./workloads.js";

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

/** @param {Result[]} results */
function agreement(results) {
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

/** @param {Result[]} results */
function products(results) {
  const rows = results.filter(({ gflops }) => gflops).map((result) => [who(result), "", ...PRODUCTS.map((n) => figure(result.gflops?.[n]))]);
  const standings = PRODUCTS.map((n) => `  ${n}:${standing(results, ({ gflops }) => 1 / (gflops?.[n] ?? NaN))}`);
  return table([["", "", ...PRODUCTS.map(String)], ...rows]) + standings.filter((line) => line.endsWith("\n")).join("");
}

/**
 * Everything that was measured, as text.
 * @param {Result[]} results
 */
export function report(results) {
  const of = (/** @type {string} */ task, /** @type {string} */ workload) => results.filter((result) => result.task === task && (result.workload ?? "") === workload);
  const part = (/** @type {string} */ title, /** @type {Result[]} */ chosen, /** @type {(results: Result[]) => string} */ body) =>
    chosen.length ? `\n${title}\n${body(chosen)}${agreement(chosen)}${notes(chosen)}` : "";
  return [
    ...Object.entries(WORKLOADS).map(([id, { title }]) => part(`${id}: training, ${title}`, of("train", id), training)),
    part("Products of two n x n matrices, GFLOP/s (tabgrad: the evaluation of a Linear layer and its cross entropy)", of("product", ""), products),
    ...Object.entries(WORKLOADS).map(([id, { title }]) => part(`${id}: inference of one example, ${title.split(",")[0]}`, of("infer", id), inference)),
  ].join("");
}
