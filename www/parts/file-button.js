/** A button that asks for a file. May import lib/dom. */
import { h } from '../lib/dom.js'

/**
 * @param {string} name
 * @param {string} accept as of `<input type="file">`
 * @param {(file: File) => void} take
 * @returns {{ button: HTMLButtonElement, input: HTMLInputElement }} the input is not seen, but has to be in the page
 */
export function fileButton(name, accept, take) {
  const input = h('input', { type: 'file', accept, class: 'visually-hidden', tabindex: -1, 'aria-hidden': 'true' })
  input.addEventListener('change', () => {
    const file = input.files?.[0]
    if (file) take(file)
    input.value = ''
  })
  return { button: h('button', { type: 'button', on: { click: () => input.click() } }, name), input }
}
