// brain.js: plain JavaScript, its own way of training, so another computation of about the same size (see cells.mjs): an example at a time
// with squared error for the dense networks, a sequence at a time with RMSprop for the LSTM. Imports workloads.js.

import { inputs } from "../workloads.js";

/** @typedef {import("../workloads.js").Problem} Problem */

/** Loads the library; `brain` is global then. */
export function open() {
  Object.assign(self, { window: self }); // it looks for one
  importScripts("/bench/node_modules/brain.js/browser.min.js");
  return { device: "js", train: (/** @type {Problem} */ problem) => (problem.workload.kind === "tokens" ? recurrent : dense)(problem) };
}

/** Rows of a matrix. @param {ArrayLike<number>} values @param {number} count */
function rows(values, count) {
  const width = values.length / count;
  return Array.from({ length: count }, (_, n) => Array.from({ length: width }, (_, k) => values[n * width + k] ?? 0));
}

/** @param {Problem} problem */
function dense(problem) {
  const { workload, output, y } = problem;
  const sizes = workload.layers.filter(({ type }) => type === "Linear").map(({ out_features }) => out_features);
  const activation = workload.layers.some(({ type }) => type === "Tanh") ? "tanh" : "relu";
  const net = new brain.NeuralNetwork({ hiddenLayers: sizes.slice(0, -1), activation });
  const classes = output[0] ?? 1;
  const target = (/** @type {number} */ n) => (classes === 1 ? [y[n] ?? 0] : Array.from({ length: classes }, (_, k) => (k === y[n] ? 1 : 0)));
  const data = rows(inputs(problem), workload.batch).map((input, n) => ({ input, output: target(n) }));
  return (/** @type {number} */ steps) => net.train(data, { iterations: steps, errorThresh: 1e-9, praxis: "adam", learningRate: 1e-3 }).error;
}

/** @param {Problem} problem */
function recurrent({ workload, x }) {
  const hidden = workload.layers.find(({ type }) => type === "LSTM")?.hidden_size;
  const net = new brain.recurrent.LSTM({ hiddenLayers: [hidden] });
  const sequences = rows(x, workload.batch);
  return (/** @type {number} */ steps) => net.train(sequences, { iterations: steps, errorThresh: 1e-9 }).error;
}
