/** The folded box for lessons of the visitor's own: a file with one is opened, one is written. May import parts/, core/, lib/ and, by loading it, own-lesson.js. */
import { readJsonFile } from '../../core/json-file.js'
import { loadModule } from '../../core/load.js'
import { ownExample, packed } from '../../core/own-lesson.js'
import { problemOf } from '../../core/protocol.js'
import { SpecError } from '../../core/spec.js'
import { h } from '../../lib/dom.js'
import { said, t } from '../../lib/i18n.js'
import { card } from '../../parts/card.js'
import { fileButton } from '../../parts/file-button.js'
import { noticePlace } from '../../parts/notice.js'

/** @param {readonly import('../../core/example.js').Offered[]} networks */
export function lessonCard(networks) {
  const notices = noticePlace()
  const place = h('div', {})
  /** @type {(client: import('../../core/client.js').Client) => void} */
  let meet = () => {}
  const met = /** @type {Promise<import('../../core/client.js').Client>} */ (new Promise((resolve) => (meet = resolve)))

  async function write() {
    try {
      /** @type {typeof import('./own-lesson.js')} */
      const { ownLesson } = await loadModule(new URL('own-lesson.js', import.meta.url))
      place.replaceChildren(ownLesson(networks, await met))
    } catch (error) {
      notices.problem(problemOf(error), { name: t('Try again'), run: () => void write() })
    }
  }

  /** @param {File} file */
  async function open(file) {
    notices.clear()
    try {
      const value = await readJsonFile(file)
      const id = await packed(value)
      ownExample(value, networks, id)
      location.hash = id
    } catch (error) {
      box.open = true // where it is said
      const message = t('The file {file} is no lesson: {message}', { file: file.name, message: error instanceof Error ? said(error.message) : '' })
      notices.problem(error instanceof SpecError ? { code: 'page', message, hint: t('Choose a lesson that was saved here, or correct it.') } : problemOf(error))
    }
  }

  const { button, input } = fileButton(t('Open a lesson’s file'), { accept: '.json', takes: t('a lesson (.json)') }, (file) => void open(file))
  const lead = t('For teachers: a network to begin with, steps of text, and goals that the page sees by itself. The whole lesson is in its link; nothing is sent anywhere.')
  const box = /** @type {HTMLDetailsElement} */ (
    card(t('Write a lesson of your own'), { class: 'write-lesson', folded: true, lead }, h('div', { class: 'stack' }, h('div', { class: 'buttons' }, button, input), notices.element, place))
  )
  box.addEventListener('toggle', () => void write(), { once: true })
  return { element: box, meet }
}
