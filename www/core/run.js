/**
 * A run as the page knows it from what the engine reports: how far it is, its last measurement, its curves. May import series.js.
 *
 * @typedef {import('./protocol.js').Evaluation} Evaluation
 * @typedef {import('./protocol.js').Trained} Trained
 */
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
