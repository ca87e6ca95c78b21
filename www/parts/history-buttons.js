/**
 * Undo and Redo, with names that tell what of. May import live.js, lib/ and core/.
 *
 * @typedef {object} Source what has a history; the first one with something to undo is asked
 * @property {{ back: { name: string } | null, forth: { name: string } | null }} history
 * @property {() => Promise<string | null>} undo
 * @property {() => Promise<string | null>} redo
 * @property {(event: 'history', listener: () => void) => void} on
 */
import { problemOf } from '../core/protocol.js'
import { at } from '../lib/at.js'
import { attribute, h, say } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { announce } from './live.js'

/**
 * @param {readonly Source[]} sources
 * @param {(problem: import('../core/protocol.js').Problem) => void} complain
 */
export function historyButtons(sources, complain) {
  const names = [h('span', { class: 'visually-hidden' }), h('span', { class: 'visually-hidden' })]
  const undo = h('button', { type: 'button', 'aria-keyshortcuts': 'Control+Z', on: { click: () => void go('back') } }, h('span', { 'aria-hidden': 'true' }, '↶'), names[0])
  const redo = h('button', { type: 'button', 'aria-keyshortcuts': 'Control+Shift+Z', on: { click: () => void go('forth') } }, h('span', { 'aria-hidden': 'true' }, '↷'), names[1])

  /** @param {'back' | 'forth'} way */
  const sourceOf = (way) => sources.find(({ history }) => history[way])

  /** @param {'back' | 'forth'} way */
  async function go(way) {
    const source = sourceOf(way)
    if (!source) return
    try {
      const what = await (way === 'back' ? source.undo() : source.redo())
      if (what !== null) announce(way === 'back' ? t('Undone: {what}.', { what }) : t('Done again: {what}.', { what }), { soon: true })
    } catch (error) {
      complain(problemOf(error))
    }
  }

  function show() {
    const [back, forth] = [sourceOf('back')?.history.back, sourceOf('forth')?.history.forth]
    const texts = [back ? t('Undo: {what}', { what: back.name }) : t('Nothing to undo'), forth ? t('Redo: {what}', { what: forth.name }) : t('Nothing to redo')]
    for (const [i, button] of [undo, redo].entries()) {
      say(at(names, i), at(texts, i))
      attribute(button, 'title', texts[i])
      // Not disabled, which would take the focus from who undoes to the end.
      attribute(button, 'aria-disabled', !(i ? forth : back) && 'true')
    }
  }

  for (const source of sources) source.on('history', show)
  show()
  return { element: h('div', { class: 'buttons history', role: 'group', 'aria-label': t('Undo and redo') }, undo, redo), undo: () => go('back'), redo: () => go('forth') }
}
