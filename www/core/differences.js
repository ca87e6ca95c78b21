/**
 * In which settings experiments differ. Pure. May import lib/at and spec.js.
 *
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {{ path: string, values: string[] }} Difference path: as the engine writes it, "layers[2].out_features"; values: of each experiment, in words; '': it has none
 */
import { at } from '../lib/at.js'
import { defaultOf, isObject } from './spec.js'

/** Longer than this, a value is only hinted at. */
const LONGEST = 80
/** They say what a thing is, not how it is trained. */
const UNTOLD = ['name']

/** @param {unknown[]} values */
const alike = (values) => values.every((value) => JSON.stringify(value) === JSON.stringify(values[0]))

/** A list can be compared place by place, if in each place the same kind of thing stands. @param {unknown[]} values @returns {values is unknown[][]} */
function sameKinds(values) {
  const [first] = values
  if (!Array.isArray(first)) return false
  return values.every((value) => Array.isArray(value) && value.length === first.length && value.every((entry, n) => isObject(entry) && isObject(first[n]) && entry.type === first[n].type))
}

/**
 * What stands under a key, or what the engine takes where nothing does.
 * @param {{ [key: string]: any }} object
 * @param {string} key
 * @param {boolean} root of the experiment, which has no type
 */
function entryOf(object, key, root) {
  const [value, usual] = [object[key], defaultOf(root ? '' : (object.type ?? 'none'), key)]
  if (value === undefined) return usual
  return isObject(value) && isObject(usual) && value.type === usual.type ? { ...usual, ...value } : value
}

/** @param {unknown} value @returns {string} */
function words(value) {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(words).join(', ')
  if (!isObject(value)) return String(value)
  const { type = '', ...options } = value
  return [type, ...Object.entries(options).map(([key, option]) => (key === 'out_features' || key === 'out_channels' ? words(option) : `${key} ${words(option)}`))].join(' ')
}

/** @param {string} text */
const brief = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)

/**
 * @param {unknown[]} values
 * @param {string} path
 * @returns {Difference[]}
 */
function walk(values, path) {
  if (alike(values)) return []
  if (values.every(isObject)) {
    const keys = [...new Set(values.flatMap((value) => Object.keys(value)))].filter((key) => path || !UNTOLD.includes(key))
    return keys.flatMap((key) => walk(values.map((value) => entryOf(value, key, !path)), path ? `${path}.${key}` : key))
  }
  if (sameKinds(values)) return at(values, 0).flatMap((_, n) => walk(values.map((value) => value[n]), `${path}[${n}]`))
  return [{ path, values: values.map((value) => brief(words(value))) }]
}

/** @param {readonly Spec[]} specs */
export const differences = (specs) => walk([...specs], '')
