/** A titled box of the page. May import lib/dom. */
import { h, uniqueId } from '../lib/dom.js'

/**
 * @param {string} title
 * @param {{ class?: string, lead?: import('../lib/dom.js').Child, folded?: boolean }} options folded: starts closed, opens on a press
 * @param {...import('../lib/dom.js').Child} children
 */
export function card(title, { class: name = '', lead, folded } = {}, ...children) {
  const id = uniqueId('card')
  const text = lead ? h('p', { class: 'muted lead' }, lead) : null
  if (folded !== undefined) {
    return h('details', { class: `card ${name}`, open: !folded }, h('summary', {}, h('h2', {}, title)), text, ...children)
  }
  return h('section', { class: `card ${name}`, 'aria-labelledby': id }, h('h2', { id }, title), text, ...children)
}
