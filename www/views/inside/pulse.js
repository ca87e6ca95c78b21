/**
 * How a network's layers do in a training step, from the engine's trace of one. Pure. May import core/diagnosis, lib/ without DOM, its neighbours and core's types.
 *
 * @typedef {import('../../core/protocol.js').LayerReport} LayerReport
 * @typedef {import('../../core/protocol.js').Named} Named
 * @typedef {import('../../core/protocol.js').Trace} Trace
 *
 * @typedef {object} Pulse of a layer
 * @property {string} name
 * @property {string} type
 * @property {number} mean of what it gives
 * @property {number} deviation
 * @property {number | null} dead share of a ReLU's units that give 0 for all of the examples; null: it is none
 * @property {number} outputGradient length of the gradient by its output
 * @property {number | null} gradient length of the gradient by its weights; null: it has none
 * @property {number | null} ratio how far the step moves its weights, in lengths of them; null: it has none, or they are all 0
 * @property {string[]} marks what is not as it usually is
 */
import { t } from '../../lib/i18n.js'
import { distance, figuresOf, norm } from '../../lib/numbers.js'
import { unitsWhere } from '../../core/diagnosis/numbers.js'
import { own } from './flow.js'

/** What is usual. */
export const USUAL = { ratio: { least: 1e-5, most: 1e-2 }, dead: 0.4, deviation: { least: 1e-3, most: 100 }, gradient: 1e-7 }

/** @param {Omit<Pulse, 'marks'>} pulse */
function marksOf({ deviation, dead, gradient, outputGradient, ratio }) {
  const { ratio: steps, deviation: spread } = USUAL
  return [
    ![deviation, outputGradient, gradient ?? 0, ratio ?? 0].every(Number.isFinite) && t('not finite'),
    deviation < spread.least && t('hardly differs'),
    deviation > spread.most && t('very large'),
    dead !== null && dead > USUAL.dead && t('dead units'),
    gradient !== null && gradient < USUAL.gradient && t('no gradient'),
    ratio !== null && ratio > steps.most && t('large steps'),
    ratio !== null && ratio < steps.least && t('tiny steps'),
  ].filter((mark) => mark !== false)
}

/** @param {readonly Named[]} tensors */
const byName = (tensors) => new Map(tensors.map(({ name, data }) => [name, data]))

/**
 * @param {Trace} trace
 * @param {readonly LayerReport[]} layers
 * @returns {Pulse[]} in the order of the layers
 */
export function pulseOf({ forward, gradients, before, after }, layers) {
  const [outputs, slopes, moved] = [new Map(forward.map((one) => [one.name, one])), byName(gradients), byName(after)]
  const none = new Float32Array()
  return layers.flatMap(({ name, type }) => {
    const output = outputs.get(name)
    if (!output) return []
    const { mean, deviation } = figuresOf(output.data)
    const weights = own(layers, name, before).filter((one) => /weight[^.]*$/.test(one.name))
    const length = norm(weights.map(({ data }) => data))
    const steps = weights.map(({ name, data }) => distance(moved.get(name) ?? none, data))
    const pulse = {
      name,
      type,
      mean,
      deviation,
      dead: type === 'ReLU' ? unitsWhere(output, (value) => value === 0) : null,
      outputGradient: norm([slopes.get(`${name}.output`) ?? none]),
      gradient: weights.length ? norm(weights.map(({ name }) => slopes.get(name) ?? none)) : null,
      ratio: length ? Math.hypot(...steps) / length : null,
    }
    return [{ ...pulse, marks: marksOf(pulse) }]
  })
}
