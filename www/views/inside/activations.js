/**
 * What a layer gives, as a picture: maps side by side, units as bars, the channels of a sequence over its places. One channel is chosen.
 * May import lib/, parts/field and its neighbours.
 *
 * @typedef {import('./flow.js').Layout} Layout
 * @typedef {import('./order.js').Order} Order
 *
 * @typedef {object} Shown of a layer
 * @property {Layout} layout
 * @property {Float32Array} data
 * @property {import('../../lib/numbers.js').Figures} figures of the data
 * @property {readonly string[] | null} characters at the places, of a text
 * @property {number} channel the chosen one
 * @property {{ of: string, order: Order, settled: boolean }} [rows] of a sequence: the layer that its channels are of, and how they are ordered until the
 *   visitor says; settled: it does not train, so that rows may change places. While it does, that would be hard to follow
 */
import { at } from '../../lib/at.js'
import { attribute, h, say } from '../../lib/dom.js'
import { short, together } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { reachOf } from '../../lib/numbers.js'
import { selectField } from '../../parts/field.js'
import { channelOf } from './flow.js'
import { inOrder } from './order.js'
import { canvasOf, figuresText, paintBars, paintHeat, scaleText } from './pictures.js'

/** So many channels are shown at first. */
const FIRST = { maps: 32, places: 64, vector: 128 }
/** Bars in a line. */
const LINE = 64

/** Characters that are not seen. @type {{ [character: string]: string }} */
export const SIGNS = { ' ': '␣', '\n': '⏎' }
/** @param {readonly string[]} characters */
export const signs = (characters) => h('div', { class: 'signs', 'aria-hidden': 'true' }, ...characters.map((one) => h('span', {}, SIGNS[one] ?? one)))

/** @typedef {{ element: HTMLElement, draw: (shown: Shown, numbers: readonly number[]) => void }} Picture numbers: of the channels that are shown, in order */

/** @param {number} count @param {(channel: number) => void} choose @returns {Picture} */
function maps(count, choose) {
  const canvases = Array.from({ length: count }, () => canvasOf('heat'))
  const buttons = canvases.map((canvas, n) => h('button', { type: 'button', class: 'map', 'aria-label': t('Map {n}', { n }), on: { click: () => choose(n) } }, canvas, h('span', {}, String(n))))
  return {
    element: h('ul', { class: 'maps' }, ...buttons.map((button) => h('li', {}, button))),
    draw({ layout, data, figures, channel }) {
      const { height, width } = layout
      canvases.forEach((canvas, n) => paintHeat(canvas, channelOf(layout, data, n), { width, height, reach: reachOf(figures) }))
      buttons.forEach((button, n) => attribute(button, 'aria-pressed', String(n === channel)))
    },
  }
}

/** @param {number} count @param {(channel: number) => void} choose @returns {Picture} */
function units(count, choose) {
  const lines = Array.from({ length: Math.ceil(count / LINE) }, (_, line) => {
    const [start, length] = [line * LINE, Math.min(LINE, count - line * LINE)]
    const canvas = canvasOf('bars-line')
    canvas.style.width = `${(100 * length) / Math.min(LINE, count)}%`
    canvas.addEventListener('click', ({ offsetX }) => choose(start + Math.min(length - 1, Math.floor((offsetX / canvas.clientWidth) * length))))
    return { canvas, start, length }
  })
  return {
    element: h('div', { class: 'unit-lines' }, ...lines.map(({ canvas }) => canvas)),
    draw({ data, figures, channel }) {
      for (const { canvas, start, length } of lines) paintBars(canvas, data.subarray(start, start + length), reachOf(figures), channel - start)
    },
  }
}

/** @param {number} count @param {(channel: number) => void} choose @returns {Picture} */
function places(count, choose) {
  const canvas = canvasOf('heat sequence')
  const text = h('div', {})
  const mark = h('div', { class: 'chosen-channel' })
  const box = h('div', { class: 'along', tabindex: 0, role: 'region', 'aria-label': t('Channels, one below the other, along the places of the sequence') }, h('div', { class: 'sequence-place' }, canvas, mark), text)
  /** @type {readonly number[]} */
  let rows = []
  let row = -1
  canvas.addEventListener('click', ({ offsetY }) => choose(at(rows, Math.min(count - 1, Math.floor((offsetY / canvas.clientHeight) * count)))))
  const step = (/** @type {number} */ by) => choose(at(rows, (Math.max(row, by < 0 ? 0 : -1) + by + count) % count))
  const steps = h(
    'div',
    { class: 'buttons' },
    h('button', { type: 'button', class: 'small', on: { click: () => step(-1) } }, t('Row above')),
    h('button', { type: 'button', class: 'small', on: { click: () => step(1) } }, t('Row below')),
  )
  return {
    element: h('div', { class: 'stack' }, box, steps),
    draw({ layout, data, figures, characters, channel }, numbers) {
      rows = numbers
      row = rows.indexOf(channel)
      const values = new Float32Array(count * layout.width)
      rows.forEach((channel, n) => values.set(channelOf(layout, data, channel), n * layout.width))
      for (const [name, value] of Object.entries({ places: layout.width, channels: count, channel: row })) box.style.setProperty(`--${name}`, String(value))
      mark.hidden = row < 0
      paintHeat(canvas, values, { width: layout.width, height: count, reach: reachOf(figures) })
      text.replaceChildren(...(characters?.length === layout.width ? [signs(characters)] : []))
    },
  }
}

const MAKE = { maps, places, vector: units }

/** How many channels are shown of how many, and their size. @type {{ [kind in Layout['kind']]: (layout: Layout, count: number) => string }} */
const EXTENT = {
  maps({ channels: all, height, width }, count) {
    const values = { count, all, height, width }
    if (count < all) return t('The first {count} of {all} maps, {height} × {width} each.', values)
    return all === 1 ? t('One map, {height} × {width} each.', values) : t('{all} maps, {height} × {width} each.', values)
  },
  places({ channels: all, width: places }, count) {
    const values = { count, all, places }
    if (count < all) return t('The first {count} of {all} channels, over {places} places.', values)
    return all === 1 ? t('One channel, over {places} places.', values) : t('{all} channels, over {places} places.', values)
  },
  vector({ channels: all }, count) {
    if (count < all) return t('The first {count} of {all} units.', { count, all })
    return all === 1 ? t('One unit.') : t('{all} units.', { all })
  },
}

/** @param {(channel: number) => void} choose is told which channel the visitor pressed */
export function activations(choose) {
  const place = h('div', {})
  const caption = h('figcaption', { class: 'small-text muted' })
  const more = h('button', { type: 'button', class: 'small', on: { click: showAll } })
  const ends = [h('span', {}), h('span', {}), h('span', {})]
  const scale = h('div', { class: 'scale small-text', 'aria-hidden': 'true' }, h('div', {}), ...ends)
  const orders = selectField({
    label: t('Rows'),
    options: [
      ['similar', t('alike ones together')],
      ['lively', t('those that change most first')],
      ['numbered', t('by number')],
    ],
    change(/** @type {Order} */ order) {
      wanted = order
      if (now) show(now)
    },
  })
  const element = h('figure', { class: 'stack activations' }, orders.element, place, scale, caption)
  /** What the visitor said. @type {Order | null} */
  let wanted = null
  /** Of what the numbers are an order. */
  let orderOf = ''
  /** @type {number[]} */
  let numbers = []
  let all = false
  let form = ''
  /** @type {Picture | null} */
  let picture = null
  /** @type {Shown | null} */
  let now = null

  function showAll() {
    all = !all
    if (now) show(now)
  }

  /** @param {Shown} shown */
  function show(shown) {
    now = shown
    const { layout, figures } = shown
    const { kind, channels } = layout
    const count = all ? channels : Math.min(channels, FIRST[kind])
    const needed = `${kind} ${channels} ${count}`
    if (!picture || form !== needed) {
      form = needed
      picture = MAKE[kind](count, choose)
      say(more, all ? t('Show the first {count}', { count: FIRST[kind] }) : t('Show all {count}', { count: channels }))
      place.replaceChildren(picture.element)
      if (channels > FIRST[kind]) element.append(more)
      else more.remove()
    }
    const order = wanted ?? shown.rows?.order ?? 'numbered'
    const ordered = `${needed} ${order} ${shown.rows?.of} ${shown.characters?.join('')}`
    if (shown.rows?.settled || orderOf !== ordered) {
      orderOf = ordered
      numbers = inOrder(kind === 'places' ? order : 'numbered', channels, count, (channel) => channelOf(layout, shown.data, channel))
    }
    orders.element.hidden = kind !== 'places'
    orders.set(order)
    picture.draw(shown, numbers)
    const reach = reachOf(figures)
    ;[-reach, 0, reach].forEach((value, n) => say(at(ends, n), short(value)))
    const most = t('The {count} of {channels} channels that change most, over {width} places.', { count, channels, width: layout.width })
    const extent = kind === 'places' && order !== 'numbered' && count < channels ? most : EXTENT[kind](layout, count)
    say(caption, together(extent, scaleText(reach), t('It is one scale for the whole layer.'), figuresText(figures)))
  }

  return { element, show }
}
