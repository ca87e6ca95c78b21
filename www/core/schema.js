/**
 * What may stand in an experiment: every type of layer, loss, optimiser, schedule and data that the engine knows, its options, what they may be and
 * what they are where they are left out. Plain data without words for people; tests/scripts/schema.test.mjs holds it against the engine. Imports nothing.
 *
 * @typedef {object} Option
 * @property {'whole' | 'pair' | 'sizes' | 'number' | 'betas' | 'flag' | 'choice' | 'text' | 'layers' | 'object'} kind whole: a whole number; pair: one, or one for
 *   height and one for width; sizes: one, or a list; number: any; betas: two numbers; text: any words, such as a layer's name; layers: layers one after the other
 * @property {unknown} [usual] what the engine takes where it is left out; null: it finds it by itself, or there is none. Without it, the option has to be there
 * @property {number} [min] the least there may be
 * @property {number} [above] all there may be is greater
 * @property {number} [max]
 * @property {number} [below]
 * @property {readonly string[]} [choices]
 * @property {boolean} [written] always written down, though the engine knows what is usual
 *
 * @typedef {{ [name: string]: Option }} Options
 * @typedef {{ [type: string]: Options }} Types
 */

/** @param {Partial<Option>} [more] @returns {Option} */
const size = (more) => ({ kind: 'whole', min: 1, ...more })
/** @param {Partial<Option>} [more] @returns {Option} */
const pair = (more) => ({ kind: 'pair', min: 1, ...more })
/** @param {number} usual @param {Partial<Option>} [range] @returns {Option} */
const number = (usual, range) => ({ kind: 'number', usual, ...range })
/** @param {boolean} usual @returns {Option} */
const flag = (usual) => ({ kind: 'flag', usual })
/** @param {readonly string[]} choices @returns {Option} the first one is usual */
const choice = (choices) => ({ kind: 'choice', choices, usual: choices[0] })
/** Found from what goes in. */
const inferred = size({ usual: null })

const POSITIVE = { above: 0 }
const FROM_ZERO = { min: 0 }
const BELOW_ONE = { min: 0, below: 1 }
const UNIT = { min: 0, max: 1 }
const INSIDE_UNIT = { above: 0, below: 1 }

const init = choice(['default', 'xavier_uniform', 'xavier_normal', 'kaiming_uniform', 'kaiming_normal'])
const zeros = pair({ min: 0, usual: 0 })
const ones = pair({ usual: 1 })
const norm = { eps: number(1e-5, POSITIVE) }
const batchNorm = { num_features: inferred, ...norm, momentum: number(0.1, UNIT) }
const convolution = { out_channels: size(), kernel_size: pair(), stride: ones, padding: zeros, dilation: ones, groups: size({ usual: 1 }), bias: flag(true), init, in_channels: inferred }
/** @param {Options} [own] */
const recurrent = (own) => ({
  hidden_size: size(),
  num_layers: size({ usual: 1 }),
  ...own,
  dropout: number(0, BELOW_ONE),
  bias: flag(true),
  bidirectional: flag(false),
  stateful: flag(false),
  input_size: inferred,
})

/** @param {boolean} causal */
const transformer = (causal) => ({
  nhead: size(),
  dim_feedforward: size({ usual: 2048 }),
  dropout: number(0.1, BELOW_ONE),
  activation: choice(['relu', 'gelu']),
  norm_first: flag(false),
  causal: flag(causal),
  layer_norm_eps: number(1e-5, POSITIVE),
  d_model: inferred,
})

/** @type {Types} */
export const LAYERS = {
  Linear: { out_features: size(), bias: flag(true), init, tied_to: { kind: 'text', usual: null }, in_features: inferred },
  Conv2d: convolution,
  ConvTranspose2d: { ...convolution, output_padding: zeros },
  MaxPool2d: { kernel_size: pair(), stride: pair({ usual: null }), padding: zeros, dilation: ones },
  AvgPool2d: { kernel_size: pair(), stride: pair({ usual: null }), padding: zeros },
  AdaptiveAvgPool2d: { output_size: pair() },
  BatchNorm1d: batchNorm,
  BatchNorm2d: batchNorm,
  LayerNorm: { ...norm, normalized_shape: { kind: 'sizes', min: 1, usual: null } },
  GroupNorm: { num_groups: size(), ...norm, num_channels: inferred },
  RMSNorm: { eps: number(2 ** -23, POSITIVE), normalized_shape: { kind: 'sizes', min: 1, usual: null } },
  Dropout: { p: number(0.5, BELOW_ONE) },
  Flatten: {},
  Embedding: { num_embeddings: size(), embedding_dim: size(), std: number(1, POSITIVE), padding_idx: { kind: 'whole', min: 0, usual: null } },
  RNN: recurrent({ nonlinearity: choice(['tanh', 'relu']) }),
  GRU: recurrent(),
  LSTM: recurrent(),
  PositionalEmbedding: { std: number(1, POSITIVE), num_embeddings: inferred },
  SinusoidalPositions: {},
  MultiheadAttention: { num_heads: size(), causal: flag(false), rope: flag(false), dropout: number(0, BELOW_ONE), bias: flag(true), embed_dim: inferred },
  TransformerEncoderLayer: transformer(false),
  TransformerDecoderLayer: transformer(true),
  ReLU: {},
  LeakyReLU: { negative_slope: number(0.01) },
  ELU: { alpha: number(1) },
  GELU: {},
  SiLU: {},
  Sigmoid: {},
  Tanh: {},
  Softmax: { dim: { kind: 'whole', usual: -1 } },
  Activation: { formula: { kind: 'text' } },
  Residual: { layers: { kind: 'layers' }, shortcut: { kind: 'layers', usual: [] } },
  Sequential: { layers: { kind: 'layers' } },
  EncoderDecoder: { source_length: size(), encoder: { kind: 'layers' }, decoder: { kind: 'layers' } },
}

/**
 * The layers of one kind stand together where one is chosen.
 * @type {Record<'linear' | 'image' | 'activation' | 'norm' | 'sequence' | 'block', readonly string[]>}
 */
export const FAMILIES = {
  linear: ['Linear', 'Flatten'],
  image: ['Conv2d', 'ConvTranspose2d', 'MaxPool2d', 'AvgPool2d', 'AdaptiveAvgPool2d'],
  activation: ['ReLU', 'LeakyReLU', 'ELU', 'GELU', 'SiLU', 'Sigmoid', 'Tanh', 'Softmax', 'Activation'],
  norm: ['BatchNorm1d', 'BatchNorm2d', 'LayerNorm', 'GroupNorm', 'RMSNorm', 'Dropout'],
  sequence: ['Embedding', 'PositionalEmbedding', 'SinusoidalPositions', 'RNN', 'GRU', 'LSTM', 'MultiheadAttention', 'TransformerEncoderLayer', 'TransformerDecoderLayer'],
  block: ['Residual', 'Sequential', 'EncoderDecoder'],
}

/** What a layer that is put in begins with. What is not named here has nothing that must be there. @type {{ [type: string]: { [option: string]: unknown } }} */
export const STARTS = {
  Linear: { out_features: 64 },
  Conv2d: { out_channels: 16, kernel_size: 3, padding: 1 },
  ConvTranspose2d: { out_channels: 16, kernel_size: 2, stride: 2 },
  MaxPool2d: { kernel_size: 2 },
  AvgPool2d: { kernel_size: 2 },
  AdaptiveAvgPool2d: { output_size: 1 },
  GroupNorm: { num_groups: 1 },
  Embedding: { num_embeddings: 80, embedding_dim: 64 },
  RNN: { hidden_size: 64 },
  GRU: { hidden_size: 64 },
  LSTM: { hidden_size: 64 },
  MultiheadAttention: { num_heads: 4, causal: true },
  TransformerEncoderLayer: { nhead: 4, dim_feedforward: 256, causal: true },
  TransformerDecoderLayer: { nhead: 4, dim_feedforward: 256 },
  Activation: { formula: 'x*sigmoid(x)' },
  Residual: { layers: [] },
  Sequential: { layers: [] },
  EncoderDecoder: { source_length: 1, encoder: [], decoder: [] },
}

/** @type {Types} */
export const LOSSES = {
  BCELoss: {},
  BCEWithLogitsLoss: {},
  CrossEntropyLoss: { label_smoothing: number(0, UNIT), ignore_index: { kind: 'whole', usual: null } },
  MSELoss: {},
  L1Loss: {},
  HuberLoss: { delta: number(1, POSITIVE) },
}

/** @param {number} usual */
const rate = (usual) => number(usual, { ...POSITIVE, written: true })
const decay = number(0, FROM_ZERO)
const eps = number(1e-8, POSITIVE)
/** @type {Option} */
const betas = { kind: 'betas', usual: [0.9, 0.999], ...BELOW_ONE }

/** @type {Types} */
export const OPTIMIZERS = {
  SGD: { lr: rate(1e-3), momentum: number(0, BELOW_ONE), dampening: number(0, UNIT), nesterov: flag(false), weight_decay: decay },
  Adam: { lr: rate(1e-3), betas, eps, weight_decay: decay },
  AdamW: { lr: rate(1e-3), betas, eps, weight_decay: number(0.01, FROM_ZERO) },
  Adagrad: { lr: rate(0.01), lr_decay: number(0, FROM_ZERO), eps: number(1e-10, POSITIVE), weight_decay: decay },
  RMSprop: { lr: rate(0.01), alpha: number(0.99, BELOW_ONE), eps, momentum: number(0, BELOW_ONE), weight_decay: decay },
}

/** @type {Types} */
export const SCHEDULES = {
  ConstantLR: {},
  StepLR: { step_size: size(), gamma: number(0.1, POSITIVE) },
  CosineAnnealingLR: { t_max: size(), eta_min: number(0, { ...FROM_ZERO, written: true }) },
}

/** @type {Option} */
const object = { kind: 'object' }
/** @type {Option} */
const text = { kind: 'text' }

/** @type {Types} */
export const DATA = {
  Table: { x: object, y: object },
  Points: {
    shape: { kind: 'choice', choices: ['circle', 'xor', 'gauss', 'spiral', 'plane', 'bumps'] },
    samples: size({ max: 100_000, usual: 500, written: true }),
    noise: number(0, { min: 0, max: 0.5, written: true }),
    train_fraction: number(0.5, { ...INSIDE_UNIT, written: true }),
    seed: { kind: 'whole', min: 0, usual: 0, written: true },
    features: { kind: 'object', usual: ['x1', 'x2'], written: true },
  },
  Images: { name: text, normalize: { kind: 'object', usual: { mean: 0, std: 1 }, written: true } },
  Text: { name: text, vocabulary: { kind: 'text', usual: null }, stride: size({ usual: null }), train_fraction: number(0.9, INSIDE_UNIT) },
}

/** The experiment itself. @type {Options} */
export const EXPERIMENT = {
  name: { kind: 'text', usual: '', written: true },
  input: object,
  layers: { kind: 'layers' },
  loss: object,
  optimizer: object,
  schedule: { kind: 'object', usual: { type: 'ConstantLR' } },
  warmup_steps: { kind: 'whole', min: 0, usual: 0 },
  regularization: { kind: 'object', usual: { l1: 0, l2: 0 } },
  clip_grad_norm: { kind: 'number', above: 0, usual: null },
  precision: choice(['f32', 'f16']),
  batch_size: size({ usual: 32, written: true }),
  accumulate: size({ usual: 1 }),
  recompute: flag(false),
  seed: { kind: 'whole', min: 0, usual: 0, written: true },
  data: object,
}

/** Where each kind of typed thing stands in the experiment. */
export const TYPED = { layers: LAYERS, shortcut: LAYERS, loss: LOSSES, optimizer: OPTIMIZERS, schedule: SCHEDULES, data: DATA }

/** The options of a layer that are layers themselves: a block's ways through it. @param {string} type */
export const branchesOf = (type) => Object.entries(LAYERS[type] ?? {}).flatMap(([name, { kind }]) => (kind === 'layers' ? [name] : []))

/** Whether an option must be given. @param {Option} option */
export const isRequired = ({ usual }) => usual === undefined

/** What may be left out of an object of this type, and stands for what. @param {Options} options */
export const leftOut = (options) => Object.fromEntries(Object.entries(options).flatMap(([name, { usual, written }]) => (usual === undefined || usual === null || written ? [] : [[name, usual]])))
