// ConvNetJS: plain JavaScript, an example at a time; gradients add up over the batch. It has no Adam, so the update is here.
// Imports workloads.js.

import { inputs } from "../workloads.js";

/** @typedef {import("../workloads.js").Problem} Problem */

/** Loads the library; `convnetjs` is global then. */
export function open() {
  // It looks for a window.
  Object.assign(self, { window: self });
  importScripts("/bench/node_modules/convnetjs/build/convnet-min.js");
  return { device: "js", train, infer };
}

/** The network of a workload, with its weights. @param {Problem} problem */
function build({ workload, weights }) {
  const [depth = 1, height = 1, width = 1] = workload.input;
  /** @type {any[]} */
  const definitions = [{ type: "input", out_sx: width, out_sy: height, out_depth: depth }];
  for (const layer of workload.layers) {
    if (layer.type === "Linear") definitions.push({ type: "fc", num_neurons: layer.out_features });
    if (layer.type === "Conv2d") definitions.push({ type: "conv", sx: layer.kernel_size, filters: layer.out_channels, stride: 1, pad: layer.padding });
    if (layer.type === "MaxPool2d") definitions.push({ type: "pool", sx: layer.kernel_size, stride: layer.kernel_size });
    // Its activations belong to the layer before.
    if (layer.type === "ReLU" || layer.type === "Tanh") definitions.at(-1).activation = layer.type.toLowerCase();
  }
  const net = new convnetjs.Net();
  net.makeLayers(definitions);
  const names = [...new Set(Object.keys(weights).map((name) => name.slice(0, name.lastIndexOf("."))))];
  for (const layer of net.layers.filter((/** @type {any} */ { filters }) => filters)) {
    const name = names.shift();
    const { parameter, values } = weights[`${name}.weight`] ?? { parameter: { shape: [], image: undefined }, values: new Float32Array() };
    const columns = values.length / layer.filters.length;
    // Its volumes have the channel last.
    const image = parameter.image ?? (parameter.shape.length === 4 ? parameter.shape.slice(1) : [1, 1, columns]);
    const [channels = 1, rows = 1, across = 1] = image;
    layer.filters.forEach((/** @type {any} */ filter, /** @type {number} */ n) => {
      for (let i = 0; i < columns; i++) {
        const channel = Math.floor(i / (rows * across));
        filter.w[(i % (rows * across)) * channels + channel] = values[n * columns + i];
      }
    });
    layer.biases.w.set(weights[`${name}.bias`]?.values ?? []);
  }
  return net;
}

/** The examples as volumes. @param {Problem} problem */
function volumes(problem) {
  const [depth = 1, height = 1, width = 1] = problem.workload.input;
  const size = depth * height * width;
  const x = inputs(problem);
  return Array.from({ length: problem.workload.batch }, (_, n) => {
    const volume = new convnetjs.Vol(width, height, depth, 0);
    volume.w.set(x.subarray(n * size, (n + 1) * size)); // one channel, or numbers: nothing to move
    return volume;
  });
}

/** The loss of one example, and its gradient put where the backward pass begins. @param {Problem} problem @param {any} out @param {number} target */
function criterion({ workload }, out, target) {
  const z = out.w;
  if (workload.loss === "BCEWithLogitsLoss") {
    out.dw = [1 / (1 + Math.exp(-z[0])) - target];
    return Math.max(z[0], 0) - z[0] * target + Math.log1p(Math.exp(-Math.abs(z[0])));
  }
  const most = Math.max(...z);
  const powers = Array.from(z, (/** @type {number} */ v) => Math.exp(v - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  out.dw = powers.map((power, k) => power / sum - (k === target ? 1 : 0));
  return Math.log(sum) + most - z[target];
}

/** @param {Problem} problem */
function train(problem) {
  const { y, workload } = problem;
  const { lr, betas: [b1 = 0.9, b2 = 0.999] = [], eps = 0 } = workload.optimizer;
  const net = build(problem);
  const examples = volumes(problem);
  const state = net.getParamsAndGrads().map((/** @type {any} */ { params }) => ({ m: new Float64Array(params.length), v: new Float64Array(params.length) }));
  let t = 0;

  const update = () => {
    t++;
    const [c1, c2] = [1 - b1 ** t, 1 - b2 ** t];
    net.getParamsAndGrads().forEach((/** @type {any} */ { params, grads }, /** @type {number} */ n) => {
      const { m, v } = state[n];
      for (let i = 0; i < params.length; i++) {
        const g = grads[i] / examples.length;
        m[i] = b1 * m[i] + (1 - b1) * g;
        v[i] = b2 * v[i] + (1 - b2) * g * g;
        params[i] -= (lr * m[i]) / c1 / (Math.sqrt(v[i] / c2) + eps);
        grads[i] = 0;
      }
    });
  };
  return (/** @type {number} */ steps) => {
    let loss = 0;
    for (let i = 0; i < steps; i++) {
      loss = 0;
      examples.forEach((example, n) => {
        loss += criterion(problem, net.forward(example, true), y[n] ?? 0) / examples.length;
        // The last layer is no loss of the library's, so Net.backward does not fit.
        for (const layer of [...net.layers].reverse()) layer.backward();
      });
      update();
    }
    return loss;
  };
}

/** @param {Problem} problem */
function infer(problem) {
  const net = build(problem);
  const [example] = volumes(problem);
  return () => net.forward(example).w;
}
