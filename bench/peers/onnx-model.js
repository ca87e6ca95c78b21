// Writes networks as ONNX models, for onnxruntime: as much of the format (onnx.proto) as they need. Imports nothing but types.

/**
 * @typedef {import("../layers.js").Layer} Layer
 * @typedef {import("../layers.js").Weights} Weights
 * @typedef {{ name: string, shape: number[], values: Float32Array | BigInt64Array }} Constant
 * @typedef {{ [name: string]: number | number[] | string }} Attributes whole numbers, unless the name is in FLOATS
 */

/** Attributes that are not whole numbers. */
const FLOATS = new Set(["epsilon"]);
const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 };

// --- Protocol buffers: a field is its number and wire type, then its value ----------------------------------------------------

/** @param {number} value whole, not negative but for 64 bits of -1 @returns {number[]} */
function varint(value) {
  const bytes = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(left & 127n) | (left > 127n ? 128 : 0));
    left >>= 7n;
  } while (left);
  return bytes;
}

/** @typedef {Uint8Array[]} Bytes pieces, one after another */

/** @param {number} field @param {number} value @returns {Bytes} */
const whole = (field, value) => [Uint8Array.from([...varint(field << 3), ...varint(value)])];
/** @param {number} field @param {Bytes} pieces @returns {Bytes} */
const message = (field, pieces) => [Uint8Array.from([...varint((field << 3) | 2), ...varint(pieces.reduce((sum, { length }) => sum + length, 0))]), ...pieces];
/** @param {number} field @param {string} value */
const text = (field, value) => message(field, [new TextEncoder().encode(value)]);
/** @param {number} field @param {number} value @returns {Bytes} */
const float = (field, value) => [Uint8Array.from(varint((field << 3) | 5)), new Uint8Array(Float32Array.of(value).buffer)];

/** @param {string} name @param {Attributes[string]} value */
function attribute(name, value) {
  if (typeof value === "string") return [...text(1, name), ...text(4, value), ...whole(20, ATTRIBUTE.string)];
  if (Array.isArray(value)) return [...text(1, name), ...value.flatMap((v) => whole(8, v)), ...whole(20, ATTRIBUTE.ints)];
  if (FLOATS.has(name)) return [...text(1, name), ...float(2, value), ...whole(20, ATTRIBUTE.float)];
  return [...text(1, name), ...whole(3, value), ...whole(20, ATTRIBUTE.int)];
}

/** @param {Constant} constant */
function tensor({ name, shape, values }) {
  const type = values instanceof Float32Array ? FLOAT : INT64;
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.flatMap((size) => whole(1, size)), ...whole(2, type), ...text(8, name), ...message(9, [raw])];
}

/** @param {string} name @param {number} type @param {number[] | null} shape */
function value(name, type, shape) {
  const dimensions = shape ? message(2, shape.flatMap((size) => message(1, whole(1, size)))) : [];
  return [...text(1, name), ...message(2, message(1, [...whole(1, type), ...dimensions]))];
}

// --- Graphs -------------------------------------------------------------------------------------------------------------------

/** A graph with one input "x" and one output "y". */
class Graph {
  /** @type {Bytes} */
  #nodes = [];
  /** @type {Bytes} */
  #constants = [];
  #count = 0;

  /** @param {string} op @param {string[]} inputs @param {Attributes} [attributes] @param {number} [outputs] @returns {string[]} */
  nodes(op, inputs, attributes = {}, outputs = 1) {
    const names = Array.from({ length: outputs }, () => `t${this.#count++}`);
    const parts = [...inputs.flatMap((name) => text(1, name)), ...names.flatMap((name) => text(2, name)), ...text(4, op)];
    this.#nodes.push(...message(1, [...parts, ...Object.entries(attributes).flatMap(([name, value]) => message(5, attribute(name, value)))]));
    return names;
  }

  /** @param {string} op @param {string[]} inputs @param {Attributes} [attributes] */
  node(op, inputs, attributes) {
    return this.nodes(op, inputs, attributes)[0] ?? "";
  }

  /** @param {number[]} shape @param {Float32Array | BigInt64Array} values @param {string} [name] */
  constant(shape, values, name = `c${this.#count++}`) {
    this.#constants.push(...message(5, tensor({ name, shape, values })));
    return name;
  }

  /** @param {number[]} sizes */
  sizes(sizes) {
    return this.constant([sizes.length], BigInt64Array.from(sizes, BigInt));
  }

  /** The file. @param {number} type of the input @param {number[]} shape of the input @param {string} output @returns {Uint8Array} */
  file(type, shape, output) {
    this.#nodes.push(...message(1, [...text(1, output), ...text(2, "y"), ...text(4, "Identity")]));
    const graph = [...this.#nodes, ...text(2, "network"), ...this.#constants, ...message(11, value("x", type, shape)), ...message(12, value("y", FLOAT, null))];
    const pieces = [...whole(1, 9), ...message(7, graph), ...message(8, whole(2, 20))];
    const file = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    pieces.reduce((at, piece) => (file.set(piece, at), at + piece.length), 0);
    return file;
  }
}

/**
 * A network for a batch of one; tokens come without the batch's axis.
 * @param {import("../workloads.js").Problem} problem
 */
export function networkModel({ workload, weights }) {
  const graph = new Graph();
  for (const [name, { parameter, values }] of Object.entries(weights)) graph.constant(parameter.shape, values, name);
  const last = workload.layers.reduce((x, layer, n) => node(graph, layer, `${n}.`, x, workload.input), "x");
  const tokens = workload.kind === "tokens";
  return graph.file(tokens ? INT32 : FLOAT, tokens ? workload.input : [1, ...workload.input], last);
}

/** @param {Graph} graph @param {Layer} layer @param {string} name @param {string} x @param {number[]} input of the network @returns {string} */
function node(graph, layer, name, x, [steps = 0]) {
  /** @param {string} key @param {string} x */
  const linear = (key, x) => graph.node("Gemm", [x, `${name}${key}weight`, `${name}${key}bias`], { transB: 1 });
  /** @param {string} key @param {string} x */
  const norm = (key, x) => graph.node("LayerNormalization", [x, `${name}${key}weight`, `${name}${key}bias`], { axis: -1, epsilon: 1e-5 });
  switch (layer.type) {
    case "Linear":
      return linear("", x);
    case "Conv2d":
      return graph.node("Conv", [x, `${name}weight`, `${name}bias`], { pads: Array(4).fill(layer.padding) });
    case "ReLU":
      return graph.node("Relu", [x]);
    case "MaxPool2d":
      return graph.node("MaxPool", [x], { kernel_shape: [layer.kernel_size, layer.kernel_size], strides: [layer.kernel_size, layer.kernel_size] });
    case "Flatten":
      return graph.node("Flatten", [x]);
    case "Embedding":
      return graph.node("Gather", [`${name}weight`, x]);
    case "PositionalEmbedding":
      return graph.node("Add", [x, `${name}weight`]);
    case "LayerNorm":
      return norm("", x);
    case "TransformerEncoderLayer": {
      const { d_model: width, nhead: heads } = layer;
      const qkv = graph.node("Gemm", [norm("norm1.", x), `${name}self_attn.in_proj_weight`, `${name}self_attn.in_proj_bias`], { transB: 1 });
      const [q, k, v] = graph.nodes("Split", [qkv], { axis: 1, num_outputs: 3 }, 3).map((part) => graph.node("Reshape", [part, graph.sizes([-1, heads, width / heads])]));
      const turned = (/** @type {string | undefined} */ part, /** @type {number[]} */ perm) => graph.node("Transpose", [part ?? ""], { perm });
      const scores = graph.node("MatMul", [turned(q, [1, 0, 2]), turned(k, [1, 2, 0])]);
      const scaled = graph.node("Mul", [scores, graph.constant([], Float32Array.of((width / heads) ** -0.5))]);
      const seen = graph.node("Softmax", [graph.node("Add", [scaled, causal(graph, steps)])], { axis: -1 });
      const mixed = graph.node("Reshape", [turned(graph.node("MatMul", [seen, turned(v, [1, 0, 2])]), [1, 0, 2]), graph.sizes([-1, width])]);
      const y = graph.node("Add", [x, linear("self_attn.out_proj.", mixed)]);
      return graph.node("Add", [y, linear("linear2.", graph.node("Gelu", [linear("linear1.", norm("norm2.", y))]))]);
    }
    default:
      throw new Error(`bench/peers/onnx-model.js has no layer ${layer.type}`);
  }
}

/** 0 where a step may look, else far below any score. @param {Graph} graph @param {number} steps */
const causal = (graph, steps) => graph.constant([steps, steps], Float32Array.from({ length: steps * steps }, (_, n) => (n % steps > Math.floor(n / steps) ? -1e9 : 0)));

/**
 * The sum over the product of two matrices; the number x is added to the first, so that nothing can be computed beforehand.
 * @param {number} n @param {{ a: Float32Array, b: Float32Array }} matrices
 */
export function productModel(n, { a, b }) {
  const graph = new Graph();
  const left = graph.node("Add", [graph.constant([n, n], a), "x"]);
  const product = graph.node("MatMul", [left, graph.constant([n, n], b)]);
  return graph.file(FLOAT, [1], graph.node("ReduceSum", [product], { keepdims: 0 }));
}
