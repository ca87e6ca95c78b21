/**
 * Makes of a drawing or a photograph what was made of the data's own: the ink fitted into a box, and that into 28 × 28. Pure. May import
 * examples/images.
 */
import { at } from '../../lib/at.js'
import { SIDE } from '../../examples/images.js'

/** MNIST: 20 × 20, the centre of mass in the middle. Fashion-MNIST: as large as it fits, the box in the middle. */
const WRITTEN = { box: 20, byMass: true }
const PHOTOGRAPHED = { box: SIDE, byMass: false }
const FAINT = 0.1

/**
 * The smallest box around the ink.
 * @param {Float32Array} ink
 * @param {number} side
 */
function bounds(ink, side) {
  let [left, top, right, bottom] = [side, side, -1, -1]
  ink.forEach((value, i) => {
    if (value < FAINT) return
    const [x, y] = [i % side, Math.floor(i / side)]
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  })
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 }
}

/**
 * The mean of the ink in a rectangle with fractional edges.
 * @param {Float32Array} ink
 * @param {number} side
 * @param {{ x: number, y: number, size: number }} square
 */
function mean(ink, side, { x, y, size }) {
  let sum = 0
  let area = 0
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(side, y + size); row++) {
    const high = Math.min(row + 1, y + size) - Math.max(row, y)
    for (let column = Math.max(0, Math.floor(x)); column < Math.min(side, x + size); column++) {
      const part = high * (Math.min(column + 1, x + size) - Math.max(column, x))
      sum += part * at(ink, row * side + column)
      area += part
    }
  }
  return area ? sum / area : 0
}

/**
 * @param {Float32Array} ink 0 to 1, a square of side × side
 * @param {number} side
 * @param {boolean} written
 * @returns {Float32Array | null} 28 × 28; null when nothing is drawn
 */
export function normalise(ink, side, written) {
  const box = bounds(ink, side)
  if (!box) return null
  const form = written ? WRITTEN : PHOTOGRAPHED
  const size = Math.max(box.width, box.height) / form.box
  const width = Math.max(1, Math.round(box.width / size))
  const height = Math.max(1, Math.round(box.height / size))
  const small = new Float32Array(width * height)
  let [total, sumX, sumY] = [0, 0, 0]
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = mean(ink, side, { x: box.left + column * size, y: box.top + row * size, size })
      small[row * width + column] = value
      total += value
      sumX += value * (column + 0.5)
      sumY += value * (row + 0.5)
    }
  }
  const centre = form.byMass ? { x: sumX / total, y: sumY / total } : { x: width / 2, y: height / 2 }
  const left = Math.min(SIDE - width, Math.max(0, Math.round(SIDE / 2 - centre.x)))
  const top = Math.min(SIDE - height, Math.max(0, Math.round(SIDE / 2 - centre.y)))
  const image = new Float32Array(SIDE * SIDE)
  for (let row = 0; row < height; row++) {
    image.set(small.subarray(row * width, (row + 1) * width), (top + row) * SIDE + left)
  }
  return image
}
