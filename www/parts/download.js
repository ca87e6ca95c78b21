/** Hands something over to the visitor, as a file. May import lib/dom. */
import { h } from '../lib/dom.js'

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function handOver(blob, name) {
  const href = URL.createObjectURL(blob)
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}

/**
 * What a file about a run is called.
 * @param {string} network the example's id; of a lesson that came with its link, not all of it
 * @param {number} step
 * @param {string} ending
 */
export const fileName = (network, step, ending) => `tabgrad-${network.split('/')[0]}-step-${step}.${ending}`

/**
 * @param {Uint8Array<ArrayBuffer>} bytes a saved file
 * @param {string} network the example's id
 * @param {number} step
 * @returns {string} the name that it is given
 */
export function download(bytes, network, step) {
  const name = fileName(network, step, 'safetensors')
  handOver(new Blob([bytes], { type: 'application/octet-stream' }), name)
  return name
}
