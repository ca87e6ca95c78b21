/** Numbers and messages as people read them. May import i18n.js. */
import { language, said, t } from './i18n.js'

const MINUS = '−'

/** @param {string} text */
const minus = (text) => text.replace('-', MINUS)

/**
 * A value of about four significant digits: 0.6931, 12.35, 1.2e-7.
 * @param {number} value
 */
export function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? t('not a number') : minus(value > 0 ? '∞' : '-∞')
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return minus(value.toExponential(1))
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
  return minus(value.toFixed(digits))
}

/**
 * A value with a fixed number of decimals, without a minus before zero.
 * @param {number} value
 * @param {number} digits
 */
export function fixed(value, digits) {
  const text = value.toFixed(digits)
  return minus(Number(text) === 0 ? text.replace('-', '') : text)
}

/**
 * 0.9912 as "99.1 %". Never rounds up to 100 what is not.
 * @param {number | null | undefined} share
 * @param {number} [digits]
 */
export function percent(share, digits = 1) {
  if (share === null || share === undefined) return '–'
  const scale = 10 ** digits
  const rounded = Math.round(share * 100 * scale) / scale
  return t('{value} %', { value: (share < 1 && rounded === 100 ? 100 - 1 / scale : rounded).toFixed(digits) })
}

/**
 * 61706 as "61,706".
 * @param {number} n
 */
export const count = (n) => Math.round(n).toLocaleString(language)

/**
 * A large number in a word or two: 3208 as "3,208", 231000 as "231 thousand", 2.5e9 as "2.5 billion".
 * @param {number} n
 */
export function amount(n) {
  if (n < 1e4) return count(n)
  if (n < 999_500) return t('{n} thousand', { n: count(n / 1e3) })
  const rounded = (/** @type {number} */ size) => (size < 100 ? fixed(size, 1) : count(size))
  return n < 999_500_000 ? t('{n} million', { n: rounded(n / 1e6) }) : t('{n} billion', { n: rounded(n / 1e9) })
}

/** @param {number} n */
export function bytes(n) {
  if (n < 1000) return `${n} B`
  const power = n < 1e6 ? 1 : n < 1e9 ? 2 : 3
  const size = n / 1000 ** power
  return `${size.toFixed(power > 1 || size < 10 ? 1 : 0)} ${['kB', 'MB', 'GB'][power - 1]}`
}

/**
 * A time that is only known roughly: "8 s", "40 s", "25 min", "3 h".
 * @param {number} seconds
 */
export function duration(seconds) {
  const rough = (/** @type {number} */ size) => (size < 10 ? Math.ceil(size) : 5 * Math.round(size / 5))
  if (seconds < 60) return t('{value} s', { value: rough(seconds) })
  return seconds < 3600 ? t('{value} min', { value: rough(seconds / 60) }) : t('{value} h', { value: rough(seconds / 3600) })
}

const PAST = new Intl.RelativeTimeFormat(language)

/**
 * How long ago a moment was: "40 seconds ago", "2 minutes ago".
 * @param {number} when in ms, as of Date.now
 */
export function ago(when) {
  const seconds = Math.max(0, Date.now() - when) / 1000
  if (seconds < 5) return t('just now')
  for (const [unit, size] of /** @type {const} */ ([['day', 86400], ['hour', 3600], ['minute', 60]])) {
    if (seconds >= size) return PAST.format(-Math.floor(seconds / size), unit)
  }
  return PAST.format(-Math.floor(seconds), 'second')
}

/** @param {number} perSecond */
export function rate(perSecond) {
  if (!(perSecond > 0)) return '–'
  return perSecond < 10 ? perSecond.toFixed(1) : count(perSecond)
}

/**
 * A tensor's shape: "16 × 5 × 5".
 * @param {number[]} shape
 */
export const dims = (shape) => (shape.length ? shape.join(' × ') : t('scalar'))

/** Things one after another. @param {readonly string[]} things */
export const listed = (things) => things.join(t(', '))

/** @param {string} text */
export const ended = (text) => text && (/[.!?…。！？]$/.test(text) ? text : t('{text}.', { text }))

/**
 * The engine's messages are clauses; the page shows sentences, in its language.
 * @param {string} text
 */
export function sentence(text) {
  const words = ended(said(text))
  return language === 'en' ? words.charAt(0).toUpperCase() + words.slice(1) : words
}

/** One sentence after another; those that are empty are left out. @param {...string} sentences */
export const together = (...sentences) => sentences.filter(Boolean).reduce((first, second) => (first ? t('{first} {second}', { first, second }) : second), '')

/**
 * What is wrong and what to do about it.
 * @param {{ message: string, hint?: string }} problem
 */
export const remark = ({ message, hint = '' }) => together(sentence(message), sentence(hint))
