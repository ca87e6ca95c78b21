/** Which classes are taken for which: a table to read, shaded to be seen at a glance. May import lib/ and core's types. */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'

/**
 * @param {import('../../core/experiment.js').Experiment} experiment
 * @param {import('../../examples/images.js').Pictures} pictures
 */
export function confusion(experiment, { classes: names, written }) {
  const empty = h('p', { class: 'muted' }, t('Measured on all test images after each epoch, and when training pauses.'))
  const element = h('div', { class: written ? 'confusion' : 'confusion named', tabindex: 0, role: 'region', 'aria-label': written ? t('Which digits are taken for which') : t('Which classes are taken for which') }, empty)

  /** @param {import('../../core/protocol.js').Confusion} matrix */
  function draw({ classes, counts }) {
    const worst = Math.max(1, ...counts.filter((_, i) => i % (classes + 1) !== 0))
    const rows = names.map((name, row) => {
      const line = counts.subarray(row * classes, (row + 1) * classes)
      const total = line.reduce((a, b) => a + b, 0) || 1
      const cells = names.map((_, column) => {
        const n = at(line, column)
        const hit = row === column
        const cell = h('td', { class: hit ? 'hit' : n ? 'miss' : 'none' }, count(n))
        cell.style.setProperty('--share', `${Math.round(100 * (hit ? n / total : n / worst))}%`)
        return cell
      })
      return h('tr', {}, h('th', { scope: 'row' }, name), ...cells)
    })
    const heads = names.map((name) => h('th', { scope: 'col' }, name))
    const caption = h('caption', { class: 'small-text muted' }, written ? t('Rows: the digit it is. Columns: the one the network reads. Orange marks mistakes.') : t('Rows: the class it is. Columns: the one the network sees. Orange marks mistakes.'))
    element.replaceChildren(h('table', {}, caption, h('thead', {}, h('tr', {}, h('td', { class: 'corner' }), ...heads)), h('tbody', {}, ...rows)))
  }
  experiment.on('restarted', () => element.replaceChildren(empty))
  experiment.on('evaluated', (evaluation) => evaluation.confusion && draw(evaluation.confusion))
  return element
}
