/**
 * The curves of an experiment: loss, accuracy where it has one, and the gradient's length. May import
 * chart.js, scales.js, lib/ and core/experiment's types.
 */
import { h } from '../lib/dom.js'
import { said, t } from '../lib/i18n.js'
import { chart } from './chart.js'
import { LOGARITHMIC, SHARE, lossesOf } from './scales.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function curves(experiment) {
  const { run, example } = experiment
  const { loss, accuracy, gradNorm, testLoss, testAccuracy } = run.curves
  /** @type {(series: import('../core/series.js').Series) => import('./chart.js').Line} */
  const train = (series) => ({ name: t('training batches'), series, colour: 'curve-train', width: 1.5 })
  /** @type {(series: import('../core/series.js').Series) => import('./chart.js').Line} */
  const test = (series) => ({ name: example.measured ? said(example.measured) : t('test'), series, colour: 'curve-test', width: 2.5 })
  const { title, scale } = lossesOf(example)
  const lossChart = chart({ title, scale, lines: [train(loss), test(testLoss)] })
  const accuracyChart = chart({ title: t('Accuracy'), scale: SHARE, lines: [train(accuracy), test(testAccuracy)] })
  const gradChart = chart({
    title: t('Gradient norm'),
    scale: LOGARITHMIC,
    strip: true,
    help: t('How steep the loss is where training stands: small where little is left to gain, growing where steps are too large.'),
    lines: [train(gradNorm)],
  })

  function draw() {
    if (run.evaluation) accuracyChart.element.hidden = run.evaluation.accuracy === null
    for (const one of [lossChart, accuracyChart, gradChart]) one.draw()
  }
  for (const news of /** @type {const} */ (['progress', 'evaluated', 'restarted'])) experiment.on(news, draw)
  return h('div', { class: 'curves', part: 'curves' }, lossChart.element, accuracyChart.element, gradChart.element)
}
