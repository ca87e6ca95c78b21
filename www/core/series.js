/** A curve that never grows beyond a fixed number of points: it averages neighbours as it gets longer. May import lib/at. */
import { at } from '../lib/at.js'

/** @typedef {{ x: number[], y: number[], width: number, pending: { x: number, sum: number, n: number } }} SeriesState all that it knows, as plain data */

const MOST = 1200

export class Series {
  /** @type {number[]} */
  x = []
  /** @type {number[]} */
  y = []
  /** How many values one point stands for. */
  #width = 1
  #pending = { x: 0, sum: 0, n: 0 }

  /** Each of its points is one value. */
  get exact() {
    return this.#width === 1
  }

  /** @returns {SeriesState} */
  get state() {
    return { x: [...this.x], y: [...this.y], width: this.#width, pending: { ...this.#pending } }
  }

  /** Goes on from there. The lists stay the same ones, as charts hold them. @param {SeriesState} state */
  restore({ x, y, width, pending }) {
    this.x.splice(0, Infinity, ...x)
    this.y.splice(0, Infinity, ...y)
    this.#width = width
    this.#pending = { ...pending }
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  push(x, y) {
    const pending = this.#pending
    pending.x = x
    pending.sum += y
    pending.n += 1
    if (pending.n < this.#width) return
    this.x.push(x)
    this.y.push(pending.sum / pending.n)
    this.#pending = { x: 0, sum: 0, n: 0 }
    if (this.x.length > MOST) this.#halve()
  }

  clear() {
    this.rewind(-1)
    this.#width = 1
  }

  /** Forgets what came after `x`: it did not happen. @param {number} x */
  rewind(x) {
    const kept = this.x.findIndex((one) => one > x)
    if (kept >= 0) this.x.length = this.y.length = kept
    this.#pending = { x: 0, sum: 0, n: 0 }
  }

  #halve() {
    const half = this.x.length >> 1
    for (let i = 0; i < half; i++) {
      this.x[i] = at(this.x, 2 * i + 1)
      this.y[i] = (at(this.y, 2 * i) + at(this.y, 2 * i + 1)) / 2
    }
    this.x.length = this.y.length = half
    this.#width *= 2
  }
}
