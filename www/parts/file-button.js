/** A button that asks for a file. What is dropped on the page goes the same way (drop.js). May import lib/dom. */
import { h } from '../lib/dom.js'

/**
 * Whether a file button takes such a file.
 * @param {string} accept as of `<input type="file">`
 * @param {{ name: string, type: string }} file
 */
export const takes = (accept, { name, type }) =>
  accept.split(',').some((one) => {
    const kind = one.trim().toLowerCase()
    if (kind.startsWith('.')) return name.toLowerCase().endsWith(kind)
    return kind.endsWith('/*') ? type.startsWith(kind.slice(0, -1)) : type === kind
  })

/**
 * @param {string} name
 * @param {{ accept: string, takes: string }} files accept: as of `<input type="file">`; takes: the same in words
 * @param {(file: File) => void} take
 * @returns {{ button: HTMLButtonElement, input: HTMLInputElement }} the input is not seen, but has to be in the page; disabled, nothing can be dropped
 */
export function fileButton(name, { accept, takes }, take) {
  const input = h('input', { type: 'file', accept, 'data-takes': takes, class: 'visually-hidden', tabindex: -1, 'aria-hidden': 'true' })
  input.addEventListener('change', () => {
    const file = input.files?.[0]
    if (file) take(file)
    input.value = ''
  })
  return { button: h('button', { type: 'button', on: { click: () => input.click() } }, name), input }
}
