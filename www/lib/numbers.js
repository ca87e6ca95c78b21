/** Many numbers in a few. Pure. May import at.js. */
import { at } from './at.js'

/**
 * @typedef {object} Figures
 * @property {number} min
 * @property {number} max
 * @property {number} mean
 * @property {number} deviation the standard deviation of all of them, not of a sample
 * @property {number} zeros the share that is exactly 0
 */

/**
 * @param {ArrayLike<number>} values
 * @returns {Figures}
 */
export function figuresOf(values) {
  let [min, max, sum, zeros] = [Infinity, -Infinity, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = at(values, i)
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    if (value === 0) zeros++
  }
  const mean = sum / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (at(values, i) - mean) ** 2
  return { min, max, mean, deviation: Math.sqrt(squares / values.length), zeros: zeros / values.length }
}

/** The largest size of any of them: one scale for all. @param {Figures} figures */
export const reachOf = ({ min, max }) => Math.max(Math.abs(min), Math.abs(max))

/** The length of all lists as one vector. @param {readonly ArrayLike<number>[]} lists */
export function norm(lists) {
  let squares = 0
  for (const list of lists) for (let i = 0; i < list.length; i++) squares += at(list, i) ** 2
  return Math.sqrt(squares)
}

/** The length of the difference of two lists. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function distance(a, b) {
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (at(a, i) - at(b, i)) ** 2
  return Math.sqrt(squares)
}

/**
 * How many of them lie in each of some parts, of equal width, from the least to the most.
 * @param {ArrayLike<number>} values
 * @param {Figures} figures of them
 * @param {number} parts
 */
export function histogram(values, { min, max }, parts) {
  const counts = new Array(parts).fill(0)
  const width = (max - min) / parts || 1
  for (let i = 0; i < values.length; i++) {
    const part = Math.min(parts - 1, Math.floor((at(values, i) - min) / width))
    if (part >= 0) counts[part]++
  }
  return counts
}
