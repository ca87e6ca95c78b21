/**
 * The experiment: one plain object that is the URL hash, the saved file and what the engine builds from.
 * Its type, with PyTorch's names, and the form that everything else takes for granted. May import schema.js and lib/i18n.
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
import { DATA, EXPERIMENT, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, branchesOf, leftOut } from './schema.js'

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

/** @param {unknown} value @returns {value is { [key: string]: any }} */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
/** @param {unknown} value */
const isTyped = (value) => isObject(value) && typeof (/** @type {any} */ (value).type) === 'string'

/**
 * What the engine takes an option for that is left out. It writes every option into the files it saves; here they are left out
 * again, and fields are put in one order, so that one experiment has one form, whether it comes from a link, a file or the page.
 * @type {{ [type: string]: { [option: string]: unknown } }}
 */
const DEFAULTS = Object.fromEntries(
  [...[LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, DATA].flatMap(Object.entries), ['', EXPERIMENT]].map(([type, options]) => [type, leftOut(options)]),
)
/** What the engine takes where a spec leaves an option out. @param {string} type @param {string} option */
export const defaultOf = (type, option) => DEFAULTS[type]?.[option]

/** Options that are one number, or the same number for both directions. */
const PAIRS = Object.values(LAYERS).flatMap((options) => Object.keys(options).filter((name) => options[name]?.kind === 'pair'))

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
 * What holds of layers and of those in blocks.
 * @param {any} layers
 * @param {string} path
 * @returns {[place: string, kept: boolean, rule: string][]}
 */
function rulesOf(layers, path) {
  if (!Array.isArray(layers)) return [[path, false, t('{field} must be a list of layers')]]
  return layers.flatMap((layer, n) => {
    const place = `${path}[${n}]`
    const inner = branchesOf(layer?.type).filter((branch) => (layer[branch] ?? null) !== null)
    return [[place, isTyped(layer), t('{field} must be a layer with a type')], ...inner.flatMap((branch) => rulesOf(layer[branch], `${place}.${branch}`))]
  })
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
    ...rulesOf(layers, 'layers'),
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
