/**
 * Reads the safetensors container, as far as the page needs it: byte tensors of a data set, and the words in a checkpoint's header.
 * May import i18n.js.
 *
 * @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry
 */
import { t } from './i18n.js'

export class FormatError extends Error {}

/**
 * @param {Uint8Array} file
 * @returns {{ metadata: { [key: string]: string }, entries: { [name: string]: Entry }, body: Uint8Array }}
 */
export function readSafetensors(file) {
  if (file.length < 8) throw new FormatError(t('it is only {bytes} bytes long', { bytes: file.length }))
  const length = Number(new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true))
  if (length > file.length - 8) throw new FormatError(t('its header is longer than the file: the file is cut off, or of another kind'))
  let header
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.subarray(8, 8 + length)))
  } catch {
    throw new FormatError(t('its header is not JSON: the file is damaged, or of another kind'))
  }
  const { __metadata__: metadata, ...entries } = Object(header)
  return { metadata: Object(metadata), entries, body: file.subarray(8 + length) }
}

/**
 * @param {ReturnType<typeof readSafetensors>} file
 * @param {string} name
 * @returns {{ shape: number[], data: Uint8Array }}
 */
export function byteTensor({ entries, body }, name) {
  const entry = entries[name]
  if (!entry) throw new FormatError(t('it has no tensor "{name}"', { name }))
  if (entry.dtype !== 'U8') throw new FormatError(t('"{name}" is {type}, not U8', { name, type: entry.dtype }))
  const [start, end] = entry.data_offsets
  const size = entry.shape.reduce((a, b) => a * b, 1)
  if (end - start !== size || end > body.length) throw new FormatError(t('"{name}" is cut off', { name }))
  return { shape: entry.shape, data: body.subarray(start, end) }
}
