/**
 * How a chart's values become heights and words: evenly from 0, as shares, or by powers of ten. May import lib/ and core's types.
 *
 * @typedef {object} Scale
 * @property {(least: number, most: number, near?: boolean) => [low: number, high: number]} bounds of the chart, for values from the least to the most; near: they are looked at closely
 * @property {(y: number, low: number, high: number) => number} height from 0 at the bottom to 1
 * @property {(low: number, high: number, wanted: number) => number[]} ticks round numbers across the chart, about so many
 * @property {(y: number) => string} label of a tick
 * @property {(y: number) => string} show a value in full
 *
 * @typedef {'usual' | 'linear' | 'logarithmic'} ScaleName
 * @typedef {{ [name in ScaleName]: Scale }} Scales of a chart, for the visitor to choose from
 */
import { percent, short } from '../lib/format.js'
import { t } from '../lib/i18n.js'

/** A chart by powers of ten shows no more of them: what is smaller lies at its bottom. */
const MOST_DECADES = 9

/**
 * Round numbers across a range, about `wanted` of them.
 * @param {number} low
 * @param {number} high
 * @param {number} wanted
 */
export function ticks(low, high, wanted) {
  const rough = (high - low) / wanted
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) ?? rough
  const values = []
  // Without the + 0, the first might be -0.
  for (let i = Math.ceil(low / step - 1e-9) + 0; i * step <= high + step * 1e-9; i++) values.push(i * step)
  return values
}

/** @type {Scale['height']} */
const evenly = (y, low, high) => (Math.min(y, high) - low) / (high - low)

/** @type {Scale} */
const LINEAR = {
  bounds(least, most, near = false) {
    const room = (most - least) * 0.04
    return near && room > 0 ? [Math.max(0, least - room), most + room] : [0, most > 0 ? most * 1.04 : 1]
  },
  height: evenly,
  ticks,
  label: (y) => String(Number(y.toPrecision(6))),
  show: short,
}

/** @type {Scale} */
const SHARE = {
  bounds(least, most, near = false) {
    const room = (most - least) * 0.04
    return near && room > 0 ? [Math.max(0, least - room), Math.min(1, most + room)] : [Math.floor(Math.min(0.9, least) * 10) / 10, 1]
  },
  height: evenly,
  ticks,
  label: (y) => t('{value} %', { value: Number((y * 100).toPrecision(4)) }),
  show: percent,
}

/** The largest number of the form 1, 2 or 5 times a power of ten that is not above x. @param {number} x */
function roundBelow(x) {
  const power = 10 ** Math.floor(Math.log10(x))
  return ([5, 2].find((m) => m * power <= x) ?? 1) * power
}

/** @type {Scale} */
const LOGARITHMIC = {
  bounds(least, most) {
    if (!(most > 0)) return [0.1, 1]
    const high = 1 / roundBelow(1 / most)
    const low = least > 0 ? roundBelow(least) : 0
    return [Math.max(Math.min(low, roundBelow(high / 2)), high / 10 ** MOST_DECADES), high]
  },
  height: (y, low, high) => evenly(Math.log10(Math.max(y, low)), Math.log10(low), Math.log10(high)),
  ticks(low, high, wanted) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
    // 1, 2 and 5 of each power of ten, or the powers alone, or some of them: the first that leaves room between them.
    for (let apart = 0; ; apart++) {
      const powers = Array.from({ length: to - from + 1 }, (_, i) => i).filter((i) => i % (apart || 1) === 0)
      const values = powers.flatMap((i) => (apart ? [1] : [1, 2, 5]).map((m) => m * 10 ** (from + i)))
      const inside = values.filter((y) => y > low * 0.999 && y < high * 1.001)
      if (inside.length <= 2 * wanted + 1) return inside
    }
  },
  label: (y) => (y > 0.99e-3 && y < 1e5 ? String(Number(y.toPrecision(3))) : y.toExponential(0).replace('-', '−').replace('+', '')),
  show: short,
}

/** Of losses in nats, in bits. @param {Scale} scale @returns {Scale} */
const inBits = (scale) => ({
  ...scale,
  bounds(least, most, near) {
    const [low, high] = scale.bounds(least / Math.LN2, most / Math.LN2, near)
    return [low * Math.LN2, high * Math.LN2]
  },
  ticks: (low, high, wanted) => scale.ticks(low / Math.LN2, high / Math.LN2, wanted).map((y) => y * Math.LN2),
  label: (y) => scale.label(y / Math.LN2),
  show: (y) => scale.show(y / Math.LN2),
})

/** @type {Scales} */
const LOSSES = { usual: LINEAR, linear: LINEAR, logarithmic: LOGARITHMIC }
/** @type {Scales} */
const BITS = { usual: inBits(LINEAR), linear: inBits(LINEAR), logarithmic: inBits(LOGARITHMIC) }
/** Shares are not looked at by powers of ten. @type {Scales} */
export const SHARES = { usual: SHARE, linear: SHARE, logarithmic: SHARE }
/** @type {Scales} */
export const LENGTHS = { usual: LOGARITHMIC, linear: LINEAR, logarithmic: LOGARITHMIC }

/**
 * How the losses of an example are shown.
 * @param {import('../core/example.js').Example} example
 */
export function lossesOf({ bits }) {
  const words = bits
    ? { name: t('bits'), title: t('Bits per character'), training: t('Training bits'), test: t('Test bits') }
    : { name: t('loss'), title: t('Loss'), training: t('Training loss'), test: t('Test loss') }
  const scales = bits ? BITS : LOSSES
  return { ...words, scales, scale: scales.usual }
}

/**
 * What was measured of an example, in words.
 * @param {import('../core/example.js').Example} example
 * @param {number} loss
 */
export function lossText(example, loss) {
  const value = lossesOf(example).scale.show(loss)
  if (example.measured) return example.bits ? t('bits {value}', { value }) : t('loss {value}', { value })
  return example.bits ? t('test bits {value}', { value }) : t('test loss {value}', { value })
}

/**
 * @param {import('../core/example.js').Example} example
 * @param {number} accuracy
 */
export function accuracyText({ measured }, accuracy) {
  const value = percent(accuracy)
  return measured ? t('accuracy {value}', { value }) : t('test accuracy {value}', { value })
}
