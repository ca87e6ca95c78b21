/**
 * Says what went wrong, where it went wrong, with its remedy; or what is good to know. May import lib/ and protocol's types.
 *
 * @typedef {import('../core/protocol.js').Problem} Problem
 * @typedef {{ name: string, run: () => void }} Action a button
 */
import { h } from '../lib/dom.js'
import { remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'

/** A place for one message at a time. It is empty and takes no room until something is said. */
export function noticePlace() {
  const element = h('div', { class: 'notices' })

  /**
   * @param {string} kind
   * @param {string} role
   * @param {import('../lib/dom.js').Child[]} content
   * @param {HTMLElement | null} [remedy] what stays of it when it is dismissed
   */
  function show(kind, role, content, remedy = null) {
    const dismiss = () => element.replaceChildren(...(remedy ? [remedy] : []))
    const close = h('button', { type: 'button', class: 'icon small', 'aria-label': t('Dismiss this message'), on: { click: dismiss } }, '×')
    element.replaceChildren(h('div', { class: `notice ${kind}`, role }, h('p', {}, ...content, remedy), close))
  }
  const clear = () => element.replaceChildren()

  /** @param {Action | undefined} action */
  function button(action) {
    if (!action) return null
    const press = () => {
      clear()
      action.run()
    }
    return h('button', { type: 'button', class: 'small', on: { click: press } }, action.name)
  }

  return {
    element,
    clear,
    /**
     * @param {Problem} problem
     * @param {Action} [remedy] may put it right; it outlives the message
     */
    problem({ message, hint, at }, remedy) {
      show('warning', 'alert', [at ? h('strong', {}, `${at}: `) : null, remark({ message, hint }), ' '], button(remedy))
    },
    /**
     * @param {string} text
     * @param {Action} [action] that suits it; it goes with the message
     */
    info(text, action) {
      show('info', 'status', [text, ' ', button(action)])
    },
  }
}
