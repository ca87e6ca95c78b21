/**
 * A run as the page knows it from what the engine reports: how far it is, its last measurement, its curves. May import lib/at and series.js.
 *
 * @typedef {import('./protocol.js').Evaluation} Evaluation
 * @typedef {import('./protocol.js').Point} Point
 * @typedef {import('./protocol.js').Trained} Trained
 * @typedef {{ [name in keyof Run['curves']]: import('./series.js').SeriesState }} CurveStates
 */
import { at } from '../lib/at.js'
import { Series } from './series.js'

export class Run {
  step = 0
  epoch = 0
  stepsPerSecond = 0
  /** @type {Evaluation | null} */
  evaluation = null
  /** The first number that was not finite, where training stopped for it. @type {{ tensor: string, step: number } | null} */
  broken = null
  curves = { loss: new Series(), accuracy: new Series(), gradNorm: new Series(), testLoss: new Series(), testAccuracy: new Series() }

  /** Step 0 again: what was known is past. */
  restart() {
    this.step = 0
    this.epoch = 0
    this.stepsPerSecond = 0
    this.evaluation = null
    this.broken = null
    for (const curve of Object.values(this.curves)) curve.clear()
  }

  /** @returns {CurveStates} */
  get curveStates() {
    const { loss, accuracy, gradNorm, testLoss, testAccuracy } = this.curves
    return { loss: loss.state, accuracy: accuracy.state, gradNorm: gradNorm.state, testLoss: testLoss.state, testAccuracy: testAccuracy.state }
  }

  /** Its curves are those of a run from before. @param {CurveStates} states */
  takeUp(states) {
    const { curves } = this
    for (const name of /** @type {(keyof CurveStates)[]} */ (Object.keys(curves))) curves[name].restore(states[name])
  }

  /** What each step reported, as far as the curves still know it. @returns {Point[]} */
  get points() {
    const { loss, gradNorm, accuracy } = this.curves
    if (!loss.exact) return []
    return loss.x.map((step, i) => ({ step, loss: at(loss.y, i), grad_norm: at(gradNorm.y, i), accuracy: accuracy.y[i] ?? null }))
  }

  /** What came after a step did not happen. @param {number} step */
  rewind(step) {
    this.step = step
    for (const curve of Object.values(this.curves)) curve.rewind(step)
  }

  /** @param {Trained} trained */
  advance(trained) {
    this.step = trained.step
    this.epoch = trained.epoch
    this.stepsPerSecond = trained.steps_per_second
    this.broken = trained.problem ?? null
    for (const { step, loss, grad_norm, accuracy } of trained.points) {
      this.curves.loss.push(step, loss)
      this.curves.gradNorm.push(step, grad_norm)
      if (accuracy !== null) this.curves.accuracy.push(step, accuracy)
    }
  }

  /** @param {Evaluation & { step?: number }} evaluation step: where it was made; now, if it does not say */
  measured(evaluation) {
    this.evaluation = evaluation
    const step = evaluation.step ?? this.step
    this.curves.testLoss.push(step, evaluation.loss)
    if (evaluation.accuracy !== null) this.curves.testAccuracy.push(step, evaluation.accuracy)
  }
}
