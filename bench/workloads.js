// What is computed: networks, one seeded batch of data for each, and the sizes of plain matrix products. Imports layers.js, random.js.

import { network, size, weights } from "./layers.js";
import { uniform } from "./random.js";

/**
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {{ type: "Adam" | "AdamW" | "SGD", lr: number, betas?: number[], eps?: number, weight_decay?: number, momentum?: number }} Optimizer
 * @typedef {{ title: string, input: number[], kind: "points" | "images" | "tokens", batch: number, layers: Layer[],
 *   loss: "BCEWithLogitsLoss" | "CrossEntropyLoss", optimizer: Optimizer }} Workload input: of one example
 * @typedef {{ id: string, workload: Workload, weights: import("./layers.js").Weights, flops: number, output: number[],
 *   x: Float32Array | Uint8Array | Int32Array, y: Int32Array }} Problem
 *   x: the batch, row-major: numbers, pixels 0..255 or tokens; y: a class for each example, or for each token; flops: of a training step
 */

/** PyTorch's defaults. */
const ADAM = { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8 };

/** @param {number} out_channels @param {number} kernel_size @param {number} [stride] */
const convolution = (out_channels, kernel_size, stride = 1) => [
  { type: "Conv2d", out_channels, kernel_size, stride, padding: (kernel_size - 1) / 2, bias: false },
  { type: "BatchNorm2d" },
];

/** @param {number} channels @param {number} stride */
const residual = (channels, stride) => [
  {
    type: "Residual",
    layers: [...convolution(channels, 3, stride), { type: "ReLU" }, ...convolution(channels, 3)],
    shortcut: stride === 1 ? [] : convolution(channels, 1, stride),
  },
  { type: "ReLU" },
];

const VOCABULARY = 64;

/** @param {number} width @param {number} context @returns {Workload} */
function gpt(width, context) {
  const block = { type: "TransformerEncoderLayer", d_model: width, nhead: 4, dim_feedforward: 4 * width, dropout: 0, activation: "gelu", norm_first: true, causal: true };
  return {
    title: `GPT 4 x ${width}, context ${context}, batch 8`,
    input: [context],
    kind: "tokens",
    batch: 8,
    layers: [
      { type: "Embedding", num_embeddings: VOCABULARY, embedding_dim: width },
      { type: "PositionalEmbedding" },
      ...Array.from({ length: 4 }, () => block),
      { type: "LayerNorm" },
      { type: "Linear", out_features: VOCABULARY },
    ],
    loss: "CrossEntropyLoss",
    optimizer: { type: "AdamW", ...ADAM, weight_decay: 0.01 },
  };
}

/** @type {{ [id: string]: Workload }} */
export const WORKLOADS = {
  W1: {
    title: "MLP 2-16-16-1, batch 32",
    input: [2],
    kind: "points",
    batch: 32,
    layers: [
      { type: "Linear", out_features: 16 },
      { type: "Tanh" },
      { type: "Linear", out_features: 16 },
      { type: "Tanh" },
      { type: "Linear", out_features: 1 },
    ],
    loss: "BCEWithLogitsLoss",
    optimizer: { type: "Adam", ...ADAM },
  },
  W2: {
    title: "MLP 784-256-128-10, batch 128",
    input: [1, 28, 28],
    kind: "images",
    batch: 128,
    layers: [
      { type: "Flatten" },
      { type: "Linear", out_features: 256 },
      { type: "ReLU" },
      { type: "Linear", out_features: 128 },
      { type: "ReLU" },
      { type: "Linear", out_features: 10 },
    ],
    loss: "CrossEntropyLoss",
    optimizer: { type: "Adam", ...ADAM },
  },
  W3: {
    title: "CNN 28x28, batch 64",
    input: [1, 28, 28],
    kind: "images",
    batch: 64,
    layers: [
      { type: "Conv2d", out_channels: 16, kernel_size: 3, padding: 1 },
      { type: "ReLU" },
      { type: "MaxPool2d", kernel_size: 2 },
      { type: "Conv2d", out_channels: 32, kernel_size: 3, padding: 1 },
      { type: "ReLU" },
      { type: "MaxPool2d", kernel_size: 2 },
      { type: "Flatten" },
      { type: "Linear", out_features: 128 },
      { type: "ReLU" },
      { type: "Linear", out_features: 10 },
    ],
    loss: "CrossEntropyLoss",
    optimizer: { type: "Adam", ...ADAM },
  },
  W4: {
    title: "ResNet 28x28, batch 32",
    input: [1, 28, 28],
    kind: "images",
    batch: 32,
    layers: [
      ...convolution(16, 3),
      { type: "ReLU" },
      ...residual(16, 1),
      ...residual(32, 2),
      ...residual(64, 2),
      { type: "AdaptiveAvgPool2d", output_size: 1 },
      { type: "Flatten" },
      { type: "Linear", out_features: 10 },
    ],
    loss: "CrossEntropyLoss",
    optimizer: { type: "SGD", lr: 0.05, momentum: 0.9 },
  },
  W5: {
    title: "LSTM 128, 64 steps, batch 32",
    input: [64],
    kind: "tokens",
    batch: 32,
    layers: [
      { type: "Embedding", num_embeddings: VOCABULARY, embedding_dim: 32 },
      { type: "LSTM", hidden_size: 128 },
      { type: "Linear", out_features: VOCABULARY },
    ],
    loss: "CrossEntropyLoss",
    optimizer: { type: "Adam", ...ADAM },
  },
  W6: gpt(128, 64),
};

/** W6 grown in width and in context. @type {{ [id: string]: Workload }} */
export const GROWTH = { "GPT-128-64": gpt(128, 64), "GPT-64-64": gpt(64, 64), "GPT-256-64": gpt(256, 64), "GPT-128-128": gpt(128, 128), "GPT-128-256": gpt(128, 256) };

/** Sizes n of the products of two n x n matrices. */
export const PRODUCTS = [256, 512, 1024];

/**
 * A workload with its data and initial weights: the same for every peer.
 * @param {string} id a key of WORKLOADS or GROWTH
 * @returns {Problem}
 */
export function problem(id) {
  const workload = WORKLOADS[id] ?? GROWTH[id];
  if (!workload) throw new Error(`there is no workload ${id}: known are ${Object.keys({ ...WORKLOADS, ...GROWTH }).join(", ")}`);
  const { parameters, flops, output } = network(workload.layers, workload.input);
  const random = uniform(1);
  const count = workload.batch * size(workload.input);
  const whole = (/** @type {number} */ below) => () => Math.floor(random() * below);
  const [x, answers, classes] =
    workload.kind === "points"
      ? [Float32Array.from({ length: count }, () => 2 * random() - 1), workload.batch, 2]
      : workload.kind === "images"
        ? [Uint8Array.from({ length: count }, whole(256)), workload.batch, 10]
        : [Int32Array.from({ length: count }, whole(VOCABULARY)), count, VOCABULARY];
  const y = Int32Array.from({ length: answers }, whole(classes));
  // The backward pass of a product is two products.
  return { id, workload, weights: weights(parameters, 2), flops: 3 * flops * workload.batch, output, x, y };
}

/**
 * The batch as the network sees it: pixels as 0..1.
 * @param {Problem} problem
 */
export const inputs = ({ workload, x }) => (workload.kind === "images" ? Float32Array.from(x, (pixel) => pixel / 255) : x);

/**
 * Two square matrices, whose products again and again neither grow nor shrink: the elements' variance is 1 / n.
 * @param {number} n
 */
export function matrices(n) {
  const random = uniform(3);
  const matrix = () => Float32Array.from({ length: n * n }, () => (2 * random() - 1) * (3 / n) ** 0.5);
  return { a: matrix(), b: matrix() };
}
