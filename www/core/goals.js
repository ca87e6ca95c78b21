/**
 * Ends training by what the tests say: an accuracy that is reached, or no gain for so many tests (early stopping, Prechelt 1998). May import lib/i18n.
 *
 * @typedef {{ accuracy: number, patience: number }} Goals accuracy: of the test, from 0 to 1; patience: tests without gain; 0: off
 */
import { t } from '../lib/i18n.js'

export class Watch {
  /** @type {Goals} */
  goals = { accuracy: 0, patience: 0 }
  #best = Infinity
  #since = 0

  /** It trains from here on. */
  begin() {
    this.#best = Infinity
    this.#since = 0
  }

  /**
   * @param {{ loss: number, accuracy: number | null }} evaluation
   * @returns {string} why to stop; '': it goes on
   */
  judge({ loss, accuracy }) {
    const { goals } = this
    this.#since = loss < this.#best ? 0 : this.#since + 1
    this.#best = Math.min(this.#best, loss)
    if (goals.accuracy && accuracy !== null && accuracy >= goals.accuracy) return t('the test accuracy is reached')
    const { patience: tests } = goals
    if (!tests || this.#since < tests) return ''
    return tests === 1 ? t('the loss of 1 test was no better than the best before') : t('the loss of {tests} tests was no better than the best before', { tests })
  }
}
