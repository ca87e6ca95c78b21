/**
 * The colours of style/tokens.css for what is drawn on a canvas. May import at.js.
 *
 * @typedef {[number, number, number]} Rgb
 */
import { at } from './at.js'

/** The page has its colours, and each shadow tree its own. @type {WeakMap<Node, { tokens: Map<string, string>, ramp: Uint32Array | null }>} */
let known = new WeakMap()
const STEPS = 256

window.addEventListener('themechange', () => (known = new WeakMap()))

/** @param {Element} element */
function coloursAt(element) {
  const root = element.getRootNode()
  let colours = known.get(root)
  if (!colours) known.set(root, (colours = { tokens: new Map(), ramp: null }))
  return colours
}

/**
 * @param {string} token for example "ink-2"
 * @param {HTMLElement} [element] where it is drawn
 * @returns {string} "rgb(86, 97, 106)"
 */
export function colour(token, element = document.documentElement) {
  const { tokens } = coloursAt(element)
  let value = tokens.get(token)
  if (!value) {
    // A token may be a formula, such as light-dark(…): as the colour of an outline, which is not shown, it is computed.
    element.style.outlineColor = `var(--${token})`
    tokens.set(token, (value = getComputedStyle(element).outlineColor))
    element.style.outlineColor = ''
  }
  return value
}

/**
 * @param {string} token
 * @param {HTMLElement} element
 * @returns {Rgb}
 */
function rgb(token, element) {
  const [r = 0, g = 0, b = 0] = (colour(token, element).match(/[\d.]+/g) ?? []).map(Number)
  return [r, g, b]
}

/** From all minus over zero to all plus, as whole pixels. @param {HTMLElement} element */
function rampPixels(element) {
  const colours = coloursAt(element)
  if (colours.ramp) return colours.ramp
  const [minus, zero, plus] = [rgb('minus', element), rgb('zero', element), rgb('plus', element)]
  /** @type {number[]} */
  const pixels = []
  for (let i = 0; i < STEPS; i++) {
    const t = (2 * i) / (STEPS - 1) - 1
    const end = t < 0 ? minus : plus
    zero.forEach((from, k) => pixels.push(from + (at(end, k) - from) * Math.abs(t)))
    pixels.push(255)
  }
  return (colours.ramp = new Uint32Array(Uint8ClampedArray.from(pixels).buffer))
}

/**
 * Values as an image: -1 orange, 0 neutral, 1 blue.
 * @param {ArrayLike<number>} values
 * @param {number} width
 * @param {number} height
 * @param {HTMLElement} [element] where it is drawn
 */
export function heatImage(values, width, height, element = document.documentElement) {
  const ramp = rampPixels(element)
  const image = new ImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  for (let i = 0; i < width * height; i++) {
    const t = Math.min(1, Math.max(-1, values[i] || 0))
    pixels[i] = at(ramp, Math.round(((t + 1) / 2) * (STEPS - 1)))
  }
  return image
}
