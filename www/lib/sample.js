/** Draws one of several classes by their logits, so that the same seed draws the same again. Pure. May import at.js. */
import { at } from './at.js'

/**
 * Numbers from 0 up to 1: SplitMix of 32 bits, a counter whose bits are mixed by MurmurHash3's finaliser.
 * @param {number} seed a whole number, 0 or more
 * @returns {() => number}
 */
export function generator(seed) {
  let state = mix(seed)
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state) / 2 ** 32
  }
}

/** @param {number} bits */
function mix(bits) {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * The probabilities that are drawn from: the softmax of the logits over the temperature, of the k likeliest classes.
 * @param {ArrayLike<number>} logits
 * @param {{ temperature: number, topK: number }} options temperature 0: the likeliest class for sure; topK 0: all classes
 * @returns {number[]}
 */
export function distribution(logits, { temperature, topK }) {
  const order = [...Array(logits.length).keys()].sort((a, b) => at(logits, b) - at(logits, a))
  const most = at(logits, at(order, 0))
  const chosen = temperature === 0 ? order.slice(0, 1) : order.slice(0, topK || order.length)
  const weights = Array(logits.length).fill(0)
  for (const n of chosen) weights[n] = temperature === 0 ? 1 : Math.exp((at(logits, n) - most) / temperature)
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / sum)
}

/**
 * @param {readonly number[]} probabilities
 * @param {number} random from 0 up to 1
 * @returns {number} a class
 */
export function draw(probabilities, random) {
  let left = random
  // Rounding may leave a rest behind the last one: it is the last's that can be.
  let last = 0
  for (const [n, p] of probabilities.entries()) {
    if (p === 0) continue
    last = n
    left -= p
    if (left < 0) break
  }
  return last
}
