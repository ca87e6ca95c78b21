/**
 * A field for one option of a layer, as the schema describes it. May import field.js, layer-words.js, lib/ and core/.
 *
 * @typedef {import('../core/schema.js').Option} Option
 * @typedef {{ element: HTMLElement, set: (value: unknown) => void, complain?: (problem: import('../core/protocol.js').Problem | null) => void }} OptionField
 *   set: undefined is what is usual; complain: where it can say by itself what is wrong
 */
import { LAYERS, isRequired } from '../core/schema.js'
import { refusal } from '../core/protocol.js'
import { t } from '../lib/i18n.js'
import { entryField, selectField } from './field.js'
import { OPTION_WORDS } from './layer-words.js'

/** One number, or several with commas between them. @param {unknown} value */
const listed = (value) => (Array.isArray(value) ? value.join(', ') : String(value))

/**
 * @param {string} text
 * @param {string} label
 */
function numbersIn(text, label) {
  const numbers = text.split(/[\s,;×x]+/).filter(Boolean).map(Number)
  if (!numbers.length || numbers.some(Number.isNaN)) throw refusal(t('{label} must be a number, or several with commas between them.', { label }))
  return numbers.length === 1 ? numbers[0] : numbers
}

/**
 * @param {Option} option
 * @param {string} label
 * @returns {(text: string, bad: boolean) => unknown}
 */
function readerOf(option, label) {
  const optional = !isRequired(option)
  return (text, bad) => {
    const trimmed = text.trim()
    if (!trimmed && !bad && optional) return undefined
    if (option.kind === 'text') return trimmed
    if (option.kind === 'pair' || option.kind === 'sizes') return numbersIn(trimmed, label)
    if (!trimmed || bad) throw refusal(t('{label} must be a number.', { label }))
    return Number(trimmed)
  }
}

/** What stands in a field that is left empty. @param {Option} option @param {string} name */
function placeholderOf({ usual }, name) {
  if (usual === undefined) return ''
  if (usual !== null) return listed(usual)
  return name === 'stride' ? t('as the window') : ['tied_to', 'padding_idx'].includes(name) ? t('none') : t('automatic')
}

/**
 * @param {string} type of the layer
 * @param {string} name of the option
 * @param {(value: unknown) => void} change undefined: to what is usual
 * @returns {OptionField}
 */
export function optionField(type, name, change) {
  const option = /** @type {Option} */ (LAYERS[type]?.[name])
  const label = OPTION_WORDS[name] ?? name
  const { kind, usual, choices } = option
  const help = name
  if (kind === 'flag') {
    const field = selectField({
      label,
      help,
      options: /** @type {const} */ ([
        ['true', t('yes')],
        ['false', t('no')],
      ]),
      change: (value) => change((value === 'true') === usual ? undefined : value === 'true'),
    })
    return { element: field.element, set: (value) => field.set((value ?? usual) ? 'true' : 'false') }
  }
  if (choices) {
    const field = selectField({ label, help, options: choices.map((one) => /** @type {const} */ ([one, one])), change: (value) => change(value === usual ? undefined : value) })
    return { element: field.element, set: (value) => field.set(String(value ?? usual)) }
  }
  const numeric = kind === 'whole' || kind === 'number'
  const { min, max } = option
  const field = entryField({
    label,
    term: name,
    help,
    attributes: { placeholder: placeholderOf(option, name), ...(numeric ? { type: 'number', min, max, step: kind === 'whole' ? 1 : 'any', inputmode: 'decimal' } : {}) },
    read: readerOf(option, label),
    show: (value) => (value === undefined ? '' : listed(value)),
    change,
  })
  return { element: field.element, set: field.set, complain: field.complain }
}
