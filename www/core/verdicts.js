/**
 * What a classifier decides on each test example, and how sure it is of that: asked of the engine a few at a time, and remembered while the
 * network stays as it is. May import lib/ without DOM and core's types.
 *
 * @typedef {{ index: number, label: number, predicted: number, sure: number, right: boolean }} Verdict sure: the probability of the class that it decides for
 */
import { at } from '../lib/at.js'

/** So few that training or another press waits for no longer than one measurement. */
const AT_ONCE = 100

/**
 * @param {ArrayLike<number>} probabilities of each class for each example; one for each example: of the second of two classes
 * @param {ArrayLike<number>} labels
 * @param {number} [start] the index of the first example
 * @returns {Verdict[]}
 */
export function verdictsOf(probabilities, labels, start = 0) {
  const classes = probabilities.length / labels.length
  return Array.from({ length: labels.length }, (_, n) => {
    const own = Array.from({ length: classes }, (_, k) => at(probabilities, n * classes + k))
    const all = classes === 1 ? [1 - at(own, 0), at(own, 0)] : own
    const predicted = all.reduce((best, p, k) => (p > at(all, best) ? k : best), 0)
    const label = Number(at(labels, n))
    return { index: start + n, label, predicted, sure: at(all, predicted), right: label === predicted }
  })
}

export class Verdicts {
  /** In the order of the examples, as they were asked for. @type {Verdict[][]} */
  #known = []
  #client
  #experiment

  /** @param {{ client: import('./client.js').Client, experiment: import('./experiment.js').Experiment }} setting */
  constructor({ client, experiment }) {
    this.#client = client
    this.#experiment = experiment
    const forget = () => (this.#known = [])
    experiment.on('opened', forget)
    experiment.on('progress', forget)
  }

  /** Another one for each state of the network. @returns {unknown} */
  get state() {
    return this.#known
  }

  /** The test examples from the first on, some at a time. @param {number} [enough] of them */
  async *through(enough = Infinity) {
    const known = this.#known
    const all = this.#experiment.opened?.test_count ?? 0
    for (let start = 0; start < Math.min(enough, all); start += AT_ONCE) {
      yield (known[start / AT_ONCE] ??= await this.#ask(start, Math.min(AT_ONCE, all - start)))
    }
  }

  /** @param {number} start @param {number} count */
  async #ask(start, count) {
    const { session } = this.#experiment
    const { x, y } = await this.#client.call('data', { session, split: 'test', start, count })
    const { probabilities } = await this.#client.call('predict', { session, inputs: x, count })
    return probabilities ? verdictsOf(probabilities, y, start) : []
  }
}
