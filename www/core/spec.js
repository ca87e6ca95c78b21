/**
 * The experiment: one plain object that is the URL hash, the saved file and what the engine builds from.
 * Its type, with PyTorch's names, and the form that everything else takes for granted. May import lib/i18n.
 *
 * @typedef {{ type: string, [option: string]: unknown }} Layer
 * @typedef {{ type: string, [option: string]: unknown }} Loss
 * @typedef {{ type: string, lr: number, [option: string]: unknown }} Optimizer
 * @typedef {{ type: string, [option: string]: unknown }} Schedule
 *
 * @typedef {{ type: 'Table', x: number[][], y: number[] | number[][] }} TableData
 * @typedef {{ type: 'Points', shape: string, samples: number, noise: number, train_fraction: number, seed: number, features: string[] }} PointsData
 * @typedef {{ type: 'Images', name: string, normalize: { mean: number, std: number } }} ImagesData
 * @typedef {{ type: 'Text', name: string, vocabulary?: string, stride?: number, train_fraction?: number }} TextData
 *
 * @typedef {object} Spec
 * @property {string} name
 * @property {number[]} input shape of one example
 * @property {Layer[]} layers
 * @property {Loss} loss
 * @property {Optimizer} optimizer
 * @property {Schedule} [schedule]
 * @property {number} [warmup_steps]
 * @property {{ l1?: number, l2?: number }} [regularization]
 * @property {number | null} [clip_grad_norm]
 * @property {'f32' | 'f16'} [precision]
 * @property {number} batch_size
 * @property {number} [accumulate] batches of a step
 * @property {boolean} [recompute] whether gradients compute blocks of layers again, to save memory
 * @property {number} seed
 * @property {TableData | PointsData | ImagesData | TextData} data
 */
import { t } from '../lib/i18n.js'

/** An experiment that cannot be shown. Its message goes on after "cannot be opened: ". */
export class SpecError extends Error {
  /**
   * @param {string} message
   * @param {string} [at] the field that it is about
   */
  constructor(message, at = '') {
    super(message)
    this.at = at
  }
}

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
/** @param {unknown} value */
const isTyped = (value) => isObject(value) && typeof (/** @type {any} */ (value).type) === 'string'

/**
 * What the engine takes an option for that is left out. It writes every option into the files it saves; here they are left out
 * again, and fields are put in one order, so that one experiment has one form, whether it comes from a link, a file or the page.
 * @type {{ [type: string]: { [option: string]: unknown } }}
 */
const DEFAULTS = {
  Linear: { bias: true, init: 'default' },
  Conv2d: { stride: 1, padding: 0, dilation: 1, groups: 1, bias: true, init: 'default' },
  MaxPool2d: { padding: 0, dilation: 1 },
  Residual: { shortcut: [] },
  Dropout: { p: 0.5 },
  BatchNorm2d: { eps: 1e-5, momentum: 0.1 },
  LayerNorm: { eps: 1e-5 },
  RNN: { num_layers: 1, nonlinearity: 'tanh', bias: true, dropout: 0, bidirectional: false, stateful: false },
  GRU: { num_layers: 1, bias: true, dropout: 0, bidirectional: false, stateful: false },
  LSTM: { num_layers: 1, bias: true, dropout: 0, bidirectional: false, stateful: false },
  Embedding: { std: 1 },
  PositionalEmbedding: { std: 1 },
  MultiheadAttention: { dropout: 0, bias: true, causal: false, rope: false },
  TransformerEncoderLayer: { dim_feedforward: 2048, dropout: 0.1, activation: 'relu', layer_norm_eps: 1e-5, norm_first: false, causal: false },
  TransformerDecoderLayer: { dim_feedforward: 2048, dropout: 0.1, activation: 'relu', layer_norm_eps: 1e-5, norm_first: false, causal: true },
  CrossEntropyLoss: { label_smoothing: 0 },
  StepLR: { gamma: 0.1 },
  SGD: { momentum: 0, dampening: 0, nesterov: false, weight_decay: 0 },
  Adam: { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0 },
  AdamW: { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01 },
  RMSprop: { alpha: 0.99, eps: 1e-8, momentum: 0, weight_decay: 0 },
  Adagrad: { lr_decay: 0, eps: 1e-10, weight_decay: 0 },
  Text: { train_fraction: 0.9 },
  '': { schedule: { type: 'ConstantLR' }, warmup_steps: 0, regularization: { l1: 0, l2: 0 }, precision: 'f32', accumulate: 1, recompute: false },
}
/** What the engine takes where a spec leaves an option out. @param {string} type @param {string} option */
export const defaultOf = (type, option) => DEFAULTS[type]?.[option]

/** Options that are one number, or the same number for both directions. */
const PAIRS = ['kernel_size', 'stride', 'padding', 'dilation', 'output_size']

/** What comes first, in the order in which people read it; everything else goes by the alphabet. */
const FIRST = ['type', 'name', 'input', 'layers', 'loss', 'optimizer', 'schedule', 'warmup_steps', 'batch_size']

/**
 * @param {any} value
 * @returns {any}
 */
function brief(value) {
  if (Array.isArray(value)) return value.map(brief)
  if (!isObject(value)) return value
  const defaults = DEFAULTS[value.type ?? ''] ?? {}
  const order = [...new Set([...FIRST, ...Object.keys(value).sort()])].filter((key) => key in value)
  const entries = order.flatMap((key) => {
    const entry = value[key]
    const short = PAIRS.includes(key) && Array.isArray(entry) && entry[0] === entry[1] ? entry[0] : brief(entry)
    return short === null || JSON.stringify(short) === JSON.stringify(defaults[key]) ? [] : [[key, short]]
  })
  const short = Object.fromEntries(entries)
  if (value.type === 'Table' && Array.isArray(value.y)) short.y = value.y.map((/** @type {any} */ y) => (Array.isArray(y) && y.length === 1 ? y[0] : y))
  return short
}

/**
 * The form only: whether the layers fit together and the values make sense is for the engine to say.
 * @param {any} value from a link, a file or an example
 * @returns {Spec}
 */
export function formOf(value) {
  if (!isObject(value)) throw new SpecError(t('it does not describe an experiment'))
  const { input, layers, loss, optimizer, batch_size, seed, data, schedule, regularization } = value
  /** @type {[string, boolean, string][]} */
  const rules = [
    ['input', Array.isArray(input), t('{field} must be a list of sizes')],
    ['layers', Array.isArray(layers), t('{field} must be a list of layers')],
    ...(Array.isArray(layers) ? layers : []).map((layer, n) => /** @type {[string, boolean, string]} */ ([`layers[${n}]`, isTyped(layer), t('{field} must be a layer with a type')])),
    ['loss', isTyped(loss), t('{field} must have a type')],
    ['optimizer', isTyped(optimizer) && typeof optimizer.lr === 'number', t('{field} must have a type and a learning rate')],
    ['batch_size', typeof batch_size === 'number', t('{field} must be a number')],
    ['seed', typeof seed === 'number', t('{field} must be a number')],
    ['data', isTyped(data), t('{field} must have a type')],
    ['schedule', schedule === undefined || isObject(schedule), t('{field} must be an object')],
    ['regularization', regularization === undefined || isObject(regularization), t('{field} must be an object')],
  ]
  const broken = rules.find(([, kept]) => !kept)
  if (broken) throw new SpecError(broken[2].replace('{field}', () => broken[0]), broken[0])
  return brief(value)
}
