/**
 * The experiment as text: shown in one form, changed in place, applied on request; what is wrong with it is said at its line. May import
 * completion.js, lib/, core/ and json-area.js.
 *
 * @typedef {import('../core/json.js').Place} Place
 */
import { h, say } from '../lib/dom.js'
import { parts, t } from '../lib/i18n.js'
import { format, readJson } from '../core/json.js'
import { formOf } from '../core/spec.js'
import { completion } from './completion.js'
import { jsonArea } from './json-area.js'

const IN_USE = t('This is the experiment in use.')
const UNAPPLIED = t('Not applied yet.')
const OVERTAKEN = t('Not applied yet. Meanwhile the experiment was changed elsewhere; Apply puts this text in its place, Undo shows what is in use.')

/** @param {import('../core/experiment.js').Experiment} experiment */
export function textEditor(experiment) {
  const { element, area, fault, write, unmark, complain } = jsonArea({ label: t('The experiment as JSON'), remedy: t('Change it back, or press Undo.') })
  const status = h('p', { class: 'muted small-text', role: 'status' }, IN_USE)

  const printed = h('pre', { class: 'on-paper', translate: 'no' })

  /** The text of the experiment in use. */
  let inUse = ''

  const applies = h('button', { type: 'button', 'aria-keyshortcuts': 'Control+Enter', on: { click: () => void apply() } }, t('Apply'))

  /** @param {string} words how the text stands to what is in use */
  function tell(words) {
    say(status, words)
    applies.classList.toggle('primary', area.value !== inUse)
  }

  /** @type {string | null} */
  let applying = null

  async function apply() {
    const text = (applying = area.value)
    /** @type {(path: string) => Place | null} */
    let place = () => null
    unmark()
    tell(t('Applying …'))
    try {
      const read = await readJson(text)
      place = read.place
      const spec = formOf(read.value)
      experiment.example.accept(spec)
      await experiment.edit(() => spec)
      if (area.value === text) write(inUse)
      tell(area.value === inUse ? t('Applied. This is the experiment in use.') : UNAPPLIED)
    } catch (error) {
      tell(UNAPPLIED)
      if (area.value === text) complain(error, place)
    } finally {
      applying = null
    }
  }

  function undo() {
    write(inUse)
    tell(IN_USE)
  }

  /** @param {import('../core/spec.js').Spec} spec */
  function show(spec) {
    const next = format(formOf(spec))
    if (next === inUse) return
    const follows = area.value === inUse || area.value === applying
    inUse = next
    say(printed, next)
    if (follows) write(next)
    tell(follows ? IN_USE : OVERTAKEN)
  }

  area.addEventListener('input', () => {
    tell(area.value === inUse ? IN_USE : UNAPPLIED)
  })
  area.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void apply()
  })
  experiment.on('spec', show)
  show(experiment.spec)

  const buttons = [applies, h('button', { type: 'button', on: { click: undo } }, t('Undo'))]
  const key = (/** @type {string} */ name) => h('span', {}, h('kbd', {}, 'Ctrl'), ' ', h('kbd', {}, name))
  const keys = h('span', { class: 'muted small-text' }, ...parts('{enter} applies, {space} suggests', { enter: key('Enter'), space: key(t('Space')) }))
  return h('div', { class: 'stack text-editor' }, element, fault, printed, h('div', { class: 'buttons' }, ...buttons, keys), status, completion(area))
}
