/**
 * Suggestions while a text is written, in a list under the caret: while a name is typed, or on Ctrl+Space. The text keeps the focus, and Tab leaves it as ever. May import
 * live.js, lib/ and core/complete.
 */
import { completionAt } from '../core/complete.js'
import { at } from '../lib/at.js'
import { attribute, h, uniqueId } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { announce } from './live.js'

/**
 * @param {HTMLTextAreaElement} area
 * @returns {HTMLElement} the list, which belongs into the box around the area
 */
export function completion(area) {
  const id = uniqueId('suggestions')
  const list = h('ul', { id, role: 'listbox', class: 'suggestions', 'aria-label': t('Suggestions'), hidden: true })
  attribute(area, 'aria-autocomplete', 'list')
  attribute(area, 'aria-controls', id)
  /** @type {import('../core/complete.js').Completion | null} */
  let offered = null
  let chosen = 0
  /** The change is our own. */
  let inserting = false

  function close() {
    offered = null
    list.hidden = true
    area.removeAttribute('aria-activedescendant')
  }

  /** @param {number} n */
  function choose(n) {
    chosen = (n + list.children.length) % list.children.length
    for (const [i, option] of [...list.children].entries()) attribute(option, 'aria-selected', String(i === chosen))
    const option = at(list.children, chosen)
    attribute(area, 'aria-activedescendant', option.id)
    option.scrollIntoView({ block: 'nearest' })
  }

  /** @param {boolean} asked by the visitor, not by what is typed */
  function offer(asked) {
    const caret = area.selectionStart
    const found = area.selectionEnd === caret ? completionAt(area.value, caret) : null
    // A single one that is there already, or nothing typed yet, is no reason to come up by itself.
    const idle = found && (found.from === caret || (found.suggestions.length === 1 && at(found.suggestions, 0).text === area.value.slice(found.from, found.to)))
    if (!found || (idle && !asked)) return close()
    offered = found
    list.replaceChildren(
      ...found.suggestions.map(({ label }, n) => {
        const take = (/** @type {Event} */ event) => {
          event.preventDefault() // the text keeps the focus
          accept(n)
        }
        return h('li', { role: 'option', id: `${id}-${n}`, 'aria-selected': 'false', on: { mousedown: take } }, label)
      }),
    )
    list.hidden = false
    place(found.from)
    choose(0)
    const { length } = found.suggestions
    announce(length === 1 ? t('1 suggestion') : t('{n} suggestions', { n: length }), { soon: true })
  }

  /** Under the line that `from` is in. @param {number} from */
  function place(from) {
    const before = area.value.slice(0, from).split('\n')
    const row = before.length
    const column = at(before, row - 1).length
    const left = `calc(${area.offsetLeft - area.scrollLeft}px + var(--space-2) + ${column}ch)`
    list.style.setProperty('left', `min(${left}, 100% - 14rem)`)
    list.style.setProperty('top', `calc(${area.offsetTop - area.scrollTop}px + var(--space-2) + ${row}lh)`)
  }

  /** @param {number} n */
  function accept(n) {
    if (!offered) return
    const { from, to, suggestions } = offered
    const { text } = at(suggestions, n)
    close()
    area.setSelectionRange(from, to)
    inserting = true
    // The one way in which the browser's own Undo knows of it.
    document.execCommand('insertText', false, text)
    inserting = false
  }

  area.addEventListener('input', () => !inserting && offer(false))
  area.addEventListener('blur', close)
  area.addEventListener('pointerdown', close)
  area.addEventListener('scroll', () => offered && place(offered.from))
  area.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event
    const asks = key === ' ' && ctrlKey
    const deed = asks
      ? () => offer(true)
      : offered && !ctrlKey && !metaKey && !altKey
        ? { ArrowDown: () => choose(chosen + 1), ArrowUp: () => choose(chosen - 1), Enter: () => accept(chosen), Escape: close }[key]
        : undefined
    if (deed) {
      event.preventDefault()
      deed()
    } else if (['ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'].includes(key)) close()
  })
  return list
}
