/**
 * Says what went wrong, where it went wrong, with its remedy; or what is good to know. May import lib/ and protocol's types.
 *
 * @typedef {import('../core/protocol.js').Problem} Problem
 */
import { h } from '../lib/dom.js'
import { sentence } from '../lib/format.js'

/** A place for one message at a time. It is empty and takes no room until something is said. */
export function noticePlace() {
  const element = h('div', { class: 'notices' })

  /**
   * @param {string} kind
   * @param {string} role
   * @param {import('../lib/dom.js').Child[]} content
   * @param {HTMLElement | null} [remedy] what stays of it when it is dismissed
   */
  function show(kind, role, content, remedy) {
    const dismiss = () => element.replaceChildren(...(remedy ? [remedy] : []))
    const close = h('button', { type: 'button', class: 'icon small', 'aria-label': 'Dismiss this message', on: { click: dismiss } }, '×')
    element.replaceChildren(h('div', { class: `notice ${kind}`, role }, h('p', {}, ...content, remedy), close))
  }
  const clear = () => element.replaceChildren()

  return {
    element,
    clear,
    /**
     * @param {Problem} problem
     * @param {{ name: string, run: () => void }} [remedy] a button that may put it right; it outlives the message
     */
    problem({ message, hint, at }, remedy) {
      const press = () => {
        clear()
        remedy?.run()
      }
      const button = remedy ? h('button', { type: 'button', class: 'small', on: { click: press } }, remedy.name) : null
      show('warning', 'alert', [at ? h('strong', {}, `${at}: `) : null, sentence(message), ' ', sentence(hint ?? ''), ' '], button)
    },
    /**
     * @param {string} text
     * @param {HTMLElement} [button] what can be done about it
     */
    info(text, button) {
      show('info', 'status', [text, button && ' ', button])
    },
  }
}
