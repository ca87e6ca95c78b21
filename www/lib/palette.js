/**
 * The colours of style/tokens.css for what is drawn on a canvas. May import at.js.
 *
 * @typedef {[number, number, number]} Rgb
 */
import { at } from './at.js'

/** @type {Map<string, string>} */
const tokens = new Map()
/** @type {Uint8ClampedArray | null} */
let ramp = null
const STEPS = 256

window.addEventListener('themechange', () => {
  tokens.clear()
  ramp = null
})

/**
 * @param {string} token for example "ink-2"
 * @returns {string} "rgb(86, 97, 106)"
 */
export function colour(token) {
  let value = tokens.get(token)
  if (!value) tokens.set(token, (value = getComputedStyle(document.documentElement).getPropertyValue(`--${token}`)))
  return value
}

/**
 * @param {string} token
 * @returns {Rgb}
 */
function rgb(token) {
  const [r = 0, g = 0, b = 0] = (colour(token).match(/[\d.]+/g) ?? []).map(Number)
  return [r, g, b]
}

/** From all minus over zero to all plus, as pixels. */
function rampPixels() {
  if (ramp) return ramp
  const [minus, zero, plus] = [rgb('minus'), rgb('zero'), rgb('plus')]
  /** @type {number[]} */
  const pixels = []
  for (let i = 0; i < STEPS; i++) {
    const t = (2 * i) / (STEPS - 1) - 1
    const end = t < 0 ? minus : plus
    zero.forEach((from, k) => pixels.push(from + (at(end, k) - from) * Math.abs(t)))
  }
  ramp = Uint8ClampedArray.from(pixels)
  return ramp
}

/**
 * Values as an image: -1 orange, 0 neutral, 1 blue.
 * @param {ArrayLike<number>} values
 * @param {number} width
 * @param {number} height
 */
export function heatImage(values, width, height) {
  const pixels = rampPixels()
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    const t = Math.min(1, Math.max(-1, values[i] || 0))
    const from = Math.round(((t + 1) / 2) * (STEPS - 1)) * 3
    image.data.set(pixels.subarray(from, from + 3), 4 * i)
    image.data[4 * i + 3] = 255
  }
  return image
}
