/** A text in the colours of one channel's values at its characters, and the same in numbers. May import lib/ and its neighbours. */
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { short } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { SIGNS } from './activations.js'

export function reading() {
  const text = h('p', { class: 'coloured-text' })
  const body = h('tbody', {})
  const heads = [t('Place'), t('Character'), t('Value')].map((head, i) => h('th', { scope: 'col', class: i === 1 ? '' : 'n' }, head))
  const table = h('table', { class: 'data' }, h('thead', {}, h('tr', {}, ...heads)), body)
  const box = h('div', { class: 'scroll numbers', tabindex: 0, role: 'region', 'aria-label': t('Its value at each character') }, table)
  const numbers = h('details', {}, h('summary', {}, t('These values as numbers')), box)
  const element = h('div', { class: 'stack', hidden: true }, h('p', { class: 'small-text muted' }, t('The text in its colours: the bluer, the further above 0, the more orange, the further below.')), text, numbers)
  /** @type {{ mark: HTMLElement, cell: HTMLElement }[]} */
  let places = []
  let form = ''

  return {
    element,
    /**
     * @param {readonly string[] | null} characters null: it is no text
     * @param {Float32Array} values at each of them
     * @param {number} reach the size that has the full colour
     */
    show(characters, values, reach) {
      element.hidden = characters?.length !== values.length
      if (!characters || element.hidden) return
      if (form !== characters.join('')) {
        form = characters.join('')
        places = characters.map((character) => ({ mark: h('span', {}, character), cell: h('td', { class: 'n' }) }))
        // The mark for the end of a line stands before it.
        text.replaceChildren(...places.flatMap(({ mark }, n) => (characters[n] === '\n' ? [h('span', { class: 'muted', 'aria-hidden': 'true' }, '⏎'), mark] : [mark])))
        body.replaceChildren(...places.map(({ cell }, n) => h('tr', {}, h('td', { class: 'n' }, String(n)), h('th', { scope: 'row' }, SIGNS[at(characters, n)] ?? at(characters, n)), cell)))
      }
      places.forEach(({ mark, cell }, n) => {
        const value = at(values, n)
        mark.className = value < 0 ? 'below' : 'above'
        mark.style.setProperty('--share', String(Math.min(1, Math.abs(value) / (reach || 1))))
        cell.dataset.value = String(value)
        say(cell, short(value))
      })
    },
  }
}
