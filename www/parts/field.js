/**
 * Labelled fields. Each shows beside itself why a value was refused, and keeps that value for correction. May import lib/ and
 * core/protocol.
 *
 * @template T
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {(value: T) => void} set shows a value, unless the visitor is just changing it or correcting a refused one
 */
import { at } from '../lib/at.js'
import { attribute, h, uniqueId } from '../lib/dom.js'
import { remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { problemOf, refusal } from '../core/protocol.js'

/** @typedef {HTMLInputElement | HTMLSelectElement} Control */

/**
 * What a field shows of a change that may be refused, and when it shows a value from elsewhere.
 * @param {Element} marked
 * @param {HTMLElement} error
 * @param {(message: string) => string} [inWords] the engine's message in the page's words
 */
function verdict(marked, error, inWords = String) {
  const refused = () => marked.getAttribute('aria-invalid') === 'true'
  let underWay = 0
  /** @type {(() => void) | null} */
  let waiting = null
  /** @param {import('../core/protocol.js').Problem | null} problem null: there is none */
  function complain(problem) {
    attribute(marked, 'aria-invalid', problem && 'true')
    error.replaceChildren(...(problem ? [h('p', {}, remark({ message: inWords(problem.message), hint: problem.hint }))] : []))
  }
  return {
    complain,
    /** @param {() => unknown} change */
    async try(change) {
      underWay++
      try {
        await change()
        complain(null)
      } catch (thrown) {
        complain(problemOf(thrown))
      }
      if (--underWay) return
      waiting?.()
      waiting = null
    },
    /**
     * While a change of the visitor's is under way, what comes is of before it: what is newest is shown after it.
     * @param {() => void} set
     * @param {{ corrected?: boolean }} [options] corrected: a refused value stays, to be corrected
     */
    show(set, { corrected = true } = {}) {
      const now = () => {
        if (!corrected || !refused()) set()
      }
      if (underWay) waiting = now
      else now()
    },
  }
}

/**
 * @param {string} label
 * @param {Control} control
 * @param {{ help?: string, output?: HTMLElement, term?: string }} [extra] term: what the experiment's JSON calls it
 */
function row(label, control, { help, output, term } = {}) {
  control.id = uniqueId('field')
  const error = h('div', { class: 'field-error', role: 'alert', id: `${control.id}-error` })
  const helpText = help ? h('p', { class: 'field-help', id: `${control.id}-help` }, help) : null
  control.setAttribute('aria-describedby', help ? `${control.id}-help ${error.id}` : error.id)
  const element = h('div', { class: 'field' }, h('label', { for: control.id }, label, output && ' ', output), control, helpText, error)
  return { element, verdict: verdict(control, error, (message) => (term ? message.replace(term, label) : message)) }
}

/**
 * A field whose text is read when the visitor is done with it.
 * @template T
 * @param {object} options
 * @param {string} options.label
 * @param {string} [options.term] what the experiment's JSON calls it
 * @param {string} [options.help]
 * @param {import('../lib/dom.js').Props} [options.attributes]
 * @param {(text: string, bad: boolean) => T} options.read bad: the browser makes nothing of it, and gives no text; throws what is wrong
 * @param {(value: T) => string} [options.show]
 * @param {(value: T) => unknown} options.change
 * @returns {Field<T> & { complain: (problem: import('../core/protocol.js').Problem | null) => void }} complain: says what is wrong with the value, as found elsewhere
 */
export function entryField({ label, term, help, attributes, read, show = String, change }) {
  const input = h('input', { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', ...attributes })
  const { element, verdict } = row(label, input, { help, term })
  let typing = false
  input.addEventListener('input', () => (typing = true))
  input.addEventListener('blur', () => (typing = false))
  input.addEventListener('change', () => {
    typing = false
    void verdict.try(() => change(read(input.value, input.validity.badInput)))
  })
  return {
    element,
    complain: verdict.complain,
    set: (value) =>
      verdict.show(() => {
        if (!typing && input.value !== show(value)) input.value = show(value)
      }),
  }
}

/**
 * @param {{ label: string, term?: string, min?: number, max?: number, step?: number | 'any', help?: string, change: (value: number) => unknown }} options
 * @returns {Field<number>}
 */
export const numberField = ({ label, min, max, step = 'any', ...others }) =>
  entryField({
    label,
    attributes: { type: 'number', min, max, step, inputmode: 'decimal' },
    read(text, bad) {
      if (text === '' || bad) throw refusal(t('{label} must be a number.', { label }))
      return Number(text)
    },
    ...others,
  })

/**
 * @param {{ label: string, help?: string, change: (value: string) => unknown }} options change: also called while the visitor types
 * @returns {Field<string>}
 */
export function textField({ label, help, change }) {
  const input = h('input', { type: 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' })
  const { element, verdict } = row(label, input, { help })
  input.addEventListener('input', () => void verdict.try(() => change(input.value)))
  return {
    element,
    set: (value) =>
      verdict.show(() => {
        if (input.value !== value) input.value = value
      }),
  }
}

/**
 * @param {{ label: string, min: number, max: number, step: number, show?: (value: number) => string, change: (value: number) => unknown }} options
 * @returns {Field<number>}
 */
export function rangeField({ label, min, max, step, show = String, change }) {
  const input = h('input', { type: 'range', min, max, step })
  const output = h('output', {})
  const { element, verdict } = row(label, input, { output })
  const tell = () => {
    output.textContent = show(input.valueAsNumber)
    input.setAttribute('aria-valuetext', output.textContent)
  }
  input.addEventListener('input', tell)
  input.addEventListener('change', () => void verdict.try(() => change(input.valueAsNumber)))
  return {
    element,
    set: (value) =>
      verdict.show(() => {
        input.value = String(value)
        tell()
      }),
  }
}

/**
 * @template {string} T
 * @param {{ label: string, options: readonly (readonly [T, string])[], help?: string, change: (value: T) => unknown }} settings
 * @returns {Field<T>}
 */
export function selectField({ label, options, help, change }) {
  const select = h('select', {}, ...options.map(([value, text]) => h('option', { value }, text)))
  const { element, verdict } = row(label, select, { help })
  select.addEventListener('change', () => void verdict.try(() => change(/** @type {T} */ (select.value))))
  return {
    element,
    set: (value) => verdict.show(() => (select.value = value)),
  }
}

/**
 * Several of several, as check boxes.
 * @template {string} T
 * @param {{ label: string, options: readonly (readonly [T, string])[], change: (values: T[]) => unknown }} settings
 * @returns {Field<readonly T[]>}
 */
export function checksField({ label, options, change }) {
  const error = h('div', { class: 'field-error', role: 'alert' })
  const boxes = options.map(([value]) => h('input', { type: 'checkbox', value }))
  const labels = options.map(([, text], i) => h('label', { class: 'check' }, boxes[i], text))
  const element = h('fieldset', { class: 'field' }, h('legend', {}, label), h('div', { class: 'checks' }, ...labels), error)
  const judge = verdict(element, error)
  element.addEventListener('change', () => {
    void judge.try(() => change(options.map(([value]) => value).filter((_, i) => at(boxes, i).checked)))
  })
  return {
    element,
    set: (values) => judge.show(() => options.forEach(([value], i) => (at(boxes, i).checked = values.includes(value)))),
  }
}

/**
 * One of several, all in view: radio buttons.
 * @template {string} T
 * @param {{ label: string, options: readonly (readonly [T, import('../lib/dom.js').Child])[], change: (value: T) => unknown }} settings
 * @returns {Field<T>}
 */
export function radioField({ label, options, change }) {
  const name = uniqueId('radio')
  const error = h('div', { class: 'field-error', role: 'alert' })
  const radios = options.map(([value]) => h('input', { type: 'radio', name, value }))
  const labels = options.map(([, content], i) => h('label', { class: 'check' }, radios[i], content))
  const element = h('fieldset', { class: 'field' }, h('legend', {}, label), h('div', { class: 'checks' }, ...labels), error)
  const judge = verdict(element, error)
  element.addEventListener('change', () => {
    const chosen = options.find((_, i) => at(radios, i).checked)
    if (chosen) void judge.try(() => change(chosen[0]))
  })
  return {
    element,
    set: (value) => judge.show(() => options.forEach(([one], i) => (at(radios, i).checked = one === value)), { corrected: false }),
  }
}
