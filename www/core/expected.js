/**
 * How long a network as it comes takes here to reach what its card names: by its own pace, by how fast it trained in this browser, or by what
 * was measured of the device. May import lib/, probe.js, spec.js and types.
 *
 * @typedef {import('./example.js').Example} Example
 * @typedef {import('./protocol.js').Report} Report
 */
import { at } from '../lib/at.js'
import { keep, keptJson } from '../lib/settings.js'
import { fastest } from './probe.js'
import { formOf } from './spec.js'

/** Forwards once, and backwards for the inputs and for the weights. */
const PASSES = 3

/** @param {Example} example */
const key = ({ id }) => `rate.${id}`

/**
 * Keeps the steps per second that a network trains at, whenever it was trained as it comes and at full speed.
 * @param {import('./experiment.js').Experiment} experiment
 */
export function keepRate(experiment) {
  const { example, run } = experiment
  let rate = 0
  let asItComes = false
  const compare = () => (asItComes = JSON.stringify(formOf(experiment.spec)) === JSON.stringify(example.spec))
  compare()
  experiment.on('spec', compare)
  experiment.on('progress', () => {
    if (experiment.playing && asItComes && !at(example.speeds, experiment.speed).pace) rate = run.stepsPerSecond
  })
  experiment.on('playing', (playing) => {
    if (!playing && rate > 0) keep(key(example), JSON.stringify(rate))
    rate = 0
  })
}

/**
 * @param {import('./example.js').Offered} example
 * @param {Report} report
 * @returns {{ seconds: number, by: 'pace' | 'rate' | 'operations' } | null} by operations: at least so long
 */
export function expected(example, report) {
  const { steps } = example.card
  const { pace } = at(example.speeds, 0)
  if (pace) return { seconds: ((steps / pace.steps) * pace.every_ms) / 1000, by: 'pace' }
  const rate = Number(keptJson(key(example)))
  if (rate > 0) return { seconds: steps / rate, by: 'rate' }
  const ms = fastest()
  if (!ms) return null
  const { batch_size, accumulate = 1 } = example.spec
  // A layer's operations are those of the layers in it, too.
  const operations = report.layers.filter(({ path }) => !path.includes('.')).reduce((sum, { flops }) => sum + flops, 0)
  return { seconds: (steps * PASSES * batch_size * accumulate * operations * ms) / 1e12, by: 'operations' }
}
