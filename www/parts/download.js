/** Hands a run over to the visitor, as a file. May import lib/dom. */
import { h } from '../lib/dom.js'

/**
 * @param {Uint8Array<ArrayBuffer>} bytes a saved file
 * @param {string} network the example's id
 * @param {number} step
 * @returns {string} the name that it is given
 */
export function download(bytes, network, step) {
  const name = `tabgrad-${network}-step-${step}.safetensors`
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
  return name
}
