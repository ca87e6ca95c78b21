/**
 * The curves of an experiment: loss, accuracy where it has one, and the gradient's length. May import
 * chart.js, look.js, scales.js, lib/ and core/experiment's types.
 *
 * @typedef {import('../core/series.js').Series} Series
 * @typedef {import('./chart.js').Behind} Behind
 * @typedef {Omit<Behind, 'parts'> & { curves: import('../core/run.js').CurveStates }} Compared a run to compare with
 */
import { h } from '../lib/dom.js'
import { said, t } from '../lib/i18n.js'
import { chart } from './chart.js'
import { Look } from './look.js'
import { LENGTHS, SHARES, lossesOf } from './scales.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function curves(experiment) {
  const { run, example } = experiment
  const { loss, accuracy, gradNorm, testLoss, testAccuracy } = run.curves
  const look = new Look()
  /** @type {(series: Series) => import('./chart.js').Line} */
  const train = (series) => ({ name: t('training batches'), series, colour: 'curve-train', width: 1.5, noisy: true })
  /** @type {(series: Series) => import('./chart.js').Line} */
  const test = (series) => ({ name: example.measured ? said(example.measured) : t('test'), series, colour: 'curve-test', width: 2.5 })
  const { title, scales } = lossesOf(example)
  const lossChart = chart({ title, scales, look, lines: [train(loss), test(testLoss)] })
  const accuracyChart = chart({ title: t('Accuracy'), scales: SHARES, look, lines: [train(accuracy), test(testAccuracy)] })
  const gradChart = chart({
    title: t('Gradient norm'),
    scales: LENGTHS,
    look,
    strip: true,
    help: t('How steep the loss is where training stands: small where little is left to gain, growing where steps are too large.'),
    lines: [train(gradNorm)],
  })
  const all = [lossChart, accuracyChart, gradChart]

  function draw() {
    if (run.evaluation) accuracyChart.element.hidden = run.evaluation.accuracy === null
    for (const one of all) one.draw()
  }
  for (const news of /** @type {const} */ (['progress', 'evaluated'])) experiment.on(news, draw)
  // What was looked at is past.
  experiment.on('restarted', () => look.showAll())
  look.on('changed', draw)
  return {
    element: h('div', { class: 'curves', part: 'curves' }, ...all.map(({ element }) => element)),
    look,
    /** Those that are to be seen. */
    charts: () => all.filter(({ element }) => !element.hidden),
    /** @param {Compared[]} runs drawn behind this one's */
    compare(runs) {
      lossChart.compare(runs.map((one) => ({ ...one, parts: [one.curves.loss, one.curves.testLoss] })))
      accuracyChart.compare(runs.map((one) => ({ ...one, parts: [one.curves.accuracy, one.curves.testAccuracy] })))
      gradChart.compare(runs.map((one) => ({ ...one, parts: [one.curves.gradNorm] })))
    },
  }
}
