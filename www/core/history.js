/**
 * What was, what is and what was taken back: states in a row, the newest of which are kept. Imports nothing.
 *
 * @template T
 * @typedef {{ state: T, name: string }} Entry name: of the change that made it
 */

/** More would be forgotten by the visitor, too. */
const MOST = 100

/** @template T */
export class History {
  /** @type {Entry<T>[]} */
  #entries
  #now = 0

  /** @param {T} state */
  constructor(state) {
    this.#entries = [{ state, name: '' }]
  }

  /** Forgets everything: here it begins. @param {T} state */
  begin(state) {
    this.#entries = [{ state, name: '' }]
    this.#now = 0
  }

  /** What was taken back is forgotten. @param {T} state @param {string} name */
  record(state, name) {
    this.#entries = [...this.#entries.slice(0, this.#now + 1), { state, name }].slice(-MOST)
    this.#now = this.#entries.length - 1
  }

  get now() {
    return /** @type {Entry<T>} */ (this.#entries[this.#now]).state
  }

  /** What Undo would bring back, and the name of what it takes back. @returns {Entry<T> | null} */
  get back() {
    const before = this.#entries[this.#now - 1]
    return before ? { state: before.state, name: this.#entries[this.#now]?.name ?? '' } : null
  }

  /** What Redo would bring back, and its name. @returns {Entry<T> | null} */
  get forth() {
    return this.#entries[this.#now + 1] ?? null
  }

  /** @param {-1 | 1} by where there is something */
  step(by) {
    if (!this.#entries[this.#now + by]) throw new RangeError('There is nothing to undo or redo.')
    this.#now += by
  }
}
