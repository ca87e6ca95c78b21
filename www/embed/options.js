/**
 * The attributes of `<tab-grad>`: what each may be, and what is wrong with one that is not. May import lib/i18n, core/protocol and core/spec's types.
 *
 * @typedef {import('../core/protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {{ type: 'text' | 'number' | 'flag', must?: string, valid?: (value: any) => boolean }} Option must: how it goes on after "must be"
 *
 * @typedef {object} Options null: not given
 * @property {string | null} src
 * @property {DeviceChoice | null} device
 * @property {boolean} autoplay
 * @property {number | null} epochs
 * @property {number | null} steps
 * @property {number | null} seed
 * @property {number | null} lr
 * @property {number | null} batchSize
 * @property {string | null} hide
 */
import { EngineError } from '../core/protocol.js'
import { t } from '../lib/i18n.js'

/** @param {number} least @returns {Option} */
const whole = (least) => ({ type: 'number', must: t('a whole number from {least} on', { least }), valid: (value) => Number.isSafeInteger(value) && value >= least })
/** @param {...string} choices @returns {Option} */
const oneOf = (...choices) => ({ type: 'text', must: choices.join(t(' or ')), valid: (value) => choices.includes(value) })

/** @type {{ [attribute: string]: Option }} */
export const OPTIONS = {
  src: { type: 'text' },
  device: oneOf('auto', 'webgpu', 'cpu'),
  autoplay: { type: 'flag' },
  epochs: whole(1),
  steps: whole(1),
  seed: whole(0),
  lr: { type: 'number', must: t('a number above 0'), valid: (value) => value > 0 && value < Infinity },
  'batch-size': whole(1),
  hide: { type: 'text' },
  theme: oneOf('auto', 'light', 'dark'),
}

/** The property that mirrors an attribute: batchSize for batch-size. @param {string} attribute */
export const propertyOf = (attribute) => attribute.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())

/**
 * @param {string} message
 * @param {string} hint
 */
export const mistake = (message, hint) => new EngineError({ code: 'option', message, hint })

/**
 * @param {Element} element
 * @param {string} attribute
 * @returns {string | number | boolean | null} null: not given; NaN: not a number
 */
export function valueOf(element, attribute) {
  const text = element.getAttribute(attribute)
  const type = OPTIONS[attribute]?.type
  if (type === 'flag') return text !== null
  if (text === null || type === 'text') return text
  return text.trim() ? Number(text) : NaN
}

/**
 * All options of an element. Throws for the first that is not what it must be.
 * @param {Element} element
 * @returns {Options}
 */
export function optionsOf(element) {
  const entries = Object.entries(OPTIONS).map(([attribute, { must, valid }]) => {
    const value = valueOf(element, attribute)
    if (value !== null && valid && !valid(value)) {
      throw mistake(t('The attribute {attribute} is not possible.', { attribute: `${attribute}="${element.getAttribute(attribute)}"` }), t('It must be {must}; or leave the attribute out.', { must: String(must) }))
    }
    return [propertyOf(attribute), value]
  })
  const options = Object.fromEntries(entries)
  if (options.epochs !== null && options.steps !== null) throw mistake(t('The attributes epochs and steps both say when training stops.'), t('Leave one of them out.'))
  return options
}

/**
 * An experiment with what the options change of it.
 * @param {Spec} spec
 * @param {Options} options
 * @returns {Spec}
 */
export function withOptions(spec, { seed, lr, batchSize }) {
  const { optimizer } = spec
  return { ...spec, seed: seed ?? spec.seed, batch_size: batchSize ?? spec.batch_size, optimizer: { ...optimizer, lr: lr ?? optimizer.lr } }
}
