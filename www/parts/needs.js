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
import { offers } from './offers.js'

const PARTS = /** @type {const} */ ([
  ['parameters', 'Parameters'],
  ['gradients', 'Gradients'],
  ['optimizer', 'Optimiser state'],
  ['activations', 'Activations of a batch'],
  ['data', 'Data set'],
  ['total', 'Together'],
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
    runs.replaceChildren('Runs on ', h('strong', {}, device.name), '. This browser offers:')
    examples.textContent =
      `${count(train_count)} training and ${count(test_count)} test examples, ` +
      `${count(steps_per_epoch)} ${steps_per_epoch === 1 ? 'step' : 'steps'} per epoch.`
  })
  const table = h(
    'table',
    { class: 'data' },
    h('caption', { class: 'visually-hidden' }, 'Memory that training takes'),
    h('tbody', {}, ...rows),
    h('tfoot', {}, ...together),
  )
  return h('div', { class: 'stack needs' }, table, examples, runs, devices.element)
}
