/** Probabilities as bars and numbers, the likeliest marked. May import lib/. */
import { at } from '../lib/at.js'
import { h, say } from '../lib/dom.js'
import { percent } from '../lib/format.js'

/**
 * @param {number} count of rows
 * @param {{ class: string, label: string }} look class: of the list; label: what a screen reader calls it
 */
export function bars(count, look) {
  const rows = Array.from({ length: count }, () => {
    const name = h('span', { class: 'bar-name' }, '–')
    const fill = h('span', { class: 'bar-fill' })
    const value = h('span', { class: 'number' }, '–')
    return { name, fill, value, element: h('li', {}, name, h('span', { class: 'bar' }, fill), value) }
  })
  return {
    element: h('ol', { class: look.class, 'aria-label': look.label }, ...rows.map(({ element }) => element)),
    /**
     * @param {readonly string[]} names
     * @param {ArrayLike<number> | null} probabilities of the rows; null: not known
     */
    show(names, probabilities) {
      const most = probabilities ? Math.max(...Array.from(probabilities)) : NaN
      rows.forEach(({ name, fill, value, element }, n) => {
        const p = probabilities ? (probabilities[n] ?? 0) : 0
        say(name, at(names, n))
        say(value, probabilities ? percent(p) : '–')
        fill.style.width = `${100 * p}%`
        element.classList.toggle('most', p === most)
      })
    },
  }
}
