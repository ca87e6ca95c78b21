/**
 * One channel of a layer, larger: its values in a few numbers, and, of a convolution or a linear layer, the sum that one of them is.
 * May import lib/ and its neighbours.
 *
 * @typedef {import('./formula.js').Sum} Sum
 */
import { h, say } from '../../lib/dom.js'
import { count, percent, short } from '../../lib/format.js'
import { parts, t } from '../../lib/i18n.js'
import { figuresOf, reachOf } from '../../lib/numbers.js'
import { signs } from './activations.js'
import { channelOf } from './flow.js'
import { largest } from './formula.js'
import { canvasOf, paintBars, paintHeat } from './pictures.js'
import { reading } from './reading.js'

const TERMS = 5

/** Which channel it is. @type {{ [kind in import('./flow.js').Layout['kind']]: (values: { n: number, all: number }) => string }} */
const TITLE = {
  maps: (values) => t('Map {n} of {all}, counted from 0', values),
  places: (values) => t('Channel {n} of {all}, counted from 0', values),
  vector: (values) => t('Unit {n} of {all}, counted from 0', values),
}

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
  const heads = [t('Input at'), t('Weight'), t('Input'), t('Product')].map((text, i) => h('th', { scope: 'col', class: i ? 'n' : '' }, text))
  const others = products.length - terms.length
  const values = { where, count: count(products.length), sum: h('strong', { class: 'number', 'data-sum': sum }, short(sum)) }
  const caption = { count: terms.length, others: count(others), rest: short(together - shown) }
  return h(
    'div',
    { class: 'stack sum' },
    h(
      'p',
      {},
      ...(bias === null
        ? parts('{where}: the sum of {count} products of a weight and an input is {sum}.', values)
        : parts('{where}: bias {bias} plus the sum of {count} products of a weight and an input, {together}, is {sum}.', { ...values, bias: short(bias), together: short(together) })),
    ),
    h(
      'table',
      { class: 'data' },
      h('caption', { class: 'small-text muted' }, others > 0 ? t('The {count} products that matter most; the other {others} add up to {rest}.', caption) : t('The {count} products that matter most.', caption)),
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
      say(title, TITLE[kind]({ n: channel, all: channels }))
      if (kind === 'maps') {
        paintHeat(canvas, own, { width, height, reach: reachOf(all) })
        picture.replaceChildren(canvas)
      } else if (kind === 'places') {
        paintBars(bars, own, reachOf(all))
        bars.style.setProperty('--places', String(width))
        text.replaceChildren(...(characters?.length === width ? [signs(characters)] : []))
        picture.replaceChildren(h('div', { class: 'along', tabindex: 0, role: 'region', 'aria-label': t('This channel along the places') }, bars, text))
      } else picture.replaceChildren()
      const several = [figure(t('Least'), min, short), figure(t('Most'), max, short), figure(t('Mean'), mean, short), figure(t('Zeros'), zeros, percent)]
      figures.replaceChildren(...(kind === 'vector' ? [figure(t('Value'), mean, short)] : several))
      read.show(kind === 'places' ? characters : null, own, reachOf(all))
      sum.replaceChildren(...(made ? [sumText(made.sum, made.where)] : []))
    },
  }
}
