/** The choice between the networks, folded up to the name of the one in view. May import lib/ and popup.js. */
import { h, say } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { popup } from './popup.js'

/** @param {HTMLAnchorElement[]} links */
export function menu(links) {
  const name = h('summary', {})
  const list = h('ul', { class: 'popover' }, ...links.map((link) => h('li', {}, link)))
  const element = popup(h('details', { class: 'menu' }, name, list))
  list.addEventListener('click', () => (element.open = false))
  return {
    element,
    /** @param {HTMLAnchorElement | null} current @param {string} [title] of what is in view, which may have no link here */
    show(current, title = t('Choose a network')) {
      say(name, title)
      for (const link of links) {
        if (link === current) link.setAttribute('aria-current', 'page')
        else link.removeAttribute('aria-current')
      }
    },
  }
}
