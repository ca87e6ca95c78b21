/**
 * The experiment: one plain object that is the URL hash, the saved file and what the engine builds from.
 * Its type, with PyTorch's names, and the form that everything else takes for granted. Imports nothing.
 *
 * @typedef {{ type: string, [option: string]: unknown }} Layer
 * @typedef {{ type: string, [option: string]: unknown }} Loss
 * @typedef {{ type: string, lr: number, [option: string]: unknown }} Optimizer
 * @typedef {{ type: string, [option: string]: unknown }} Schedule
 *
 * @typedef {{ type: 'Table', x: number[][], y: number[] | number[][] }} TableData
 * @typedef {{ type: 'Points', shape: string, samples: number, noise: number, train_fraction: number, seed: number, features: string[] }} PointsData
 * @typedef {{ type: 'Images', name: string, normalize: { mean: number, std: number } }} ImagesData
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
 * @property {number} batch_size
 * @property {number} seed
 * @property {TableData | PointsData | ImagesData} data
 */

/** An experiment that cannot be shown. Its message goes on after "cannot be opened: ". */
export class SpecError extends Error {}

/** @param {unknown} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
/** @param {unknown} value */
const isTyped = (value) => isObject(value) && typeof (/** @type {any} */ (value).type) === 'string'

/**
 * The form only: whether the layers fit together and the values make sense is for the engine to say.
 * @param {any} value from a link or a file
 * @returns {Spec}
 */
export function formOf(value) {
  if (!isObject(value)) throw new SpecError('it does not describe an experiment')
  const { input, layers, loss, optimizer, batch_size, seed, data } = value
  /** @type {[boolean, string][]} */
  const rules = [
    [Array.isArray(input), 'input must be a list of sizes'],
    [Array.isArray(layers) && layers.every(isTyped), 'layers must be a list of layers with a type'],
    [isTyped(loss), 'loss must have a type'],
    [isTyped(optimizer) && typeof optimizer.lr === 'number', 'optimizer must have a type and a learning rate'],
    [typeof batch_size === 'number', 'batch_size must be a number'],
    [typeof seed === 'number', 'seed must be a number'],
    [isTyped(data), 'data must have a type'],
    [['schedule', 'regularization'].every((key) => value[key] === undefined || isObject(value[key])), 'schedule and regularization must be objects'],
  ]
  const broken = rules.find(([kept]) => !kept)
  if (broken) throw new SpecError(broken[1])
  return value
}
