/**
 * One channel of a layer, larger: its values in a few numbers, and, of a convolution or a linear layer, the sum that one of them is.
 * May import lib/ and its neighbours.
 *
 * @typedef {import('./formula.js').Sum} Sum
 */
import { h, say } from '../../lib/dom.js'
import { count, percent, short } from '../../lib/format.js'
import { signs } from './activations.js'
import { channelOf } from './flow.js'
import { largest } from './formula.js'
import { figuresOf, reachOf } from './numbers.js'
import { canvasOf, paintBars, paintHeat } from './pictures.js'
import { reading } from './reading.js'
import { CHANNEL } from './words.js'

const TERMS = 5

/**
 * The sum in numbers, and its largest terms.
 * @param {Sum} sum
 * @param {string} where of which value
 */
function sumText({ bias, products, sum }, where) {
  const terms = largest(products, TERMS)
  const shown = terms.reduce((total, { weight, input }) => total + weight * input, 0)
  const together = sum - (bias ?? 0)
  const value = (/** @type {number} */ number) => h('td', { class: 'n', 'data-value': number }, short(number))
  const rows = terms.map(({ where, weight, input }) => h('tr', {}, h('th', { scope: 'row' }, where), value(weight), value(input), value(weight * input)))
  const heads = ['Input at', 'Weight', 'Input', 'Product'].map((text, i) => h('th', { scope: 'col', class: i ? 'n' : '' }, text))
  const others = products.length - terms.length
  return h(
    'div',
    { class: 'stack sum' },
    h(
      'p',
      {},
      `${where}: ${bias === null ? 'the' : `bias ${short(bias)} plus the`} sum of ${count(products.length)} products of a weight and an input${bias === null ? '' : `, ${short(together)},`} is `,
      h('strong', { class: 'number', 'data-sum': sum }, short(sum)),
      '.',
    ),
    h(
      'table',
      { class: 'data' },
      h('caption', { class: 'small-text muted' }, `The ${terms.length} products that matter most${others > 0 ? `; the other ${count(others)} add up to ${short(together - shown)}` : ''}.`),
      h('thead', {}, h('tr', {}, ...heads)),
      h('tbody', {}, ...rows),
    ),
  )
}

/** @param {string} name @param {number} value @param {(value: number) => string} show */
const figure = (name, value, show) => h('div', {}, h('dt', { class: 'small-text muted' }, name), h('dd', { class: 'number', 'data-value': value }, show(value)))

export function channelDetail() {
  const canvas = canvasOf('heat large')
  const bars = canvasOf('bars-line')
  const text = h('div', {})
  const picture = h('div', {})
  const title = h('h4', {})
  const figures = h('dl', { class: 'figures' })
  const sum = h('div', {})
  const read = reading()
  const element = h('div', { class: 'stack channel' }, title, h('div', { class: 'channel-head' }, picture, figures), read.element, sum)

  return {
    element,
    /**
     * @param {import('./activations.js').Shown} shown
     * @param {{ sum: Sum, where: string } | null} made
     */
    show({ layout, data, figures: all, characters, channel }, made) {
      const { kind, channels, height, width } = layout
      const own = channelOf(layout, data, channel)
      const { min, max, mean, zeros } = figuresOf(own)
      say(title, `${CHANNEL[kind].replace(/^./, (c) => c.toUpperCase())} ${channel} of ${channels}, counted from 0`)
      if (kind === 'maps') {
        paintHeat(canvas, own, { width, height, reach: reachOf(all) })
        picture.replaceChildren(canvas)
      } else if (kind === 'places') {
        paintBars(bars, own, reachOf(all))
        bars.style.setProperty('--places', String(width))
        text.replaceChildren(...(characters?.length === width ? [signs(characters)] : []))
        picture.replaceChildren(h('div', { class: 'along', tabindex: 0, role: 'region', 'aria-label': 'This channel along the places' }, bars, text))
      } else picture.replaceChildren()
      const several = [figure('Least', min, short), figure('Most', max, short), figure('Mean', mean, short), figure('Zeros', zeros, percent)]
      figures.replaceChildren(...(kind === 'vector' ? [figure('Value', mean, short)] : several))
      read.show(kind === 'places' ? characters : null, own, reachOf(all))
      sum.replaceChildren(...(made ? [sumText(made.sum, made.where)] : []))
    },
  }
}
