/**
 * How a chart's values become heights and words: evenly from 0, as shares, or by powers of ten. May import lib/format.
 *
 * @typedef {object} Scale
 * @property {(least: number, most: number) => [low: number, high: number]} bounds of the chart, for values from the least to the most
 * @property {(y: number, low: number, high: number) => number} height from 0 at the bottom to 1
 * @property {(low: number, high: number, wanted: number) => number[]} ticks round numbers across the chart, about so many
 * @property {(y: number) => string} label of a tick
 * @property {(y: number) => string} show a value in full
 */
import { percent, short } from '../lib/format.js'

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
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) values.push(i * step)
  return values
}

/** @type {Scale['height']} */
const evenly = (y, low, high) => (Math.min(y, high) - low) / (high - low)

/** @type {Scale} */
export const LINEAR = {
  bounds: (_, most) => [0, most > 0 ? most * 1.04 : 1],
  height: evenly,
  ticks,
  label: (y) => String(Number(y.toPrecision(3))),
  show: short,
}

/** @type {Scale} */
export const SHARE = {
  bounds: (least) => [Math.floor(Math.min(0.9, least) * 10) / 10, 1],
  height: evenly,
  ticks,
  label: (y) => `${Math.round(y * 100)} %`,
  show: percent,
}

/** @type {Scale} */
export const LOGARITHMIC = {
  bounds(least, most) {
    if (!(most > 0)) return [0.1, 1]
    const high = Math.ceil(Math.log10(most))
    const low = least > 0 ? Math.floor(Math.log10(least)) : -Infinity
    return [10 ** Math.max(Math.min(low, high - 1), high - MOST_DECADES), 10 ** high]
  },
  height: (y, low, high) => evenly(Math.log10(Math.max(y, low)), Math.log10(low), Math.log10(high)),
  ticks(low, high, wanted) {
    const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))]
    const apart = Math.max(1, Math.ceil((to - from) / wanted))
    return Array.from({ length: Math.floor((to - from) / apart) + 1 }, (_, i) => 10 ** (from + i * apart))
  },
  label: (y) => (y >= 1e-3 && y < 1e5 ? String(Number(y.toPrecision(3))) : y.toExponential(0).replace('-', '−').replace('+', '')),
  show: short,
}
