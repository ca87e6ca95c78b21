/**
 * What a diagnosis goes by: the run's curves, its settings, some training examples, and one training step in full view. May import lib/at and lib/numbers.
 *
 * @typedef {import('../protocol.js').LayerReport} LayerReport
 * @typedef {import('../protocol.js').Trace} Trace
 * @typedef {import('../spec.js').Spec} Spec
 * @typedef {{ y: number[] }} Curve
 *
 * @typedef {object} Known what the page knows of a run
 * @property {number} session
 * @property {Spec} spec
 * @property {{ report: { layers: Pick<LayerReport, 'name' | 'type' | 'output'>[] }, train_count: number, steps_per_epoch: number }} opened
 * @property {{ step: number, broken: { tensor: string, step: number } | null, curves: { [K in 'loss' | 'accuracy' | 'gradNorm' | 'testLoss' | 'testAccuracy']: Curve } }} run
 *
 * @typedef {object} Weight a layer's matrix or kernel
 * @property {string} name "0.weight"
 * @property {string} layer "0"
 * @property {string} type "Linear"
 * @property {number} gradient root of the mean square of its gradient's elements
 * @property {number} ratio how much the step changes it, relative to its length
 *
 * @typedef {object} Output of a layer for some training examples
 * @property {string} layer
 * @property {string} type
 * @property {number[]} shape [examples, ...]
 * @property {Float32Array} data
 *
 * @typedef {Known & {
 *   weights: Weight[],
 *   outputs: Output[],
 *   rows: { width: number, data: Float32Array, labels: Float32Array },
 * }} Signs rows: examples as people see them. Where a step cannot be traced, as its numbers are not finite, there are no weights and outputs
 */
import { at } from '../../lib/at.js'
import { distance, norm } from '../../lib/numbers.js'

/** As many examples are looked at: of the data, and in the step in full view, of which as many are taken as give no more numbers than this. */
const EXAMPLES = 512
const TRACED = 64
const NUMBERS = 2e6

/**
 * Asks the engine for what it takes.
 * @param {import('../client.js').Client['call']} call
 * @param {Known} known
 * @returns {Promise<Signs>}
 */
export async function signsOf(call, { session, spec, opened, run }) {
  const { train_count, report } = opened
  const examples = Math.min(EXAMPLES, train_count)
  const indices = [...Array(examples).keys()].map((n) => Math.floor((n * train_count) / examples))
  const { x, y, shape } = await call('data', { session, split: 'train', indices })
  const types = new Map(report.layers.map(({ name, type }) => [name, type]))
  /** @type {Weight[]} */
  let weights = []
  /** @type {Output[]} */
  let outputs = []
  // A step whose numbers run away says nothing of the layers.
  const each = report.layers.reduce((sum, { output }) => sum + size(output), 0)
  const traced = Math.min(TRACED, train_count, Math.max(4, Math.floor(NUMBERS / each)))
  const trace = await call('trace', { session, start: 0, count: traced }).catch(() => null)
  if (trace && Number.isFinite(trace.loss)) {
    weights = weightsOf(trace, types)
    outputs = trace.forward.map(({ name, shape, data }) => ({ layer: name, type: types.get(name) ?? '', shape, data }))
  }
  return { session, spec, opened, run, weights, outputs, rows: { width: size(shape.slice(1)), data: x, labels: y } }
}

/** @param {number[]} shape */
const size = (shape) => shape.reduce((product, one) => product * one, 1)

/**
 * @param {Trace} trace
 * @param {Map<string, string>} types of layers by name
 * @returns {Weight[]}
 */
function weightsOf({ before, after, gradients }, types) {
  const byName = new Map(gradients.map((one) => [one.name, one.data]))
  return before.flatMap(({ name, shape, data }, n) => {
    if (shape.length < 2) return []
    const gradient = byName.get(name) ?? new Float32Array()
    const length = norm([data])
    const layer = name.slice(0, name.lastIndexOf('.'))
    return [{ name, layer, type: types.get(layer) ?? '', gradient: norm([gradient]) / Math.sqrt(data.length), ratio: length > 0 ? distance(at(after, n).data, data) / length : 0 }]
  })
}
