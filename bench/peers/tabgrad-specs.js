// The workloads as experiments of tabgrad: the message `create` and the initial values.
// The workloads have their layers in tabgrad's words; where the engine's differ, this is the place. Imports nothing but types.

/**
 * @typedef {import("../workloads.js").Problem} Problem
 * @typedef {{ create: { spec: object, train?: object, test?: object }, values: { [name: string]: Float32Array } }} Experiment values: by the engine's names
 */

/** The initial values by PyTorch's names, which are the engine's. @param {Problem} problem */
const values = ({ weights }) => Object.fromEntries(Object.entries(weights).map(([name, { values }]) => [name, values]));

/** @param {Problem} problem @param {object} data */
const spec = ({ workload }, data) => ({
  input: workload.input,
  layers: workload.layers,
  loss: { type: workload.loss },
  optimizer: workload.optimizer,
  batch_size: workload.batch,
  data,
});

/** Points or tokens, written out. @param {Problem} problem @returns {Experiment} */
function table(problem) {
  const { x, y, workload } = problem;
  /** @param {ArrayLike<number>} values */
  const rows = (values) => {
    const width = values.length / workload.batch;
    return Array.from({ length: workload.batch }, (_, n) => Array.from({ length: width }, (_, k) => values[n * width + k]));
  };
  return { create: { spec: spec(problem, { type: "Table", x: rows(x), y: rows(y) }) }, values: values(problem) };
}

/** @param {Problem} problem @returns {Experiment} */
function images(problem) {
  const file = { images: problem.x, labels: Uint8Array.from(problem.y) };
  return { create: { spec: spec(problem, { type: "Images", name: "batch" }), train: file, test: file }, values: values(problem) };
}

/** @param {Problem} problem @returns {Experiment} */
export const experiment = (problem) => (problem.workload.kind === "images" ? images(problem) : table(problem));

/** Products of `productSpec`, each of which takes the one before it. */
export const CHAIN = 8;

/** A network whose evaluation is CHAIN products of two n x n matrices, a row's cross entropy, and their mean. @param {number} n */
export function productSpec(n) {
  const file = { images: Uint8Array.from({ length: n * n }, (_, i) => (i * 7) % 256), labels: new Uint8Array(n) };
  const layers = Array(CHAIN).fill({ type: "Linear", out_features: n, bias: false });
  const data = { type: "Images", name: "matrix" };
  return { spec: { input: [n], layers, loss: { type: "CrossEntropyLoss" }, optimizer: { type: "SGD" }, batch_size: n, data }, train: file, test: file };
}
