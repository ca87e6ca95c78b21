/** How well each class is told from the others: a table. May import lib/ and core/. */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { count, percent } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { meanOf, perClass } from '../../core/per-class.js'

/** @param {readonly string[]} classes */
export function scores(classes) {
  const body = h('tbody', {})
  const foot = h('tfoot', {})
  const heads = [t('Class'), t('Precision (P)'), t('Recall (R)'), 'F1', t('Images')].map((name, i) => h('th', { scope: 'col', class: i ? 'n' : '' }, name))
  const table = h('table', { class: 'data' }, h('caption', { class: 'visually-hidden' }, t('Precision and recall of each class')), h('thead', {}, h('tr', {}, ...heads)), body, foot)
  const help = h('p', { class: 'muted small-text' }, t('Precision: of what it takes for the class, the share that is. Recall: of what is the class, the share that it sees. F1: both in one, their harmonic mean.'))

  /** @param {string} name @param {import('../../core/per-class.js').ClassScore} score */
  const row = (name, { precision, recall, f1, support }) =>
    h('tr', {}, h('th', { scope: 'row' }, name), ...[precision, recall, f1].map((share) => h('td', { class: 'n' }, percent(share))), h('td', { class: 'n' }, count(support)))
  return {
    element: h('details', { class: 'more' }, h('summary', {}, t('Precision and recall of each class')), table, help),
    /** @param {import('../../core/protocol.js').Confusion} confusion */
    show(confusion) {
      const all = perClass(confusion)
      body.replaceChildren(...classes.map((name, n) => row(name, at(all, n))))
      foot.replaceChildren(row(t('Mean'), meanOf(all)))
    },
  }
}
