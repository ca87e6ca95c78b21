/**
 * What a network takes before it is trained: memory, part by part, and data; and the devices there are to carry it.
 * May import lib/, offers.js and core's types.
 *
 * @typedef {import('../core/client.js').Client} Client
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { at } from '../lib/at.js'
import { h } from '../lib/dom.js'
import { bytes, count } from '../lib/format.js'
import { parts, said, t } from '../lib/i18n.js'
import { offers } from './offers.js'

const PARTS = /** @type {const} */ ([
  ['parameters', t('Parameters')],
  ['gradients', t('Gradients')],
  ['optimizer', t('Optimiser state')],
  ['activations', t('Activations of a batch')],
  ['data', t('Data set')],
  ['total', t('Together')],
])

/**
 * @param {Client} client
 * @param {Experiment} experiment
 */
export function needs(client, experiment) {
  const sizes = PARTS.map(() => h('td', { class: 'n' }, '–'))
  const rows = PARTS.map(([, name], i) => h('tr', {}, h('th', { scope: 'row' }, name), sizes[i]))
  const together = rows.splice(-1)
  const runs = h('p', {})
  const devices = offers(client)
  const examples = h('p', { class: 'muted small-text' })
  experiment.on('opened', ({ report, device, train_count, test_count, steps_per_epoch }) => {
    devices.ask()
    PARTS.forEach(([part], i) => (at(sizes, i).textContent = bytes(report.memory[part])))
    runs.replaceChildren(h('span', {}, ...parts('Runs on {device}. This browser offers:', { device: h('strong', {}, said(device.name)) })))
    examples.textContent =
      steps_per_epoch === 1
        ? t('{train} training and {test} test examples, 1 step per epoch.', { train: count(train_count), test: count(test_count) })
        : t('{train} training and {test} test examples, {steps} steps per epoch.', { train: count(train_count), test: count(test_count), steps: count(steps_per_epoch) })
  })
  const table = h(
    'table',
    { class: 'data' },
    h('caption', { class: 'visually-hidden' }, t('Memory that training takes')),
    h('tbody', {}, ...rows),
    h('tfoot', {}, ...together),
  )
  return h('div', { class: 'stack needs' }, table, examples, runs, devices.element)
}
