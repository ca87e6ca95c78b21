/** A titled box of the page. May import lib/dom. */
import { h, uniqueId } from '../lib/dom.js'

/**
 * @param {string} title
 * @param {{ class?: string, lead?: import('../lib/dom.js').Child, folded?: boolean }} options folded: starts closed, opens on a press
 * @param {...import('../lib/dom.js').Child} children
 */
export function card(title, { class: name = '', lead, folded } = {}, ...children) {
  const id = uniqueId('card')
  if (folded !== undefined) {
    // Closed, it says what is in it.
    const summary = h('summary', {}, h('h2', {}, title), ' ', lead ? h('span', { class: 'muted lead' }, lead) : null)
    return h('details', { class: `card ${name}`, open: !folded }, summary, ...children)
  }
  return h('section', { class: `card ${name}`, 'aria-labelledby': id }, h('h2', { id }, title), lead ? h('p', { class: 'muted lead' }, lead) : null, ...children)
}
