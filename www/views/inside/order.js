/**
 * In which order the channels of a sequence are shown, one below the other. Pure. May import lib/ without DOM and its neighbours.
 *
 * @typedef {'similar' | 'lively' | 'numbered'} Order alike ones together; those first that change most; as they are numbered
 */
import { at } from '../../lib/at.js'
import { figuresOf } from '../../lib/numbers.js'
import { principal } from './principal.js'

/**
 * Alike ones together: each as a point on a plane, after its size and its mean are taken out, and the points around the circle. It begins after the
 * widest gap.
 * @param {readonly number[]} numbers of the channels
 * @param {(channel: number) => ArrayLike<number>} rowOf
 */
function around(numbers, rowOf) {
  const rows = numbers.map((n) => {
    const row = rowOf(n)
    const { mean, deviation } = figuresOf(row)
    return Array.from(row, (value) => (value - mean) / (deviation || 1))
  })
  const plane = principal(rows.flat(), rows.length, rows[0]?.length ?? 0)
  if (!plane) return [...numbers]
  const [x = new Float64Array(), y = new Float64Array()] = plane.scores
  const turned = numbers.map((n, i) => ({ n, angle: Math.atan2(at(y, i), at(x, i)) })).sort((a, b) => a.angle - b.angle || a.n - b.n)
  const gaps = turned.map(({ angle }, i) => angle - (i ? at(turned, i - 1).angle : (turned.at(-1)?.angle ?? 0) - 2 * Math.PI))
  const first = gaps.indexOf(Math.max(...gaps))
  return [...turned.slice(first), ...turned.slice(0, first)].map(({ n }) => n)
}

/**
 * @param {Order} order
 * @param {number} channels how many there are
 * @param {number} most how many are shown: the first ones, but for those that are alike; of these the ones that change most
 * @param {(channel: number) => ArrayLike<number>} rowOf its values, place after place
 * @returns {number[]} the channels' numbers
 */
export function inOrder(order, channels, most, rowOf) {
  const numbers = Array.from({ length: channels }, (_, n) => n)
  if (order === 'numbered') return numbers.slice(0, most)
  const deviations = numbers.map((n) => figuresOf(rowOf(n)).deviation)
  const lively = numbers.sort((a, b) => at(deviations, b) - at(deviations, a) || a - b).slice(0, most)
  return order === 'lively' ? lively : around(lively, rowOf)
}
