// TensorFlow.js on one of its backends: the networks in its operations, as its users write them. Images lie as [batch, height, width, channels].

import { size } from "../layers.js";
import { inputs, matrices } from "../workloads.js";

/** @typedef {import("../workloads.js").Problem} Problem */
/** @typedef {import("../layers.js").Layer} Layer */
/** @typedef {any} Tensor */

const SCOPE = "/bench/node_modules/@tensorflow/";

/** Loads the library; `tf` is global then. @param {string} backend "webgpu", "webgl", "wasm" or "cpu" */
export async function open(backend) {
  importScripts(`${SCOPE}tfjs/dist/tf.min.js`);
  if (backend === "webgpu" || backend === "wasm") importScripts(`${SCOPE}tfjs-backend-${backend}/dist/tf-backend-${backend}.min.js`);
  if (backend === "wasm") tf.wasm.setWasmPaths(`${SCOPE}tfjs-backend-wasm/dist/`);
  if (!(await tf.setBackend(backend))) throw new Error(`its backend ${backend} does not start here`);
  await tf.ready();
  return { device: tf.getBackend(), train, infer, product };
}

/** A parameter in the order of axes that its layer takes here. @param {import("../layers.js").Weights[string]} weight */
function arranged({ parameter: { name, shape, image }, values }) {
  const tensor = tf.tensor(values, shape);
  if (shape.length === 4) return tensor.transpose([2, 3, 1, 0]);
  if (image) return tensor.reshape([shape[0], ...image]).transpose([2, 3, 1, 0]).reshape([shape[1], shape[0]]);
  // The tables of embeddings are looked up in, everything else is multiplied from the right.
  return shape.length === 2 && !tables.has(name) ? tensor.transpose() : tensor;
}

/** Names of parameters that are no right factors. @type {Set<string>} */
const tables = new Set();

/** @param {Problem} problem @returns {{ [name: string]: Tensor }} variables */
function variables({ weights, workload }) {
  workload.layers.forEach(({ type }, n) => type.endsWith("Embedding") && tables.add(`${n}.weight`));
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [name, tf.tidy(() => tf.variable(arranged(weight), weight.parameter.trained))]),
  );
}

/** The inputs of so many examples. @param {Problem} problem @param {number} count */
function input(problem, count) {
  const [first = 1, ...rest] = problem.workload.input;
  const values = inputs(problem).subarray(0, count * size(problem.workload.input));
  if (problem.workload.kind === "tokens") return tf.tensor(values, [count, first], "int32");
  return tf.tensor(values, [count, ...rest, first]); // one channel: nothing to move
}

/** @param {Layer[]} layers @param {string} prefix @param {Tensor} x @param {{ [name: string]: Tensor }} p */
function forward(layers, prefix, x, p) {
  return layers.reduce((x, layer, n) => apply(layer, `${prefix}${n}.`, x, p), x);
}

/** @param {Layer} layer @param {string} name @param {Tensor} x @param {{ [name: string]: Tensor }} p @returns {Tensor} */
function apply(layer, name, x, p) {
  /** @param {string} key */
  const get = (key) => p[`${name}${key}`];
  switch (layer.type) {
    case "Linear":
      return linear(x, get("weight"), get("bias"));
    case "Conv2d": {
      const y = x.conv2d(get("weight"), layer.stride ?? 1, layer.padding);
      return get("bias") ? y.add(get("bias")) : y;
    }
    case "BatchNorm2d": {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const count = x.size / x.shape[3];
      get("running_mean").assign(get("running_mean").mul(0.9).add(mean.mul(0.1)));
      get("running_var").assign(get("running_var").mul(0.9).add(variance.mul((0.1 * count) / (count - 1))));
      return tf.batchNorm(x, mean, variance, get("bias"), get("weight"), 1e-5);
    }
    case "LayerNorm":
      return layerNorm(x, get("weight"), get("bias"));
    case "ReLU":
      return x.relu();
    case "Tanh":
      return x.tanh();
    case "MaxPool2d":
      return x.maxPool(layer.kernel_size, layer.kernel_size, 0);
    case "AdaptiveAvgPool2d":
      return x.mean([1, 2], true);
    case "Flatten":
      return x.reshape([x.shape[0], -1]);
    case "Residual":
      return forward(layer.layers, `${name}layers.`, x, p).add(forward(layer.shortcut, `${name}shortcut.`, x, p));
    case "Embedding":
      // A gather has no gradient on every backend; of so few rows, the product with one-hot rows is as fast.
      return linear(tf.oneHot(x.flatten(), layer.num_embeddings).toFloat(), get("weight")).reshape([...x.shape, layer.embedding_dim]);
    case "PositionalEmbedding":
      return x.add(get("weight"));
    case "LSTM":
      return lstm(layer, x, get);
    case "TransformerEncoderLayer":
      return transformer(layer, x, get);
    default:
      throw new Error(`bench/peers/tfjs.js has no layer ${layer.type}`);
  }
}

/** Over the last axis. @param {Tensor} x @param {Tensor} weight @param {Tensor} [bias] */
function linear(x, weight, bias) {
  const y = x.reshape([-1, x.shape.at(-1)]).matMul(weight);
  return (bias ? y.add(bias) : y).reshape([...x.shape.slice(0, -1), weight.shape[1]]);
}

/** @param {Tensor} x @param {Tensor} weight @param {Tensor} bias */
function layerNorm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(weight).add(bias);
}

/** @param {Layer} layer @param {Tensor} x [batch, steps, features] @param {(key: string) => Tensor} get */
function lstm({ hidden_size: hidden }, x, get) {
  const [batch] = x.shape;
  const bias = get("bias_ih_l0").add(get("bias_hh_l0"));
  const steps = tf.unstack(linear(x, get("weight_ih_l0"), bias), 1);
  const weight = get("weight_hh_l0");
  let h = tf.zeros([batch, hidden]);
  let c = h;
  const outputs = steps.map((/** @type {Tensor} */ step) => {
    const [i, f, g, o] = tf.split(step.add(h.matMul(weight)), 4, 1);
    c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    h = o.sigmoid().mul(c.tanh());
    return h;
  });
  return tf.stack(outputs, 1);
}

/** @param {Layer} layer @param {Tensor} x [batch, steps, features] @param {(key: string) => Tensor} get */
function transformer({ nhead: heads }, x, get) {
  const [batch, steps, width] = x.shape;
  const qkv = linear(layerNorm(x, get("norm1.weight"), get("norm1.bias")), get("self_attn.in_proj_weight"), get("self_attn.in_proj_bias"));
  const [q, k, v] = tf.split(qkv, 3, 2).map((/** @type {Tensor} */ part) => part.reshape([batch, steps, heads, width / heads]).transpose([0, 2, 1, 3]));
  const scores = q.matMul(k, false, true).mul((width / heads) ** -0.5).add(causal(steps));
  const mixed = scores.softmax().matMul(v).transpose([0, 2, 1, 3]).reshape([batch, steps, width]);
  const y = x.add(linear(mixed, get("self_attn.out_proj.weight"), get("self_attn.out_proj.bias")));
  const inner = linear(layerNorm(y, get("norm2.weight"), get("norm2.bias")), get("linear1.weight"), get("linear1.bias"));
  const gelu = inner.mul(inner.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
  return y.add(linear(gelu, get("linear2.weight"), get("linear2.bias")));
}

/** @type {Tensor} */
let mask;

/** 0 where a step may look, else far below any score; made once. @param {number} steps */
function causal(steps) {
  const values = () => Float32Array.from({ length: steps * steps }, (_, n) => (n % steps > Math.floor(n / steps) ? -1e9 : 0));
  return (mask ??= tf.keep(tf.tensor(values(), [steps, steps])));
}

/** @param {Problem} problem @returns {(logits: Tensor) => Tensor} */
function criterion({ workload, output, y }) {
  if (workload.loss === "BCEWithLogitsLoss") {
    const targets = tf.tensor(y, [y.length, 1], "float32");
    return (logits) => tf.losses.sigmoidCrossEntropy(targets, logits);
  }
  const classes = output.at(-1) ?? 0;
  const targets = tf.oneHot(tf.tensor(y, [y.length], "int32"), classes).toFloat();
  return (logits) => tf.losses.softmaxCrossEntropy(targets, logits.reshape([-1, classes]));
}

/** @param {import("../workloads.js").Optimizer} o */
function optimizer({ type, lr, betas, eps, momentum }) {
  return type === "SGD" ? tf.train.momentum(lr, momentum) : tf.train.adam(lr, betas?.[0], betas?.[1], eps);
}

/** @param {Problem} problem */
function train(problem) {
  const { workload } = problem;
  const p = variables(problem);
  const x = input(problem, workload.batch);
  const loss = criterion(problem);
  const o = optimizer(workload.optimizer);
  const decay = workload.optimizer.type === "AdamW" ? 1 - workload.optimizer.lr * (workload.optimizer.weight_decay ?? 0) : 1;
  const step = () => {
    const { value, grads } = tf.variableGrads(() => loss(forward(workload.layers, "", x, p)));
    // AdamW's decay comes before Adam's step; the gradients are those of the old values.
    if (decay !== 1) tf.tidy(() => Object.values(p).forEach((variable) => variable.assign(variable.mul(decay))));
    o.applyGradients(grads);
    tf.dispose(grads);
    return value;
  };
  return async (/** @type {number} */ steps) => {
    for (let i = 1; i < steps; i++) step().dispose();
    const value = step();
    const [number] = await value.data();
    value.dispose();
    return number;
  };
}

/** @param {Problem} problem */
function infer(problem) {
  const p = variables(problem);
  const x = input(problem, 1);
  return async () => {
    const y = tf.tidy(() => forward(problem.workload.layers, "", x, p));
    const values = await y.data();
    y.dispose();
    return values;
  };
}

/** @param {number} n */
function product(n) {
  const { a, b } = matrices(n);
  const [left, right] = [tf.tensor(a, [n, n]), tf.tensor(b, [n, n])];
  return async (/** @type {number} */ times) => {
    for (let i = 1; i < times; i++) left.matMul(right).dispose();
    const last = tf.tidy(() => left.matMul(right).slice([0, 0], [1, 1]));
    await last.data();
    last.dispose();
  };
}
