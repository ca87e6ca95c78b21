/**
 * How the curves of a run are looked at: all charts of it show the same steps, smoothed alike, and read at the same step. May import
 * lib/emitter and scales.js' types.
 *
 * @typedef {object} Way
 * @property {number} smoothing weight of what was before, from 0 up to 1; of the training curves, which are noisy
 * @property {import('./scales.js').ScaleName} scale
 * @property {number} from the first step in view
 * @property {number} to the last step in view; Infinity: the newest
 * @property {number | null} reading the step at which the curves are read; null: at their ends
 */
import { Emitter } from '../lib/emitter.js'

/** @type {Readonly<Way>} */
const ALL = { smoothing: 0, scale: 'usual', from: 0, to: Infinity, reading: null }

/** @extends {Emitter<{ changed: Way }>} */
export class Look extends Emitter {
  way = ALL

  /** Not all steps are in view. */
  get near() {
    return this.way.from > 0 || this.way.to < Infinity
  }

  /** @param {Partial<Way>} change */
  set(change) {
    this.way = { ...this.way, ...change }
    this.emit('changed', this.way)
  }

  /** All steps, read at their end. */
  showAll() {
    this.set({ from: 0, to: Infinity, reading: null })
  }
}
