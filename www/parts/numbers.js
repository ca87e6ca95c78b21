/** The curves of a run as a table, folded until it is wanted. May import lib/, scales.js and core/. */
import { at } from '../lib/at.js'
import { h } from '../lib/dom.js'
import { count, listed, percent, short } from '../lib/format.js'
import { said, t } from '../lib/i18n.js'
import { CURVES, rowsOf } from '../core/figures.js'
import { lossesOf } from './scales.js'

/** More rows than these are a matter for a file. */
const MOST = 200

/**
 * @param {import('../core/experiment.js').Experiment} experiment
 * @param {import('./look.js').Look} look whose steps are in the table
 * @param {...HTMLElement} more below it
 */
export function numbers(experiment, look, ...more) {
  const { run, example } = experiment
  const { title, scale } = lossesOf(example)
  const measured = example.measured ? said(example.measured) : t('test')
  const heads = [listed([title, t('training batches')]), listed([t('Accuracy'), t('training batches')]), t('Gradient norm'), listed([title, measured]), listed([t('Accuracy'), measured])]
  /** @type {((value: number) => string)[]} */
  const shows = [scale.show, percent, short, scale.show, percent]
  const table = h('table', { class: 'data' })
  const note = h('p', { class: 'muted small-text' })
  const element = h(
    'details',
    { class: 'more', on: { toggle: () => draw() } },
    h('summary', {}, t('The numbers as a table')),
    h('div', { class: 'table-place', tabindex: 0, role: 'region', 'aria-label': t('The numbers as a table') }, table),
    note,
    h('div', { class: 'buttons' }, ...more),
  )

  function draw() {
    if (!element.open) return
    const { from, to } = look.way
    const rows = rowsOf(run.curves, { from, to, most: MOST })
    const columns = CURVES.map((_, i) => i).filter((i) => rows.some(({ values }) => values[i] !== null))
    const head = h('tr', {}, h('th', { scope: 'col', class: 'n' }, t('Step')), ...columns.map((i) => h('th', { scope: 'col', class: 'n' }, heads[i])))
    const body = rows.map(({ step, values }) => {
      const cells = columns.map((i) => h('td', { class: 'n' }, values[i] === null ? '–' : at(shows, i)(at(/** @type {number[]} */ (values), i))))
      return h('tr', {}, h('th', { scope: 'row', class: 'n' }, count(step)), ...cells)
    })
    table.replaceChildren(h('caption', { class: 'visually-hidden' }, t('The curves, step by step')), h('thead', {}, head), h('tbody', {}, ...body))
    const words = t('{rows} rows: where steps are too many, a row stands for several, with what was measured last in them. The file has all that the curves know.', { rows: rows.length })
    note.textContent = rows.length ? words : t('Nothing is measured yet.')
  }

  // Not with every step: a table is read, not watched.
  for (const news of /** @type {const} */ (['evaluated', 'restarted', 'playing'])) experiment.on(news, draw)
  let shown = look.way
  look.on('changed', (way) => {
    if (way.from !== shown.from || way.to !== shown.to) draw()
    shown = way
  })
  return element
}
