/**
 * A field for JSON with numbered lines; what is wrong with it is said at its line. May import lib/ and core/.
 *
 * @typedef {import('../core/json.js').Place} Place
 */
import { at } from '../lib/at.js'
import { h, uniqueId } from '../lib/dom.js'
import { count, ended, remark, sentence, together } from '../lib/format.js'
import { said, t } from '../lib/i18n.js'
import { JsonError } from '../core/json.js'
import { problemOf } from '../core/protocol.js'
import { SpecError } from '../core/spec.js'

const LEAST_ROWS = 8
const MOST_ROWS = 24

/**
 * What was thrown, in words, and where it belongs.
 * @param {unknown} error
 * @param {(path: string) => Place | null} place
 * @param {string} remedy for what has the wrong form
 * @returns {{ message: string, hint: string, path: string, place: Place | null }}
 */
function explain(error, place, remedy) {
  if (error instanceof JsonError) return { message: error.message, hint: error.hint, path: '', place: error.place }
  if (error instanceof SpecError) return { message: error.message, hint: remedy, path: error.at, place: place(error.at) }
  const { message, hint = '', at: path = '' } = problemOf(error)
  return { message, hint, path, place: place(path) }
}

/**
 * @param {{ label: string, remedy: string }} words label: what is in it; remedy: for what has the wrong form
 */
export function jsonArea({ label, remedy }) {
  const id = uniqueId('text')
  const gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' })
  const area = h('textarea', {
    id,
    wrap: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    'data-keys': true,
    'aria-label': label,
    'aria-describedby': `${id}-error`,
  })
  const fault = h('div', { class: 'field-error', role: 'alert', id: `${id}-error` })

  /** @param {number} [marked] the line that something is said of */
  function number(marked) {
    const lines = area.value.split('\n').length
    area.rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, lines + 1))
    gutter.replaceChildren(...[...Array(lines).keys()].map((i) => h('div', { class: i + 1 === marked ? 'marked' : '' }, String(i + 1))))
    follow()
  }

  const follow = () => (gutter.scrollTop = area.scrollTop)

  /** @param {string} text */
  function write(text) {
    area.value = text
    unmark()
  }

  function unmark() {
    area.removeAttribute('aria-invalid')
    fault.replaceChildren()
    number()
  }

  /**
   * Says what was thrown.
   * @param {unknown} error
   * @param {(path: string) => Place | null} placeOf
   */
  function complain(error, placeOf) {
    const { message, hint, path, place } = explain(error, placeOf, remedy)
    const words = path ? [h('strong', {}, `${path}: `), together(ended(said(message)), sentence(hint))] : [remark({ message, hint })]
    area.setAttribute('aria-invalid', 'true')
    number(place?.line)
    if (!place) return fault.replaceChildren(h('p', {}, ...words))
    const { line, column, from, to } = place
    const go = () => {
      area.focus()
      area.setSelectionRange(from, to)
    }
    const where = h('button', { type: 'button', class: 'small', on: { click: go } }, t('Line {line}, column {column}', { line: count(line), column: count(column) }))
    fault.replaceChildren(h('p', {}, where, ' ', ...words))
    // The line and some before it come into view.
    area.scrollTop = (line - LEAST_ROWS / 2) * at(Array.from(gutter.children), 0).clientHeight
    follow()
  }

  area.addEventListener('input', unmark)
  area.addEventListener('scroll', follow)
  number()
  return { element: h('div', { class: 'editor' }, gutter, area), area, fault, write, unmark, complain }
}
