// Which cells are measured, and in which order. Imports workloads.js.

import { GROWTH, WORKLOADS } from "./workloads.js";

/**
 * @typedef {import("./cell.js").Cell & { why?: string, rough?: string, minutes?: number }} Planned
 *   why: it is left out; rough: what is not the same computation; minutes: it may take */

/** The likely fastest of each kind come beside tabgrad, so that a change of the machine's load meets both. */
const TRAINERS = [
  ["tfjs", "wasm"],
  ["tabgrad", "cpu"],
  ["jax", "wasm"],
  ["tabgrad", "auto"],
  ["tfjs", "webgpu"],
  ["tabgrad", "webgpu"],
  ["jax", "webgpu"],
  ["tfjs", "webgl"],
  ["tfjs", "cpu"],
  ["convnetjs", "js"],
  ["brain", "js"],
];
const RUNNERS = [...TRAINERS.slice(0, 4), ["onnx", "wasm"], ...TRAINERS.slice(4, 7), ["onnx", "webgpu"], ...TRAINERS.slice(7, 9)];

/** @type {{ [cell: string]: string }} left out, and why */
const LEFT_OUT = {
  "W4 convnetjs js": "it has no batch normalisation and no residual blocks",
  "W5 convnetjs js": "it has no recurrent layers",
  "W6 convnetjs js": "it has no attention",
  "W3 brain js": "it has no convolutions",
  "W4 brain js": "it has no convolutions",
  "W6 brain js": "it has no attention",
};

/** @type {{ [peer: string]: string }} */
const ROUGH = { brain: "its own loss and update, one example at a time: another computation of about the same size" };

/** Long runs of tabgrad: a software adapter takes too long for as many steps. @type {[string, string, number][]} */
const LONG = [["W3", "cpu", 20_000], ["W6", "cpu", 2000], ["W3", "webgpu", 200], ["W6", "webgpu", 100]];

/** @returns {Planned[]} */
export const longCells = () => LONG.map(([workload, backend, steps]) => ({ task: "long", workload, peer: "tabgrad", backend, steps, minutes: 30 }));

/** @returns {Planned[]} */
export function cells() {
  const training = Object.keys(WORKLOADS).flatMap((workload) =>
    TRAINERS.map(([peer = "", backend = ""]) => ({ task: /** @type {const} */ ("train"), workload, peer, backend, why: LEFT_OUT[`${workload} ${peer} ${backend}`], rough: ROUGH[peer] })),
  );
  const products = RUNNERS.map(([peer = "", backend = ""]) => ({ task: /** @type {const} */ ("product"), peer, backend }));
  const inference = ["W3", "W6"].flatMap((workload) => RUNNERS.map(([peer = "", backend = ""]) => ({ task: /** @type {const} */ ("infer"), workload, peer, backend })));
  const growth = Object.keys(GROWTH).map((workload) => ({ task: /** @type {const} */ ("train"), workload, peer: "tabgrad", backend: "auto" }));
  return [...training, ...growth, ...products, ...inference];
}
