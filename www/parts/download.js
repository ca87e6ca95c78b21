/** Hands something over to the visitor, as a file. May import lib/dom. */
import { h } from '../lib/dom.js'

/**
 * @param {BlobPart} content
 * @param {string} type
 * @param {string} name of the file
 */
export function handOver(content, type, name) {
  const href = URL.createObjectURL(new Blob([content], { type }))
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes a saved file
 * @param {string} network the example's id; of a lesson that came with its link, not all of it
 * @param {number} step
 * @returns {string} the name that it is given
 */
export function download(bytes, network, step) {
  const name = `tabgrad-${network.split('/')[0]}-step-${step}.safetensors`
  handOver(bytes, 'application/octet-stream', name)
  return name
}
