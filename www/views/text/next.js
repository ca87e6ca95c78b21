/** The likeliest next characters, as bars and numbers. May import lib/. */
import { h, say } from '../../lib/dom.js'
import { percent } from '../../lib/format.js'

const SHOWN = 8
/** Characters that are not seen have names. @type {{ [character: string]: string }} */
const NAMES = { ' ': 'space', '\n': 'new line' }

export function nextCharacters() {
  const rows = Array.from({ length: SHOWN }, () => {
    const name = h('span', { class: 'bar-name' }, '–')
    const bar = h('span', { class: 'bar-fill' })
    const value = h('span', { class: 'number' }, '–')
    return { name, bar, value, element: h('li', {}, name, h('span', { class: 'bar' }, bar), value) }
  })
  const element = h('ol', { class: 'bars next', 'aria-label': 'The likeliest next characters' }, ...rows.map((row) => row.element))
  return {
    element,
    /** @param {import('./generate.js').Drawn['choices']} choices the likeliest first */
    show(choices) {
      rows.forEach(({ name, bar, value, element }, n) => {
        const { character = '', probability = 0 } = choices[n] ?? {}
        say(name, NAMES[character] ?? character)
        say(value, percent(probability))
        bar.style.width = `${100 * probability}%`
        element.classList.toggle('most', n === 0)
      })
    },
  }
}
