/**
 * The colours of style/tokens.css for what is drawn on a canvas. Imports nothing.
 *
 * @typedef {[number, number, number]} Rgb
 */

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
  const [r, g, b] = (colour(token).match(/[\d.]+/g) ?? ['0', '0', '0']).map(Number)
  return [r, g, b]
}

/** From all minus over zero to all plus, as pixels. */
function rampPixels() {
  if (ramp) return ramp
  const [minus, zero, plus] = [rgb('minus'), rgb('zero'), rgb('plus')]
  ramp = new Uint8ClampedArray(STEPS * 3)
  for (let i = 0; i < STEPS; i++) {
    const t = (2 * i) / (STEPS - 1) - 1
    const end = t < 0 ? minus : plus
    for (let k = 0; k < 3; k++) ramp[3 * i + k] = zero[k] + (end[k] - zero[k]) * Math.abs(t)
  }
  return ramp
}

/**
 * Values as an image: -1 orange, 0 neutral, 1 blue.
 * @param {ArrayLike<number>} values
 * @param {number} width
 * @param {number} height
 * @param {(value: number) => number} [scale] to -1..1
 */
export function heatImage(values, width, height, scale = (value) => value) {
  const pixels = rampPixels()
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    const t = Math.min(1, Math.max(-1, scale(values[i]) || 0))
    const at = Math.round(((t + 1) / 2) * (STEPS - 1)) * 3
    image.data[4 * i] = pixels[at]
    image.data[4 * i + 1] = pixels[at + 1]
    image.data[4 * i + 2] = pixels[at + 2]
    image.data[4 * i + 3] = 255
  }
  return image
}
