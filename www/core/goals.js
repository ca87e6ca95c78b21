/**
 * Ends training by what the tests say: an accuracy that is reached, or no gain for so many tests (early stopping, Prechelt 1998). Imports types.
 *
 * @typedef {{ accuracy: number, patience: number }} Goals accuracy: of the test, from 0 to 1; patience: tests without gain; 0: off
 */

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
    if (goals.accuracy && accuracy !== null && accuracy >= goals.accuracy) return 'the test accuracy is reached'
    if (goals.patience && this.#since >= goals.patience) return `the loss of ${goals.patience} ${goals.patience === 1 ? 'test' : 'tests'} was no better than the best before`
    return ''
  }
}
