// The layers of the workloads: their output shapes, parameters with PyTorch's names, shapes and initial bounds, and FLOPs.
// Shapes are those of one example, without the batch. Imports random.js.

import { normal, uniform } from "./random.js";

/**
 * @typedef {{ type: string, [option: string]: any }} Layer options as in PyTorch
 * @typedef {"ones" | "zeros" | "normal" | { bound: number }} Init bound: uniform from -bound to bound
 * @typedef {{ name: string, shape: number[], init: Init, trained: boolean, image?: number[] }} Parameter
 *   image: [channels, height, width] that the columns of a Linear's weight stand for, after a Flatten
 * @typedef {{ parameters: Parameter[], flops: number, output: number[] }} Network flops: of the forward pass of one example
 * @typedef {{ [name: string]: { parameter: Parameter, values: Float32Array } }} Weights by PyTorch's name
 */

/** @param {number[]} shape */
export const size = (shape) => shape.reduce((a, b) => a * b, 1);

/**
 * The network that these layers make of an input.
 * @param {Layer[]} layers @param {number[]} input
 * @returns {Network}
 */
export function network(layers, input) {
  /** @type {Parameter[]} */
  const parameters = [];
  let flops = 0;
  /** @type {number[] | undefined} */
  let image;

  /** @param {string} name @param {number[]} shape @param {Init} init */
  const add = (name, shape, init) => parameters.push({ name, shape, init, trained: true });
  /** @param {string} name @param {number} features */
  const affine = (name, features) => {
    add(`${name}weight`, [features], "ones");
    add(`${name}bias`, [features], "zeros");
  };
  /** @param {string} name @param {number} outputs @param {number} inputs */
  const linear = (name, outputs, inputs) => {
    add(`${name}weight`, [outputs, inputs], { bound: inputs ** -0.5 });
    add(`${name}bias`, [outputs], { bound: inputs ** -0.5 });
  };

  /** @param {Layer[]} list @param {string} prefix @param {number[]} shape @returns {number[]} */
  const sequence = (list, prefix, shape) => list.reduce((at, layer, n) => visit(layer, `${prefix}${n}.`, at), shape);

  /** @param {Layer} layer @param {string} name @param {number[]} shape @returns {number[]} */
  const visit = (layer, name, shape) => {
    const [channels = 0, height = 0, width = 0] = shape;
    const last = shape.at(-1) ?? 0;
    switch (layer.type) {
      case "Linear": {
        linear(name, layer.out_features, last);
        const weight = parameters.at(-2);
        if (image && weight) weight.image = image;
        image = undefined;
        const output = [...shape.slice(0, -1), layer.out_features];
        flops += 2 * last * size(output);
        return output;
      }
      case "Conv2d": {
        const { out_channels, kernel_size: kernel, stride = 1, padding = 0, bias = true } = layer;
        const taps = channels * kernel ** 2;
        add(`${name}weight`, [out_channels, channels, kernel, kernel], { bound: taps ** -0.5 });
        if (bias) add(`${name}bias`, [out_channels], { bound: taps ** -0.5 });
        const along = (/** @type {number} */ length) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
        const output = [out_channels, along(height), along(width)];
        flops += 2 * taps * size(output);
        return output;
      }
      case "BatchNorm2d":
        affine(name, channels);
        parameters.push({ name: `${name}running_mean`, shape: [channels], init: "zeros", trained: false });
        parameters.push({ name: `${name}running_var`, shape: [channels], init: "ones", trained: false });
        return shape;
      case "LayerNorm":
        affine(name, last);
        return shape;
      case "MaxPool2d":
        return [channels, Math.floor(height / layer.kernel_size), Math.floor(width / layer.kernel_size)];
      case "AdaptiveAvgPool2d":
        return [channels, 1, 1];
      case "Flatten":
        if (size(shape) > channels && channels > 1) image = shape;
        return [size(shape)];
      case "Residual": {
        const output = sequence(layer.layers, `${name}layers.`, shape);
        sequence(layer.shortcut ?? [], `${name}shortcut.`, shape);
        return output;
      }
      case "Embedding":
        add(`${name}weight`, [layer.num_embeddings, layer.embedding_dim], "normal");
        return [...shape, layer.embedding_dim];
      case "PositionalEmbedding":
        add(`${name}weight`, shape, "normal");
        return shape;
      case "LSTM": {
        const hidden = layer.hidden_size;
        const init = { bound: hidden ** -0.5 };
        add(`${name}weight_ih_l0`, [4 * hidden, last], init);
        add(`${name}weight_hh_l0`, [4 * hidden, hidden], init);
        add(`${name}bias_ih_l0`, [4 * hidden], init);
        add(`${name}bias_hh_l0`, [4 * hidden], init);
        flops += 2 * 4 * hidden * (last + hidden) * channels;
        return [...shape.slice(0, -1), hidden];
      }
      case "TransformerEncoderLayer": {
        const { d_model: d, dim_feedforward: inner } = layer;
        // MultiheadAttention begins with Xavier's bounds and no bias.
        add(`${name}self_attn.in_proj_weight`, [3 * d, d], { bound: (6 / (4 * d)) ** 0.5 });
        add(`${name}self_attn.in_proj_bias`, [3 * d], "zeros");
        add(`${name}self_attn.out_proj.weight`, [d, d], { bound: d ** -0.5 });
        add(`${name}self_attn.out_proj.bias`, [d], "zeros");
        linear(`${name}linear1.`, inner, d);
        linear(`${name}linear2.`, d, inner);
        affine(`${name}norm1.`, d);
        affine(`${name}norm2.`, d);
        flops += 2 * channels * (4 * d * d + 2 * d * inner + 2 * channels * d);
        return shape;
      }
      case "ReLU":
      case "Tanh":
        return shape;
      default:
        throw new Error(`no workload has a layer ${layer.type}: describe it in bench/layers.js`);
    }
  };

  const output = sequence(layers, "", input);
  return { parameters, flops, output };
}

/**
 * Initial values, the same for a seed.
 * @param {Parameter[]} parameters @param {number} seed
 * @returns {Weights}
 */
export function weights(parameters, seed) {
  const random = uniform(seed);
  const gauss = normal(random);
  /** @param {Init} init @returns {() => number} */
  const draw = (init) => {
    if (init === "ones") return () => 1;
    if (init === "zeros") return () => 0;
    if (init === "normal") return gauss;
    return () => (2 * random() - 1) * init.bound;
  };
  return Object.fromEntries(
    parameters.map((parameter) => [parameter.name, { parameter, values: Float32Array.from({ length: size(parameter.shape) }, draw(parameter.init)) }]),
  );
}
