/**
 * The experiment as text: shown in one form, changed in place, applied on request; what is wrong with it is said at its line. May import
 * lib/ and core/.
 *
 * @typedef {import('../core/json.js').Place} Place
 */
import { at } from '../lib/at.js'
import { h, say, uniqueId } from '../lib/dom.js'
import { count, ended, remark, sentence, together } from '../lib/format.js'
import { parts, said, t } from '../lib/i18n.js'
import { JsonError, format, readJson } from '../core/json.js'
import { problemOf } from '../core/protocol.js'
import { SpecError, formOf } from '../core/spec.js'

const LEAST_ROWS = 8
const MOST_ROWS = 24

const IN_USE = t('This is the experiment in use.')
const UNAPPLIED = t('Not applied yet.')
const OVERTAKEN = t('Not applied yet. Meanwhile the experiment was changed elsewhere; Apply puts this text in its place, Undo shows what is in use.')

/**
 * What was thrown, in words, and where it belongs.
 * @param {unknown} error
 * @param {(path: string) => Place | null} place
 * @returns {{ message: string, hint: string, path: string, place: Place | null }}
 */
function explain(error, place) {
  if (error instanceof JsonError) return { message: error.message, hint: error.hint, path: '', place: error.place }
  if (error instanceof SpecError) return { message: error.message, hint: t('Change it back, or press Undo.'), path: error.at, place: place(error.at) }
  const { message, hint = '', at: path = '' } = problemOf(error)
  return { message, hint, path, place: place(path) }
}

/** @param {import('../core/experiment.js').Experiment} experiment */
export function textEditor(experiment) {
  const id = uniqueId('text')
  const gutter = h('div', { class: 'gutter', 'aria-hidden': 'true' })
  const area = h('textarea', {
    id,
    wrap: 'off',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    'data-keys': true,
    'aria-label': t('The experiment as JSON'),
    'aria-describedby': `${id}-error`,
  })
  const fault = h('div', { class: 'field-error', role: 'alert', id: `${id}-error` })
  const status = h('p', { class: 'muted small-text', role: 'status' }, IN_USE)

  /** The text of the experiment in use. */
  let inUse = ''
  /** @type {string | null} */
  let applying = null

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

  /** @param {ReturnType<typeof explain>} what */
  function complain({ message, hint, path, place }) {
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

  async function apply() {
    const text = (applying = area.value)
    /** @type {(path: string) => Place | null} */
    let place = () => null
    unmark()
    say(status, t('Applying …'))
    try {
      const read = await readJson(text)
      place = read.place
      const spec = formOf(read.value)
      experiment.example.accept(spec)
      await experiment.edit(() => spec)
      if (area.value === text) write(inUse)
      say(status, area.value === inUse ? t('Applied. This is the experiment in use.') : UNAPPLIED)
    } catch (error) {
      say(status, UNAPPLIED)
      if (area.value === text) complain(explain(error, place))
    } finally {
      applying = null
    }
  }

  function undo() {
    write(inUse)
    say(status, IN_USE)
  }

  /** @param {import('../core/spec.js').Spec} spec */
  function show(spec) {
    const next = format(formOf(spec))
    if (next === inUse) return
    const follows = area.value === inUse || area.value === applying
    inUse = next
    if (follows) write(next)
    say(status, follows ? IN_USE : OVERTAKEN)
  }

  area.addEventListener('input', () => {
    unmark()
    say(status, area.value === inUse ? IN_USE : UNAPPLIED)
  })
  area.addEventListener('scroll', follow)
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void apply()
  })
  experiment.on('spec', show)
  show(experiment.spec)

  const buttons = [
    h('button', { type: 'button', class: 'primary', 'aria-keyshortcuts': 'Control+Enter', on: { click: () => void apply() } }, t('Apply')),
    h('button', { type: 'button', on: { click: undo } }, t('Undo')),
  ]
  const keys = h('span', { class: 'muted small-text' }, ...parts('{ctrl} {enter} applies', { ctrl: h('kbd', {}, 'Ctrl'), enter: h('kbd', {}, 'Enter') }))
  return h('div', { class: 'stack' }, h('div', { class: 'editor' }, gutter, area), fault, h('div', { class: 'buttons' }, ...buttons, keys), status)
}
