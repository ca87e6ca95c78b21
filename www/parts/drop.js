/**
 * Files that are dropped anywhere on the page: they go the way of the file button in view that takes them, and nowhere else; the page is never left for a file.
 * May import lib/ and file-button.js.
 */
import { h, say } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { takes } from './file-button.js'

/** @param {HTMLElement} place whose file buttons count */
export function dropping(place) {
  const words = h('p', {})
  const zone = h('div', { class: 'drop-zone', 'aria-hidden': 'true', hidden: true }, words)
  /** None of what is behind a dialogue. @returns {HTMLInputElement[]} */
  const inputs = () => (document.querySelector('dialog[open]') ? [] : [...place.querySelectorAll('input')].filter(({ type, disabled }) => type === 'file' && !disabled))
  const hide = () => (zone.hidden = true)

  /** @param {DragEvent} event */
  function over(event) {
    const { dataTransfer } = event
    if (!dataTransfer?.types.includes('Files')) return // such as a text, on its way into a field
    event.preventDefault()
    const names = inputs().map(({ dataset }) => dataset.takes ?? '')
    dataTransfer.dropEffect = names.length ? 'copy' : 'none'
    say(words, names.length ? t('Drop it here: {files}', { files: names.join(t(', or ')) }) : t('No file can be opened here yet.'))
    zone.hidden = false
  }

  /** @param {DragEvent} event */
  function drop(event) {
    hide()
    const file = event.dataTransfer?.files[0]
    if (!file) return
    event.preventDefault()
    // What none takes, the last one refuses.
    const input = inputs().find(({ accept }) => takes(accept, file)) ?? inputs().at(-1)
    if (!input) return
    const one = new DataTransfer()
    one.items.add(file)
    input.files = one.files
    input.dispatchEvent(new Event('change'))
    input.closest('.card')?.scrollIntoView({ block: 'nearest' }) // where it is said what came of it
  }

  document.addEventListener('dragover', over)
  document.addEventListener('dragleave', ({ relatedTarget }) => relatedTarget ?? hide())
  document.addEventListener('drop', drop)
  return zone
}
