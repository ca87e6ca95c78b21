/**
 * A line chart with axes and a reading under the pointer, drawn on a canvas; its newest values stand beside it as text.
 * May import lib/, scales.js and core/series' type.
 *
 * @typedef {import('../core/series.js').Series} Series
 * @typedef {{ name: string, series: Series, colour: string, width: number }} Line
 */
import { at } from '../lib/at.js'
import { h, say } from '../lib/dom.js'
import { count, listed } from '../lib/format.js'
import { CANVAS_FONT, surface } from '../lib/frame.js'
import { t } from '../lib/i18n.js'
import { colour } from '../lib/palette.js'
import { LINEAR, ticks } from './scales.js'

const LEFT = 46
const BOTTOM = 22
const TOP = 8
const RIGHT = 8
const DOT_ROOM = 24

/**
 * The index of the last x that is not after `x`.
 * @param {number[]} xs sorted
 * @param {number} x
 */
function indexAt(xs, x) {
  let low = 0
  let high = xs.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (at(xs, middle) <= x) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * @param {{ title: string, scale?: import('./scales.js').Scale, help?: string, strip?: boolean, lines: Line[] }} options strip: low and wide
 */
export function chart({ title, scale = LINEAR, help, strip = false, lines }) {
  const canvas = h('canvas', { class: 'chart-canvas', role: 'img', 'aria-label': title })
  const values = lines.map(() => h('output', {}, '–'))
  const keys = lines.map(({ name, colour: token, width }, i) => {
    const key = h('span', { class: 'key', 'aria-hidden': 'true' })
    key.style.setProperty('border-top', `${width}px solid var(--${token})`)
    return h('li', {}, key, name, ' ', values[i])
  })
  const where = h('span', { class: 'muted' })
  const caption = h('figcaption', {}, h('strong', {}, title), ' ', where, h('ul', { class: 'keys' }, ...keys))
  const element = h('figure', { class: `chart${strip ? ' strip' : ''}` }, caption, canvas, help && h('p', { class: 'muted small-text' }, help))
  /** @type {number | null} */
  let pointer = null

  /** Bounds of what is drawn. */
  function bounds() {
    let last = 1
    let least = Infinity
    let most = 0
    for (const { series } of lines) {
      last = Math.max(last, series.x.at(-1) ?? 0)
      for (const y of series.y) {
        if (y < least) least = y
        if (Number.isFinite(y) && y > most) most = y
      }
    }
    const [low, high] = scale.bounds(least, most)
    return { last, low, high }
  }

  const ask = surface(canvas, (c, width, height) => {
    const { last, low, high } = bounds()
    /** @param {number} x */
    const px = (x) => LEFT + (x / last) * (width - LEFT - RIGHT)
    /** @param {number} y */
    const py = (y) => TOP + (1 - scale.height(y, low, high)) * (height - TOP - BOTTOM)

    c.font = CANVAS_FONT
    c.fillStyle = colour('ink-2', canvas)
    c.strokeStyle = colour('line', canvas)
    c.lineWidth = 1
    c.textAlign = 'end'
    c.textBaseline = 'middle'
    for (const y of scale.ticks(low, high, height / 45)) {
      line(c, LEFT, py(y), width - RIGHT, py(y))
      c.fillText(scale.label(y), LEFT - 6, py(y))
    }
    c.textBaseline = 'top'
    for (const x of ticks(0, last, width / 110)) {
      if (x % 1) continue
      c.textAlign = x === 0 ? 'start' : px(x) > width - 30 ? 'end' : 'center'
      c.fillText(x === 0 ? t('step 0') : count(x), px(x), height - BOTTOM + 6)
    }
    for (const { series, colour: token, width: thick } of lines) {
      c.strokeStyle = c.fillStyle = colour(token, canvas)
      c.lineWidth = thick
      c.lineJoin = 'round'
      c.beginPath()
      series.x.forEach((x, i) => c.lineTo(px(x), py(at(series.y, i))))
      c.stroke()
      // Where values are few, a dot shows each, so that the line between them is not taken for more.
      if (series.x.length <= width / DOT_ROOM) series.x.forEach((x, i) => dot(c, px(x), py(at(series.y, i)), thick + 0.5))
    }
    read(c, px, height, ((pointer ?? 0) - LEFT) / (width - LEFT - RIGHT), last)
  })

  /**
   * The values under the pointer, or the newest.
   * @param {CanvasRenderingContext2D} c
   * @param {(x: number) => number} px
   * @param {number} height
   * @param {number} across 0..1 over the plot
   * @param {number} last
   */
  function read(c, px, height, across, last) {
    const x = Math.round(Math.min(1, Math.max(0, across)) * last)
    if (pointer !== null) {
      c.strokeStyle = colour('ink-2', canvas)
      c.lineWidth = 1
      line(c, px(x), TOP, px(x), height - BOTTOM)
    }
    say(where, pointer === null ? '' : t('at step {step}', { step: count(x) }))
    lines.forEach(({ series }, i) => {
      const index = pointer === null ? series.y.length - 1 : indexAt(series.x, x)
      say(at(values, i), series.y.length ? scale.show(at(series.y, index)) : '–')
    })
    canvas.setAttribute('aria-label', t('{title}: {values}', { title, values: listed(lines.map(({ name }, i) => `${name} ${at(values, i).textContent}`)) }))
  }

  /** @param {PointerEvent} event */
  const track = (event) => {
    pointer = event.offsetX
    ask()
  }
  canvas.addEventListener('pointermove', track)
  canvas.addEventListener('pointerdown', track)
  canvas.addEventListener('pointerleave', () => {
    pointer = null
    ask()
  })
  return { element, draw: ask }
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function dot(c, x, y, radius) {
  c.beginPath()
  c.arc(x, y, radius, 0, 2 * Math.PI)
  c.fill()
}

/**
 * @param {CanvasRenderingContext2D} c
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function line(c, x1, y1, x2, y2) {
  c.beginPath()
  c.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5)
  c.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5)
  c.stroke()
}
