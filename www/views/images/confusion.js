/**
 * Which classes are taken for which: a table to read, shaded to be seen at a glance, whose cells show their images; and how well each class is told from the
 * others. May import lib/, core's types and its neighbours.
 */
import { at } from '../../lib/at.js'
import { attribute, h, say } from '../../lib/dom.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { cases } from './cases.js'
import { scores } from './scores.js'

/** Where a key leads in the table. @type {{ [key: string]: [rows: number, columns: number] }} */
const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('../../examples/images.js').Pictures} pictures
 * @param {import('../../core/verdicts.js').Verdicts} verdicts
 */
export function confusion(setting, { classes: names, written }, verdicts) {
  const { experiment } = setting
  const empty = h('p', { class: 'muted' }, t('Measured on all test images after each epoch, and when training pauses.'))
  const shown = cases(setting, verdicts, names, () => mark(null))
  const perClass = scores(names)

  const cells = names.map((_, row) =>
    names.map((_, column) => {
      const button = h('button', { type: 'button', tabindex: row || column ? -1 : 0, on: { click: () => press(row, column) } })
      return { button, element: h('td', {}, button) }
    }),
  )
  const buttons = cells.map((line) => line.map(({ button }) => button))
  /** Only one of the cells is among those that Tab goes through; arrow keys lead to the others. @param {HTMLButtonElement} button */
  function choose(button) {
    for (const one of buttons.flat()) one.tabIndex = one === button ? 0 : -1
  }

  /** Its images are those below. @param {HTMLButtonElement | null} button */
  function mark(button) {
    for (const one of buttons.flat()) attribute(one, 'aria-current', one === button && 'true')
  }

  /** @param {number} row @param {number} column */
  function press(row, column) {
    const button = at(at(buttons, row), column)
    choose(button)
    if (button.textContent === '0') return
    mark(button)
    void shown.show(row, column)
  }

  const rows = names.map((name, row) => h('tr', {}, h('th', { scope: 'row' }, name), ...at(cells, row).map(({ element }) => element)))
  const heads = names.map((name) => h('th', { scope: 'col' }, name))
  const reading = written
    ? t('Rows: the digit it is. Columns: the one the network reads. Orange marks mistakes. Press a number to see its images.')
    : t('Rows: the class it is. Columns: the one the network sees. Orange marks mistakes. Press a number to see its images.')
  const caption = h('caption', { class: 'small-text muted' }, reading)
  const table = h('table', {}, caption, h('thead', {}, h('tr', {}, h('td', { class: 'corner' }), ...heads)), h('tbody', {}, ...rows))
  const label = written ? t('Which digits are taken for which') : t('Which classes are taken for which')
  const place = h('div', { class: written ? 'confusion' : 'confusion named', tabindex: 0, role: 'region', 'aria-label': label }, empty)

  table.addEventListener('keydown', (event) => {
    const step = KEYS[event.key]
    const row = buttons.findIndex((line) => line.includes(/** @type {HTMLButtonElement} */ (event.target)))
    if (!step || row < 0) return
    const column = at(buttons, row).indexOf(/** @type {HTMLButtonElement} */ (event.target))
    const next = buttons[row + step[0]]?.[column + step[1]]
    event.preventDefault()
    if (!next) return
    choose(next)
    next.focus()
  })

  /** @param {import('../../core/protocol.js').Confusion} matrix */
  function draw(matrix) {
    const { classes, counts } = matrix
    const worst = Math.max(1, ...counts.filter((_, i) => i % (classes + 1) !== 0))
    cells.forEach((line, row) => {
      const total = counts.subarray(row * classes, (row + 1) * classes).reduce((a, b) => a + b, 0) || 1
      line.forEach(({ button, element }, column) => {
        const n = at(counts, row * classes + column)
        const hit = row === column
        element.className = hit ? 'hit' : n ? 'miss' : 'none'
        element.style.setProperty('--share', `${Math.round(100 * (hit ? n / total : n / worst))}%`)
        say(button, count(n))
        attribute(button, 'aria-disabled', !n)
        attribute(button, 'aria-label', t('{is} taken for {taken}: {count}', { is: at(names, row), taken: at(names, column), count: count(n) }))
      })
    })
    perClass.show(matrix)
    if (place.firstChild !== table) place.replaceChildren(table)
    perClass.element.hidden = false
  }

  function forget() {
    place.replaceChildren(empty)
    perClass.element.hidden = true
  }
  experiment.on('restarted', forget)
  experiment.on('evaluated', (evaluation) => evaluation.confusion && draw(evaluation.confusion))
  forget()
  return h('div', { class: 'stack' }, place, shown.element, perClass.element)
}
