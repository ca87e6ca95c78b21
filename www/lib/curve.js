/** Values along steps: which are in view, and their course without the noise. Pure. May import at.js. */
import { at } from './at.js'

/**
 * The index of the last x that is not after `x`; 0, if all are.
 * @param {ArrayLike<number>} xs sorted
 * @param {number} x
 */
export function indexAt(xs, x) {
  let low = 0
  let high = xs.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (at(xs, middle) <= x) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * Each value as the mean of it and those before it, which count the less the longer they are past: exponentially, by `weight` for each.
 * What is not finite stays as it is and counts nowhere else.
 * @param {number[]} values
 * @param {number} weight 0: each value alone; below 1
 */
export function smoothed(values, weight) {
  if (!weight) return values
  let sum = 0
  let weights = 0
  return values.map((value) => {
    if (!Number.isFinite(value)) return value
    sum = weight * sum + value
    weights = weight * weights + 1
    return sum / weights
  })
}
