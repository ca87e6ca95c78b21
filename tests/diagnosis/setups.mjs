// Trainings to be told apart: sixteen of which something is wrong, each with what, and sixteen of which nothing is.

import { readFileSync } from "node:fs";
import { images, text } from "./engine.mjs";

/** @typedef {{ name: string, faults?: string[], spec: any, data?: object, steps: number, change?: (call: any, session: number) => Promise<void> }} Setup */

/** @param {string} name */
const example = (name) => JSON.parse(readFileSync(new URL(`../../www/examples/${name}.json`, import.meta.url), "utf8"));
const [first, playground, digits] = ["first", "playground", "digits"].map(example);

/** @param {number[]} widths @param {string} activation @param {number} out */
const mlp = (widths, activation, out) => [...widths.flatMap((out_features) => [{ type: "Linear", out_features }, { type: activation }]), { type: "Linear", out_features: out }];
/** @param {string} shape @param {object} [options] */
const points = (shape, options) => ({ ...playground.data, shape, ...options });
/** @param {any} changes */
const planar = (changes) => ({ ...playground, ...changes });
/** @param {any[]} layers @param {any} [changes] */
const pictures = (layers, changes) => ({ ...digits, schedule: { type: "ConstantLR" }, layers: [{ type: "Flatten" }, ...layers], ...changes });

// A small generator, so that the rows are the same each time.
let state = 7;
const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
/** @param {number} count @param {(x: number[], n: number) => number} label @param {(x: number[]) => number[]} [see] */
function table(count, label, see = (x) => x) {
  const rows = [...Array(count)].map(() => [normal(), normal(), normal()]);
  return { type: "Table", x: rows.map(see), y: rows.map(label) };
}
/** @param {any} data @param {any} changes */
const rows = (data, changes) => ({ name: "rows", input: [3], layers: mlp([16], "Tanh", 1), loss: { type: "BCEWithLogitsLoss" }, optimizer: { type: "Adam", lr: 0.01 }, batch_size: 20, seed: 0, data, ...changes });

/** Multiplies the weights of these names. @param {RegExp} names @param {number} factor @param {number} [shift] */
const scaled = (names, factor, shift = 0) => async (/** @type {any} */ call, /** @type {number} */ session) => {
  const { tensors } = await call("tensors", { session });
  for (const { name } of tensors.filter((/** @type {any} */ t) => names.test(t.name))) {
    const { data } = await call("read", { session, name });
    await call("write", { session, name, data: data.map((/** @type {number} */ x) => x * factor + shift) });
  }
};

export function setups() {
  const mnist = { train: images("mnist-train", 2000), test: images("mnist-test", 500) };
  const fashion = { train: images("fashion-mnist-train", 1000), test: images("fashion-mnist-test", 300) };
  const few = { train: images("mnist-train", 100), test: mnist.test };
  const shuffled = { train: { images: mnist.train.images.slice(0, 784 * 500), labels: mnist.train.labels.slice(500, 1000) }, test: mnist.test };
  const book = { text: text(40_000) };
  const side = (/** @type {number[]} */ [a = 0, b = 0]) => Number(a + b > 0);

  /** @type {Setup[]} */
  const broken = [
    { name: "plain descent at 100", faults: ["rate-high", "not-finite"], steps: 400, spec: planar({ optimizer: { type: "SGD", lr: 100 } }) },
    { name: "Adam at 3 on digits", faults: ["rate-high"], steps: 100, spec: pictures(mlp([64], "ReLU", 10), { optimizer: { type: "Adam", lr: 3 } }), data: mnist },
    { name: "regression that runs away", faults: ["not-finite", "rate-high"], steps: 400, spec: planar({ data: points("plane"), loss: { type: "MSELoss" }, layers: mlp([16, 16], "ReLU", 1), optimizer: { type: "SGD", lr: 20 } }) },
    { name: "plain descent at a millionth", faults: ["rate-low"], steps: 400, spec: planar({ optimizer: { type: "SGD", lr: 1e-6 } }) },
    { name: "Adam at a hundred-millionth on digits", faults: ["rate-low"], steps: 100, spec: pictures(mlp([64], "ReLU", 10), { optimizer: { type: "Adam", lr: 1e-8 } }), data: mnist },
    { name: "ten layers of sigmoids", faults: ["gradients-vanish"], steps: 200, spec: pictures(mlp(Array(10).fill(32), "Sigmoid", 10), { optimizer: { type: "SGD", lr: 0.1 } }), data: mnist },
    { name: "eight layers of tanh from weights that are too small", faults: ["gradients-vanish"], steps: 200, spec: planar({ layers: mlp(Array(8).fill(16), "Tanh", 1), optimizer: { type: "SGD", lr: 0.05 } }), change: scaled(/^\d+\.weight/, 0.1) },
    { name: "ten layers of ReLU from weights that are too large", faults: ["gradients-explode"], steps: 60, spec: planar({ layers: mlp(Array(10).fill(32), "ReLU", 1), optimizer: { type: "Adam", lr: 1e-5 } }), change: scaled(/^\d+\.weight/, 8) },
    { name: "targets in the ten thousands", faults: ["targets-unscaled"], steps: 200, spec: rows(table(200, ([a = 0, b = 0]) => 20_000 * a - 30_000 * b), { loss: { type: "MSELoss" }, optimizer: { type: "Adam", lr: 0.001 } }) },
    { name: "ReLUs that never open", faults: ["units-dead"], steps: 200, spec: pictures(mlp([64, 32], "ReLU", 10), { optimizer: { type: "Adam", lr: 0.001 } }), data: mnist, change: scaled(/^1\.bias/, 1, -12) },
    { name: "tanh from weights that are far too large", faults: ["units-saturated"], steps: 200, spec: planar({ layers: mlp([32, 32], "Tanh", 1), optimizer: { type: "SGD", lr: 0.01 }, data: points("spiral") }), change: scaled(/^[02]\.weight/, 60) },
    { name: "a wide network on twenty noisy points", faults: ["over-fitting"], steps: 2000, spec: planar({ layers: mlp([64, 64], "ReLU", 1), data: points("gauss", { noise: 0.5, samples: 100, train_fraction: 0.2 }) }) },
    { name: "a hundred digits", faults: ["over-fitting"], steps: 600, spec: pictures(mlp([128], "ReLU", 10), { optimizer: { type: "Adam", lr: 0.003 }, batch_size: 50 }), data: few },
    { name: "digits with other digits' labels", faults: ["labels-shuffled"], steps: 600, spec: pictures(mlp([128], "ReLU", 10), { optimizer: { type: "Adam", lr: 0.003 }, batch_size: 50 }), data: shuffled },
    { name: "nineteen of twenty are of one class", faults: ["classes-unbalanced"], steps: 400, spec: rows(table(400, (_, n) => Number(n % 20 === 0)), {}) },
    { name: "columns in the thousands", faults: ["inputs-unscaled"], steps: 400, spec: rows(table(200, side, ([a = 0, b = 0, c = 0]) => [4000 + 900 * a, 2000 * b, c]), {}) },
  ];

  const small = { batch_size: 16, optimizer: { type: "Adam", lr: 0.003 } };
  const conv = (/** @type {number} */ out_channels) => [{ type: "Conv2d", out_channels, kernel_size: 3, padding: 1, bias: false }, { type: "BatchNorm2d" }];
  const residual = { type: "Residual", layers: [...conv(8), { type: "ReLU" }, ...conv(8)] };
  const language = (/** @type {any[]} */ layers, /** @type {any} */ changes) => ({
    name: "text", input: [32], layers: [{ type: "Embedding", num_embeddings: 80, embedding_dim: 32 }, ...layers, { type: "Linear", out_features: 80 }], loss: { type: "CrossEntropyLoss" },
    optimizer: { type: "Adam", lr: 0.005 }, clip_grad_norm: 1, batch_size: 16, seed: 0, data: { type: "Text", name: "moby-dick" }, ...changes,
  });
  const block = { type: "TransformerEncoderLayer", nhead: 4, dim_feedforward: 64, dropout: 0, activation: "gelu", norm_first: true, causal: true };
  const linear = (/** @type {number} */ out_features) => [{ type: "Linear", out_features }, { type: "Tanh" }];

  /** @type {Setup[]} */
  const healthy = [
    { name: "first network", steps: 400, spec: first },
    ...["circle", "xor", "gauss"].map((shape) => ({ name: `playground: ${shape}`, steps: 600, spec: planar({ data: points(shape) }) })),
    { name: "playground: spiral", steps: 2000, spec: planar({ input: [4], layers: mlp([8, 8], "Tanh", 1), data: points("spiral", { features: ["x1", "x2", "sin(x1)", "sin(x2)"] }) }) },
    ...["plane", "bumps"].map((shape) => ({ name: `playground: ${shape}`, steps: 1000, spec: planar({ data: points(shape), loss: { type: "MSELoss" } }) })),
    { name: "digits, as they come", steps: 150, spec: digits, data: mnist },
    { name: "digits by a network with dropout", steps: 200, spec: pictures([{ type: "Linear", out_features: 128 }, { type: "ReLU" }, { type: "Dropout", p: 0.3 }, { type: "Linear", out_features: 10 }], { optimizer: { type: "SGD", lr: 0.05, momentum: 0.9 } }), data: mnist },
    { name: "a small VGG on clothes", steps: 60, spec: { ...digits, ...small, schedule: { type: "ConstantLR" }, layers: [...conv(8), { type: "ReLU" }, ...conv(8), { type: "ReLU" }, { type: "MaxPool2d", kernel_size: 2 }, ...conv(16), { type: "ReLU" }, { type: "MaxPool2d", kernel_size: 2 }, { type: "Flatten" }, { type: "Linear", out_features: 10 }] }, data: fashion },
    { name: "a small ResNet on clothes", steps: 60, spec: { ...digits, ...small, schedule: { type: "ConstantLR" }, layers: [...conv(8), { type: "ReLU" }, { type: "MaxPool2d", kernel_size: 2 }, residual, { type: "ReLU" }, residual, { type: "ReLU" }, { type: "Flatten" }, { type: "Linear", out_features: 10 }] }, data: fashion },
    { name: "a small GPT", steps: 200, spec: language([{ type: "PositionalEmbedding", std: 0.02 }, block, block, { type: "LayerNorm" }], { optimizer: { type: "AdamW", lr: 0.003 } }), data: book },
    { name: "a small LSTM", steps: 200, spec: language([{ type: "LSTM", hidden_size: 48 }], {}), data: book },
    { name: "a small GRU", steps: 200, spec: language([{ type: "GRU", hidden_size: 48 }], {}), data: book },
    { name: "columns that are scaled", steps: 400, spec: rows(table(200, side), {}) },
    { name: "a deep residual network", steps: 600, spec: planar({ layers: [...linear(16), ...[...Array(6)].map(() => ({ type: "Residual", layers: linear(16) })), { type: "Linear", out_features: 1 }], optimizer: { type: "Adam", lr: 0.003 } }) },
  ];
  return { broken, healthy };
}
