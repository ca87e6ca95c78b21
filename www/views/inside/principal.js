/**
 * Principal components: many numbers for each of many things as two, so that as much as can be of how they differ is kept. Pure. May import lib/at.
 *
 * @typedef {object} Plane
 * @property {Float64Array[]} axes two directions of length 1, at right angles
 * @property {Float64Array[]} scores along each axis, a number for each row
 * @property {number[]} shares of all variance, that the two axes keep
 */
import { at } from '../../lib/at.js'

/** More turns than this change what nobody sees. */
const TURNS = 500
const STILL = 1e-9

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b @param {number} [start] of a row in a */
function dot(a, b, start = 0) {
  let sum = 0
  for (let i = 0; i < b.length; i++) sum += at(a, start + i) * at(b, i)
  return sum
}

/** Takes out of a vector what lies along others, and makes its length 1; false: nothing is left. @param {Float64Array} vector @param {readonly Float64Array[]} others */
function straighten(vector, others) {
  const before = Math.sqrt(dot(vector, vector))
  for (const other of others) {
    const along = dot(vector, other)
    for (let i = 0; i < vector.length; i++) vector[i] = at(vector, i) - along * at(other, i)
  }
  const length = Math.sqrt(dot(vector, vector))
  if (!(length > 1e-12 * before)) return false
  for (let i = 0; i < vector.length; i++) vector[i] = at(vector, i) / length
  return true
}

/** The rows less their mean. @param {ArrayLike<number>} values @param {number} count @param {number} width */
function centred(values, count, width) {
  const rows = Float64Array.from(values)
  for (let column = 0; column < width; column++) {
    let sum = 0
    for (let row = 0; row < count; row++) sum += at(rows, row * width + column)
    for (let row = 0; row < count; row++) rows[row * width + column] = at(rows, row * width + column) - sum / count
  }
  return rows
}

/**
 * By power iteration: a vector that is multiplied by the rows' covariance again and again turns to where they differ most.
 * @param {ArrayLike<number>} values row by row
 * @param {number} count of rows
 * @param {number} width of a row
 * @param {readonly Float64Array[]} [from] the axes of a moment ago: what is drawn then turns no more than it has to, and is never mirrored
 * @returns {Plane | null} null: there are numbers that are not finite
 */
export function principal(values, count, width, from = []) {
  const rows = centred(values, count, width)
  const total = dot(rows, rows)
  if (!Number.isFinite(total)) return null
  /** @type {Plane} */
  const plane = { axes: [], scores: [], shares: [] }
  for (const n of [0, 1]) {
    const known = from[n]?.length === width ? from[n] : undefined
    // No particular direction, so that it is at right angles to none that matters.
    let axis = Float64Array.from(known ?? { length: width }, (value, i) => (known ? value : Math.cos(1 + 1.7 * i + n)))
    straighten(axis, plane.axes)
    for (let turn = 0; turn < TURNS; turn++) {
      const next = new Float64Array(width)
      for (let row = 0; row < count; row++) {
        const along = dot(rows, axis, row * width)
        for (let i = 0; i < width; i++) next[i] = at(next, i) + along * at(rows, row * width + i)
      }
      if (!straighten(next, plane.axes)) break
      const moved = Math.max(...next.map((value, i) => Math.abs(value - at(axis, i))))
      axis = next
      if (moved < STILL) break
    }
    const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) + STILL ? value : best), 0)
    if (!known && largest < 0) axis = axis.map((value) => -value)
    const scores = Float64Array.from({ length: count }, (_, row) => dot(rows, axis, row * width))
    plane.axes.push(axis)
    plane.scores.push(scores)
    plane.shares.push(total ? dot(scores, scores) / total : 0)
  }
  return plane
}
