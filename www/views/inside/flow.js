/**
 * Which layer gets what from which, which tensors are its own, and what a channel of its output is: all of it read from the engine's report and
 * the experiment, so that any network is understood. Pure. May import lib/at and core's types.
 *
 * @typedef {import('../../core/protocol.js').LayerReport} LayerReport
 * @typedef {import('../../core/protocol.js').TensorInfo} TensorInfo
 * @typedef {import('../../core/spec.js').Layer} Layer
 *
 * @typedef {object} Layout of the output of one example
 * @property {'maps' | 'places' | 'vector'} kind pictures of channels; places of a sequence, a row of channels each; one number for each channel
 * @property {number} channels
 * @property {number} height of what one channel gives
 * @property {number} width
 */
import { at } from '../../lib/at.js'

/**
 * @param {readonly number[]} shape of one example
 * @param {number} [places] how many of a sequence's places are looked at; the others only fill it up
 * @returns {Layout}
 */
export function layoutOf(shape, places = Infinity) {
  if (shape.length === 3) return { kind: 'maps', channels: at(shape, 0), height: at(shape, 1), width: at(shape, 2) }
  if (shape.length === 2) return { kind: 'places', channels: at(shape, 1), height: 1, width: Math.min(places, at(shape, 0)) }
  return { kind: 'vector', channels: shape.reduce((a, b) => a * b, 1), height: 1, width: 1 }
}

/**
 * The values that are looked at: those of all places but the filler, which stands at the end.
 * @param {Layout} layout
 * @param {Float32Array} data
 */
export const lookedAt = ({ channels, height, width }, data) => data.subarray(0, channels * height * width)

/**
 * What one channel gives, row by row.
 * @param {Layout} layout
 * @param {Float32Array} data
 * @param {number} channel
 */
export function channelOf({ kind, channels, height, width }, data, channel) {
  const size = height * width
  if (kind === 'maps') return data.subarray(channel * size, (channel + 1) * size)
  return Float32Array.from({ length: size }, (_, place) => at(data, place * channels + channel))
}

/**
 * The layer whose output a layer gets; null: it gets the network's input.
 * @param {readonly LayerReport[]} layers
 * @param {string} name "3.layers.0"
 * @returns {string | null}
 */
export function before(layers, name) {
  const dot = name.lastIndexOf('.')
  const place = Number(name.slice(dot + 1))
  const row = name.slice(0, dot + 1)
  if (place > 0) return `${row}${place - 1}`
  // The first of a row gets what the block around it gets: "3.layers.0" and "3.shortcut.0" what "3" does.
  const block = layers.filter((one) => row.startsWith(`${one.name}.`)).sort((a, b) => b.name.length - a.name.length)[0]
  return block ? before(layers, block.name) : null
}

/**
 * The tensors of a layer, without those of layers inside it.
 * @template {{ name: string }} T
 * @param {readonly LayerReport[]} layers
 * @param {string} name
 * @param {readonly T[]} tensors
 */
export function own(layers, name, tensors) {
  const inner = layers.filter((one) => one.name.startsWith(`${name}.`))
  return tensors.filter((one) => one.name.startsWith(`${name}.`) && !inner.some((layer) => one.name.startsWith(`${layer.name}.`)))
}

/**
 * A layer's options.
 * @param {readonly Layer[]} layers of the experiment
 * @param {string} path "layers[3].shortcut[0]"
 */
export function optionsAt(layers, path) {
  /** @type {any} */
  let place = { layers }
  for (const [, list = '', n] of path.matchAll(/(\w+)\[(\d+)\]/g)) place = place?.[list]?.[Number(n)]
  return /** @type {Layer | undefined} */ (place)
}
