/** The network as a table: layers, shapes, parameters; and the memory it takes. May import lib/ and core/experiment's types. */
import { h } from '../lib/dom.js'
import { bytes, count, dims } from '../lib/format.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function summary(experiment) {
  const element = h('div', { class: 'summary' })

  /** @param {import('../core/protocol.js').Opened} opened */
  function draw({ report, train_count, test_count, steps_per_epoch }) {
    const rows = report.layers.map(({ name, type, output, params }) =>
      h('tr', {}, h('td', {}, name), h('th', { scope: 'row' }, type), h('td', { class: 'n' }, dims(output)), h('td', { class: 'n' }, params ? count(params) : '–')),
    )
    const { parameters, gradients, optimizer, activations, data, total } = report.memory
    const parts = { parameters, gradients, 'optimiser state': optimizer, activations, 'data set': data }
    const memory = Object.entries(parts).map(([name, size]) => `${name} ${bytes(size)}`)
    element.replaceChildren(
      h(
        'table',
        { class: 'data' },
        h('caption', { class: 'visually-hidden' }, 'Layers of the network'),
        h('thead', {}, h('tr', {}, ...['#', 'Layer', 'Output', 'Parameters'].map((text, i) => h('th', { scope: 'col', class: i > 1 ? 'n' : '' }, text)))),
        h('tbody', {}, ...rows),
        h('tfoot', {}, h('tr', {}, h('td'), h('th', { scope: 'row', colspan: 2 }, 'All parameters'), h('td', { class: 'n' }, count(report.params)))),
      ),
      h('p', { class: 'muted small-text' }, `${count(train_count)} training and ${count(test_count)} test examples, ${count(steps_per_epoch)} ${steps_per_epoch === 1 ? 'step' : 'steps'} per epoch.`),
      h('p', { class: 'muted small-text' }, `Memory ${bytes(total)}: ${memory.join(', ')}.`),
    )
  }
  experiment.on('opened', draw)
  return element
}
