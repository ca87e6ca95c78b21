/**
 * A network that the page offers, and whether a saved file is one of it. May import lib/, protocol.js and spec.js.
 *
 * @typedef {import('./protocol.js').Pace} Pace
 * @typedef {import('./spec.js').Spec} Spec
 *
 * @typedef {object} Card what the gallery says of it
 * @property {string} shows what it does, and what there is to see
 * @property {string} data what it learns from
 * @property {string} score what it reaches, and on what that is measured
 * @property {number} steps of the optimiser until then
 *
 * @typedef {object} Example
 * @property {string} id
 * @property {string} [view] its folder in views/, where that is not its id
 * @property {Spec} spec
 * @property {number} [epochs] training stops after so many, and after each further press after as many again
 * @property {number} [steps] the same, counted in steps
 * @property {{ name: string, pace?: Pace }[]} speeds the first is the default
 * @property {string} [measured] what test figures are measured on, where that is not separate test data
 * @property {boolean} [details] measure with the confusion matrix and the worst mistakes
 * @property {boolean} [bits] losses are shown in bits instead of nats: of a text, the bits that a character takes
 * @property {{ title: string, lead: string, source: string }} [about] in a view that shows several examples: what this one is, and the paper that it is from
 * @property {import('./lesson.js').Lesson} [lesson] that it is the network of
 * @property {number} [glance] while training, measure on so many test examples: all of them take long
 * @property {(spec: Spec) => void} accept throws a SpecError for a spec that the example's view cannot show
 *
 * @typedef {Example & { card: Card }} Offered one of the gallery's
 */
import { t } from '../lib/i18n.js'
import { FormatError, readSafetensors } from '../lib/safetensors.js'
import { EngineError } from './protocol.js'
import { formOf } from './spec.js'

/**
 * The experiment in a saved file. Throws a FormatError or a SpecError, or JSON's own error, if there is none.
 * @param {Uint8Array} bytes
 */
export function savedSpec(bytes) {
  const { metadata } = readSafetensors(bytes)
  if (!metadata.spec) throw new FormatError(t('it was not saved by tabgrad: it holds no experiment'))
  return formOf(JSON.parse(metadata.spec))
}

/**
 * @param {Example} example
 * @param {unknown} value
 */
function accepted({ accept }, value) {
  const spec = formOf(value)
  accept(spec)
  return spec
}

/**
 * What a file is of use for; refused, if it is not.
 * @template T
 * @param {() => T} read
 */
function orRefused(read) {
  try {
    return read()
  } catch (error) {
    const message = t('This file cannot be used here: {message}.', { message: String(error instanceof Error ? error.message : error) })
    throw new EngineError({ code: 'checkpoint', message, hint: t('Choose a file that was saved from this network on this page.') })
  }
}

/**
 * An experiment that somebody wrote; refused, if the example cannot show it.
 * @param {Example} example
 * @param {unknown} value
 */
export const specOf = (example, value) => orRefused(() => accepted(example, value))

/**
 * The experiment in a saved file; refused, if the example cannot show it.
 * @param {Example} example
 * @param {Uint8Array} bytes
 */
export const specIn = (example, bytes) => orRefused(() => accepted(example, savedSpec(bytes)))
