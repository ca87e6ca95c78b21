/**
 * Occlusion: how the probability of what a network says falls when a patch of the picture is covered, patch by patch. Pure. May import lib/at.
 *
 * @typedef {{ channels: number, height: number, width: number }} Size
 * @typedef {{ row: number, column: number }} Corner of a patch, at its top left
 */
import { at } from '../../lib/at.js'

export const PATCH = 7
const STEP = 3

/** Where patches lie along a side: from edge to edge. @param {number} side */
function places(side) {
  const last = Math.max(0, side - PATCH)
  return [...new Set([...Array.from({ length: Math.floor(last / STEP) + 1 }, (_, n) => n * STEP), last])]
}

/** @param {Size} size @returns {Corner[]} */
export const corners = ({ height, width }) => places(height).flatMap((row) => places(width).map((column) => ({ row, column })))

/** @param {Corner} corner @param {Size} size @param {(row: number, column: number) => void} visit each pixel of a patch */
function inPatch({ row, column }, { height, width }, visit) {
  for (let y = row; y < Math.min(height, row + PATCH); y++) for (let x = column; x < Math.min(width, column + PATCH); x++) visit(y, x)
}

/**
 * The picture as it is, and with each patch made background.
 * @param {Float32Array} picture
 * @param {Size} size
 */
export function covered(picture, size) {
  const all = corners(size)
  const inputs = new Float32Array((all.length + 1) * picture.length)
  inputs.set(picture)
  all.forEach((corner, n) => {
    const copy = inputs.subarray((n + 1) * picture.length, (n + 2) * picture.length)
    copy.set(picture)
    for (let channel = 0; channel < size.channels; channel++) {
      inPatch(corner, size, (y, x) => (copy[(channel * size.height + y) * size.width + x] = 0))
    }
  })
  return { inputs, count: all.length + 1 }
}

/**
 * @param {ArrayLike<number>} probabilities of the whole picture, then of each covered one
 * @param {number} count of pictures
 * @param {Size} size
 */
export function falls(probabilities, count, size) {
  const classes = probabilities.length / count
  const whole = Array.from({ length: classes }, (_, k) => at(probabilities, k))
  const probability = Math.max(...whole)
  const said = whole.indexOf(probability)
  const left = corners(size).map((corner, n) => ({ ...corner, left: at(probabilities, (n + 1) * classes + said) }))
  const [sums, times] = [new Float32Array(size.height * size.width), new Float32Array(size.height * size.width)]
  for (const { left: rest, ...corner } of left) {
    inPatch(corner, size, (y, x) => {
      const i = y * size.width + x
      sums[i] = at(sums, i) + probability - rest
      times[i] = at(times, i) + 1
    })
  }
  const worst = left.reduce((a, b) => (b.left < a.left ? b : a))
  return { said, probability, worst, pixels: sums.map((sum, i) => sum / Math.max(1, at(times, i))) }
}
