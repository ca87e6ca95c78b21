/** What the diagnosis reckons with. May import lib/at. */
import { at } from '../../lib/at.js'

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** The first of a curve's values, from a tenth of it at most: their median. @param {number[]} y */
export const early = (y) => median(y.slice(0, Math.max(1, Math.min(5, Math.floor(y.length / 10)))))

/** The last fifth of a curve: its median. @param {number[]} y */
export const late = (y) => median(y.slice(-Math.max(1, Math.floor(y.length / 5))))

/**
 * The share of a layer's units of which `holds` is true for all examples, at all their places.
 * @param {{ shape: readonly number[], data: Float32Array }} output with the examples as first size
 * @param {(value: number) => boolean} holds
 */
export function unitsWhere({ shape, data }, holds) {
  // Channels come first, features last.
  const [units, inner] = shape.length === 4 ? [at(shape, 1), at(shape, 2) * at(shape, 3)] : [at(shape, shape.length - 1), 1]
  const left = new Uint8Array(units).fill(1)
  for (let i = 0; i < data.length; i++) {
    if (!holds(data[i] ?? 0)) left[Math.floor(i / inner) % units] = 0
  }
  return left.reduce((sum, one) => sum + one, 0) / units
}
