/** The network as a table: layers, shapes, parameters. May import lib/ and core/experiment's types. */
import { h } from '../lib/dom.js'
import { count, dims } from '../lib/format.js'
import { t } from '../lib/i18n.js'

/** A long name may go on in the next line, at a capital. @param {string} name */
const breakable = (name) => name.split(/(?=[A-Z][a-z])/).flatMap((word, i) => (i ? [h('wbr'), word] : [word]))

/** @param {import('../core/experiment.js').Experiment} experiment */
export function summary(experiment) {
  const body = h('tbody', {})
  const all = h('td', { class: 'n' }, '–')
  const heads = ['#', t('Layer'), t('Output'), t('Parameters')].map((text, i) => h('th', { scope: 'col', class: i > 1 ? 'n' : '' }, text))
  experiment.on('opened', ({ report }) => {
    body.replaceChildren(
      ...report.layers.map(({ name, type, output, params }) =>
        h('tr', {}, h('td', { translate: 'no' }, name), h('th', { scope: 'row', translate: 'no' }, ...breakable(type)), h('td', { class: 'n' }, dims(output)), h('td', { class: 'n' }, params ? count(params) : '–')),
      ),
    )
    all.textContent = count(report.params)
  })
  return h(
    'table',
    { class: 'data summary' },
    h('caption', { class: 'visually-hidden' }, t('Layers of the network')),
    h('thead', {}, h('tr', {}, ...heads)),
    body,
    h('tfoot', {}, h('tr', {}, h('td'), h('th', { scope: 'row', colspan: 2 }, t('All parameters')), all)),
  )
}
