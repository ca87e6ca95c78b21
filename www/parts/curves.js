/** The curves of an experiment: loss, and accuracy where it has one. May import chart.js, lib/dom and core/experiment's types. */
import { h } from '../lib/dom.js'
import { chart } from './chart.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function curves(experiment) {
  const { loss, accuracy, testLoss, testAccuracy } = experiment.curves
  /** @type {(train: import('../core/series.js').Series, test: import('../core/series.js').Series) => import('./chart.js').Line[]} */
  const pair = (train, test) => [
    { name: 'training batches', series: train, colour: 'curve-train', width: 1.5 },
    { name: experiment.example.measured ?? 'test', series: test, colour: 'curve-test', width: 2.5 },
  ]
  const lossChart = chart({ title: 'Loss', lines: pair(loss, testLoss) })
  const accuracyChart = chart({ title: 'Accuracy', share: true, lines: pair(accuracy, testAccuracy) })

  function draw() {
    const { evaluation } = experiment
    if (evaluation) accuracyChart.element.hidden = evaluation.accuracy === null
    lossChart.draw()
    accuracyChart.draw()
  }
  experiment.on('progress', draw)
  experiment.on('evaluated', draw)
  experiment.on('restarted', draw)
  return h('div', { class: 'curves' }, lossChart.element, accuracyChart.element)
}
