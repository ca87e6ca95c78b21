// jax-js: training steps as one jitted function each. An array is used up by the function that takes it, unless `.ref` is passed.

import { size } from "../layers.js";
import { inputs, matrices } from "../workloads.js";

/** @typedef {import("../workloads.js").Problem} Problem */
/** @typedef {import("../layers.js").Layer} Layer */
/** @typedef {any} Tensor */
/** @typedef {{ [name: string]: Tensor }} Tensors */

/** @type {any} */
let jax;

/** @param {string} backend "webgpu" or "wasm" */
export async function open(backend) {
  const module = "/bench/node_modules/@jax-js/jax/dist/index.js";
  jax = await import(module);
  const there = await jax.init(backend);
  if (!there.includes(backend)) throw new Error(`its backend ${backend} does not start here`);
  jax.defaultDevice(backend);
  return { device: backend, train, infer, product };
}

/** @param {ArrayLike<number>} values @param {number[]} shape */
const tensor = (values, shape) => jax.numpy.array(values).reshape(shape);

/** Trained parameters and running statistics. @param {Problem} problem @returns {[Tensors, Tensors]} */
function parameters({ weights }) {
  /** @param {boolean} trained */
  const part = (trained) =>
    Object.fromEntries(
      Object.values(weights)
        .filter(({ parameter }) => parameter.trained === trained)
        .map(({ parameter, values }) => [parameter.name, tensor(values, parameter.shape)]),
    );
  return [part(true), part(false)];
}

/** @param {Problem} problem @param {number} count */
function input(problem, count) {
  const { workload } = problem;
  return tensor(inputs(problem).slice(0, count * size(workload.input)), [count, ...workload.input]);
}

/**
 * @typedef {object} Run what a forward pass reads and leaves
 * @property {Tensors} p
 * @property {Tensors} running statistics before
 * @property {Tensors} after statistics of this pass
 */

/** @param {Layer[]} layers @param {string} prefix @param {Tensor} x @param {Run} run */
const forward = (layers, prefix, x, run) => layers.reduce((x, layer, n) => apply(layer, `${prefix}${n}.`, x, run), x);

/** @param {Layer} layer @param {string} name @param {Tensor} x @param {Run} run @returns {Tensor} */
function apply(layer, name, x, run) {
  const { numpy: np, nn, lax } = jax;
  /** @param {string} key */
  const get = (key) => run.p[`${name}${key}`];
  switch (layer.type) {
    case "Linear":
      return linear(x, get("weight"), get("bias"));
    case "Conv2d": {
      const { stride = 1, padding = 0 } = layer;
      const y = lax.convGeneralDilated(x, get("weight"), [stride, stride], [[padding, padding], [padding, padding]]);
      return get("bias") ? y.add(get("bias").reshape([layer.out_channels, 1, 1])) : y;
    }
    case "BatchNorm2d": {
      const channels = x.shape[1];
      const count = size(x.shape) / channels;
      const mean = np.mean(x.ref, [0, 2, 3], { keepdims: true });
      const centred = x.sub(mean.ref);
      const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
      /** @param {string} key @param {Tensor} value @param {number} scale */
      const mix = (key, value, scale) => {
        const old = run.running[`${name}${key}`].mul(0.9);
        run.after[`${name}${key}`] = old.add(lax.stopGradient(value).reshape([channels]).mul(0.1 * scale));
      };
      mix("running_mean", mean, 1);
      mix("running_var", variance.ref, count / (count - 1));
      const shape = [channels, 1, 1];
      return centred.div(np.sqrt(variance.add(1e-5))).mul(get("weight").reshape(shape)).add(get("bias").reshape(shape));
    }
    case "LayerNorm":
      return layerNorm(x, get("weight"), get("bias"));
    case "ReLU":
      return nn.relu(x);
    case "Tanh":
      return np.tanh(x);
    case "MaxPool2d": {
      const { kernel_size: k } = layer;
      const [batch, channels, height, width] = x.shape;
      return np.max(x.reshape([batch, channels, height / k, k, width / k, k]), [3, 5]);
    }
    case "AdaptiveAvgPool2d":
      return np.mean(x, [2, 3], { keepdims: true });
    case "Flatten":
      return x.reshape([x.shape[0], size(x.shape.slice(1))]);
    case "Residual": {
      const main = forward(layer.layers, `${name}layers.`, x.ref, run);
      return main.add(forward(layer.shortcut, `${name}shortcut.`, x, run));
    }
    case "Embedding":
      return np.matmul(nn.oneHot(x, layer.num_embeddings), get("weight"));
    case "PositionalEmbedding":
      return x.add(get("weight"));
    case "LSTM":
      return lstm(layer, x, get);
    case "TransformerEncoderLayer":
      return transformer(layer, x, get);
    default:
      throw new Error(`bench/peers/jax.js has no layer ${layer.type}`);
  }
}

/** @param {Tensor} x @param {Tensor} weight [outputs, inputs] @param {Tensor} bias */
const linear = (x, weight, bias) => jax.numpy.matmul(x, weight.transpose()).add(bias);

/** @param {Tensor} x @param {Tensor} weight @param {Tensor} bias */
function layerNorm(x, weight, bias) {
  const { numpy: np } = jax;
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
  return centred.div(np.sqrt(variance.add(1e-5))).mul(weight).add(bias);
}

/** @param {Layer} layer @param {Tensor} x [batch, steps, features] @param {(key: string) => Tensor} get */
function lstm({ hidden_size: hidden }, x, get) {
  const { numpy: np, nn } = jax;
  const [batch, count] = x.shape;
  const steps = np.unstack(linear(x, get("weight_ih_l0"), get("bias_ih_l0").add(get("bias_hh_l0"))), 1);
  const weight = get("weight_hh_l0").transpose();
  let h = np.zeros([batch, hidden]);
  let c = np.zeros([batch, hidden]);
  /** @type {Tensor[]} */
  const outputs = [];
  for (let t = 0; t < count; t++) {
    const [i, f, g, o] = np.split(steps[t].add(np.matmul(h, weight.ref)), 4, 1);
    c = nn.sigmoid(f).mul(c).add(nn.sigmoid(i).mul(np.tanh(g)));
    h = nn.sigmoid(o).mul(np.tanh(c.ref));
    outputs.push(h.ref);
  }
  for (const left of [h, c, weight]) left.dispose();
  return np.stack(outputs, 1);
}

/** @param {Layer} layer @param {Tensor} x [batch, steps, features] @param {(key: string) => Tensor} get */
function transformer({ nhead: heads }, x, get) {
  const { numpy: np, nn } = jax;
  const [batch, steps, width] = x.shape;
  const qkv = linear(layerNorm(x.ref, get("norm1.weight"), get("norm1.bias")), get("self_attn.in_proj_weight"), get("self_attn.in_proj_bias"));
  const [q, k, v] = np.split(qkv, 3, 2).map((/** @type {Tensor} */ part) => part.reshape([batch, steps, heads, width / heads]));
  const mixed = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([batch, steps, width]);
  const y = x.add(linear(mixed, get("self_attn.out_proj.weight"), get("self_attn.out_proj.bias")));
  const inner = linear(layerNorm(y.ref, get("norm2.weight"), get("norm2.bias")), get("linear1.weight"), get("linear1.bias"));
  return y.add(linear(nn.gelu(inner, { approximate: false }), get("linear2.weight"), get("linear2.bias")));
}

/** Mean loss. @param {Problem} problem @param {Tensor} logits @param {Tensor} target one-hot rows, or numbers beside the logits */
function criterion({ workload, output }, logits, target) {
  const { numpy: np, nn } = jax;
  if (workload.loss === "BCEWithLogitsLoss") return np.mean(nn.softplus(logits.ref).sub(logits.mul(target)));
  const classes = output.at(-1) ?? 0;
  const rows = nn.logSoftmax(logits.reshape([-1, classes]), -1).mul(target);
  return np.mean(np.sum(rows, -1)).neg();
}

/**
 * One parameter after a step, and the optimiser's state of it.
 * @param {import("../workloads.js").Optimizer} o @param {Tensor} w @param {Tensor} g @param {Tensor[]} state @param {Tensor} step the step's number, from 1
 * @returns {[Tensor, Tensor[]]}
 */
function update(o, w, g, [m, v], step) {
  const { numpy: np } = jax;
  if (o.type === "SGD") {
    const next = m.mul(o.momentum).add(g);
    return [w.sub(next.ref.mul(o.lr)), [next]];
  }
  const [b1 = 0.9, b2 = 0.999] = o.betas ?? [];
  const m1 = m.mul(b1).add(g.ref.mul(1 - b1));
  const v1 = v.mul(b2).add(np.square(g).mul(1 - b2));
  const left = (/** @type {number} */ beta) => np.exp(step.ref.mul(Math.log(beta))).mul(-1).add(1);
  const denominator = np.sqrt(v1.ref.div(left(b2))).add(o.eps ?? 0);
  const change = m1.ref.div(left(b1)).div(denominator).mul(o.lr);
  step.dispose();
  return [w.mul(1 - o.lr * (o.weight_decay ?? 0)).sub(change), [m1, v1]];
}

/** @param {Problem} problem */
function train(problem) {
  const { numpy: np, nn, jit, valueAndGrad, tree } = jax;
  const { workload, output, y } = problem;
  const { optimizer } = workload;
  let [p, running] = parameters(problem);
  const x = input(problem, workload.batch);
  const target = workload.loss === "BCEWithLogitsLoss" ? tensor(Float32Array.from(y), [y.length, 1]) : nn.oneHot(np.array(y), output.at(-1));
  const zeros = (/** @type {Tensor} */ w) => np.zeros(w.shape);
  const names = Object.keys(p);
  let state = Object.fromEntries(names.map((name) => [name, optimizer.type === "SGD" ? [zeros(p[name])] : [zeros(p[name]), zeros(p[name])]]));
  let number = np.array(new Float32Array([0]));

  const loss = (/** @type {Tensors} */ p, /** @type {Tensors} */ running, /** @type {Tensor} */ x, /** @type {Tensor} */ target) => {
    /** @type {Run} */
    const run = { p, running, after: {} };
    return [criterion(problem, forward(workload.layers, "", x, run), target), run.after];
  };
  const step = jit(
    (/** @type {Tensors} */ p, /** @type {Tensors} */ running, /** @type {{ [name: string]: Tensor[] }} */ state, /** @type {Tensor} */ number,
      /** @type {Tensor} */ x, /** @type {Tensor} */ target) => {
      const [[value, after], grads] = valueAndGrad(loss, { hasAux: true })(tree.ref(p), running, x, target);
      const next = number.add(1);
      /** @type {Tensors} */
      const weights = {};
      /** @type {{ [name: string]: Tensor[] }} */
      const states = {};
      for (const name of names) [weights[name], states[name]] = update(optimizer, p[name], grads[name], state[name] ?? [], next.ref);
      return [value, weights, after, states, next];
    },
  );
  return async (/** @type {number} */ steps) => {
    /** @type {Tensor} */
    let value;
    for (let i = 0; i < steps; i++) {
      value?.dispose();
      [value, p, running, state, number] = step(p, running, state, number, x.ref, target.ref);
    }
    return (await value.data())[0];
  };
}

/** @param {Problem} problem */
function infer(problem) {
  const { jit, tree } = jax;
  const [p, running] = parameters(problem);
  const x = input(problem, 1);
  const run = jit((/** @type {Tensors} */ p, /** @type {Tensor} */ x) => forward(problem.workload.layers, "", x, { p, running, after: {} }));
  return () => run(tree.ref(p), x.ref).data();
}

/** Each product takes the one before it, because what nobody waits for may never be computed. @param {number} n */
function product(n) {
  const { numpy: np, jit } = jax;
  const { a, b } = matrices(n);
  const left = tensor(a, [n, n]);
  let right = tensor(b, [n, n]);
  const multiply = jit(np.matmul);
  return async (/** @type {number} */ times) => {
    for (let i = 0; i < times; i++) right = multiply(left.ref, right);
    await right.blockUntilReady();
  };
}
