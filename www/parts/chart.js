/**
 * A line chart with axes, drawn on a canvas. It is read under the pointer or, as a slider, with the keyboard; what it reads stands beside
 * it as text; dragged over, it shows that stretch. May import lib/, line-sample.js, look.js, scales.js and core/series' type.
 *
 * @typedef {import('../core/series.js').Series} Series
 * @typedef {{ x: number[], y: number[] }} Points
 * @typedef {{ name: string, series: Points, colour: string, width: number, noisy?: boolean }} Line noisy: smoothed, where that is wanted
 * @typedef {{ name: string, colour: string, dash: number[], parts: Points[] }} Behind a run that is compared with: for each line its own
 * @typedef {ReturnType<typeof chart>} Chart
 */
import { at } from '../lib/at.js'
import { indexAt, smoothed } from '../lib/curve.js'
import { attribute, h, say } from '../lib/dom.js'
import { count, listed } from '../lib/format.js'
import { CANVAS_FONT, surface } from '../lib/frame.js'
import { t } from '../lib/i18n.js'
import { colour } from '../lib/palette.js'
import { lineSample } from './line-sample.js'
import { ticks } from './scales.js'

const LEFT = 46
const BOTTOM = 22
const TOP = 8
const RIGHT = 8
const DOT_ROOM = 24
/** Shorter than this, in pixels, a stretch is a press that slipped. */
const SLIP = 8
/** Points that a page's key goes on. */
const PAGE = 10
const TITLE_FONT = '600 13px system-ui, sans-serif'
/** The sample of a line in a picture. */
const KEY_WIDTH = 24

/** @typedef {{ series: Points, y: number[], raw: number[] | null, colour: string, width: number, dash: number[], faint: boolean }} Stroke y: what is drawn */

/**
 * @param {{ title: string, scales: import('./scales.js').Scales, look: import('./look.js').Look, help?: string, strip?: boolean, lines: Line[] }} options strip: low and wide
 */
export function chart({ title, scales, look, help, strip = false, lines }) {
  const canvas = h('canvas', { class: 'chart-canvas', role: 'slider', tabindex: 0, 'aria-label': title, 'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0 })
  const where = h('span', { class: 'muted' })
  const keys = h('ul', { class: 'keys' })
  const caption = h('figcaption', {}, h('strong', {}, title), ' ', where, keys)
  const element = h('figure', { class: `chart${strip ? ' strip' : ''}` }, caption, canvas, help && h('p', { class: 'muted small-text' }, help))
  /** @type {Behind[]} */
  let behind = []
  /** What is read of each line, and then of each run behind. @type {HTMLOutputElement[]} */
  let values = []
  /** Its steps, as drawn last. */
  let [first, last, across] = [0, 1, 1]
  /** Where the pointer went down, and where it is, as steps. @type {[number, number] | null} */
  let drag = null

  function list() {
    values = [...lines, ...behind].map(() => h('output', {}, '–'))
    const own = lines.map(({ name, colour, width }, i) => h('li', {}, lineSample({ colour, width }), name, ' ', values[i]))
    const others = behind.map(({ name, colour, dash }, i) => h('li', {}, lineSample({ colour, dash }), name, ' ', values[lines.length + i]))
    keys.replaceChildren(...own, ...others)
  }
  list()

  /** All that is drawn, the last on top. @returns {Stroke[]} */
  function strokes() {
    const { smoothing } = look.way
    /** @param {Line} line @param {Points} series */
    const drawn = ({ noisy }, series) => (noisy && smoothing ? { y: smoothed(series.y, smoothing), raw: series.y } : { y: series.y, raw: null })
    const others = behind.flatMap(({ colour: token, dash, parts }) =>
      parts.map((series, i) => ({ series, ...drawn(at(lines, i), series), raw: null, colour: token, width: at(lines, i).width, dash, faint: i < lines.length - 1 })),
    )
    return [...others, ...lines.map((line) => ({ series: line.series, ...drawn(line, line.series), colour: line.colour, width: line.width, dash: [], faint: false }))]
  }

  /** Which of its points are in view, and one on each side. @type {(xs: number[], from: number, to: number) => [number, number]} */
  const inView = (xs, from, to) => [indexAt(xs, from), Math.min(xs.length, indexAt(xs, to) + 2)]

  /** @param {Stroke[]} all */
  function bounds(all) {
    const newest = Math.max(1, ...all.map(({ series }) => series.x.at(-1) ?? 0))
    const from = Math.min(look.way.from, newest - 1)
    const to = Math.max(from + 1, Math.min(look.way.to, newest))
    let least = Infinity
    let most = 0
    for (const { series, y } of all) {
      const [start, end] = inView(series.x, from, to)
      for (let i = start; i < end; i++) {
        const value = at(y, i)
        if (value < least) least = value
        if (Number.isFinite(value) && value > most) most = value
      }
    }
    const scale = scales[look.way.scale]
    const [low, high] = scale.bounds(least, most, look.near)
    return { from, to, low, high, scale }
  }

  /**
   * @param {CanvasRenderingContext2D} c
   * @param {number} width
   * @param {number} height
   */
  function plot(c, width, height) {
    const all = strokes()
    const { from, to, low, high, scale } = bounds(all)
    /** @param {number} x */
    const px = (x) => LEFT + ((x - from) / (to - from)) * (width - LEFT - RIGHT)
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
    ticks(from, to, width / 110).filter((x) => x % 1 === 0).forEach((x, i) => {
      c.textAlign = px(x) < LEFT + 20 ? 'start' : px(x) > width - 30 ? 'end' : 'center'
      c.fillText(i ? count(x) : t('step {step}', { step: count(x) }), px(x), height - BOTTOM + 6)
    })
    c.save()
    c.beginPath()
    c.rect(LEFT, 0, width - LEFT, height - BOTTOM + 2)
    c.clip()
    c.lineJoin = 'round'
    for (const { series, y, raw, colour: token, width: thick, dash, faint } of all) {
      const [start, end] = inView(series.x, from, to)
      /** @param {number[]} ys */
      const trace = (ys) => {
        c.beginPath()
        for (let i = start; i < end; i++) c.lineTo(px(at(series.x, i)), py(at(ys, i)))
        c.stroke()
      }
      c.strokeStyle = c.fillStyle = colour(token, canvas)
      c.lineWidth = thick
      c.setLineDash(dash)
      if (raw) {
        c.globalAlpha = 0.35
        trace(raw)
      }
      c.globalAlpha = faint ? 0.6 : 1
      trace(y)
      // Where values are few, a dot shows each, so that the line between them is not taken for more.
      if (end - start <= width / DOT_ROOM) for (let i = start; i < end; i++) dot(c, px(at(series.x, i)), py(at(y, i)), thick + 0.5)
    }
    c.restore()
    return { all, from, to, px, scale }
  }

  const ask = surface(canvas, (c, width, height) => {
    const { all, from, to, px, scale } = plot(c, width, height)
    ;[first, last, across] = [from, to, width - LEFT - RIGHT]
    if (drag) {
      const [a, b] = drag.map((x) => px(x))
      c.fillStyle = colour('accent', canvas)
      c.globalAlpha = 0.2
      c.fillRect(a ?? 0, TOP, (b ?? 0) - (a ?? 0), height - TOP - BOTTOM)
      c.globalAlpha = 1
    }
    const { reading } = look.way
    if (reading !== null && reading >= from && reading <= to) {
      c.strokeStyle = colour('ink-2', canvas)
      c.lineWidth = 1
      line(c, px(reading), TOP, px(reading), height - BOTTOM)
    }
    read(all, scale)
  })

  /**
   * The values at the step that is read, or the newest.
   * @param {Stroke[]} all
   * @param {import('./scales.js').Scale} scale
   */
  function read(all, scale) {
    const { reading } = look.way
    /** @param {Stroke} stroke */
    const valueOf = ({ series, y }) => (y.length ? scale.show(at(y, reading === null ? y.length - 1 : indexAt(series.x, reading))) : '–')
    const texts = all.map(valueOf)
    const own = texts.slice(behind.length * lines.length)
    const others = behind.map((_, i) => texts.slice(i * lines.length, (i + 1) * lines.length).join(' / '))
    ;[...own, ...others].forEach((text, i) => say(at(values, i), text))
    say(where, reading === null ? '' : t('at step {step}', { step: count(reading) }))
    // While it has the focus, only what the visitor reads is told.
    if (reading === null && canvas.matches(':focus')) return
    const now = reading ?? last
    const told = listed([...lines, ...behind].map(({ name }, i) => `${name} ${at(values, i).textContent}`))
    const bounds = { valuemin: Math.floor(first), valuemax: Math.ceil(Math.max(last, now)), valuenow: now }
    for (const [name, value] of Object.entries(bounds)) attribute(canvas, `aria-${name}`, value)
    attribute(canvas, 'aria-valuetext', t('step {step}: {values}', { step: count(now), values: told }))
  }

  /** @param {PointerEvent} event */
  const stepAt = ({ offsetX }) => Math.round(first + Math.min(1, Math.max(0, (offsetX - LEFT) / across)) * (last - first))

  canvas.addEventListener('pointermove', (event) => {
    const step = stepAt(event)
    if (drag) drag[1] = step
    look.set({ reading: step })
  })
  canvas.addEventListener('pointerdown', (event) => {
    const step = stepAt(event)
    if (event.button === 0) {
      drag = [step, step]
      canvas.setPointerCapture(event.pointerId)
    }
    look.set({ reading: step })
  })
  canvas.addEventListener('pointerup', () => {
    if (!drag) return
    const [from = 0, to = 0] = drag.toSorted((a, b) => a - b)
    drag = null
    if (((to - from) / (last - first)) * across > SLIP) look.set({ from, to, reading: null })
    else ask()
  })
  const leave = () => {
    drag = null
    look.set({ reading: null })
  }
  canvas.addEventListener('pointercancel', leave)
  canvas.addEventListener('pointerleave', leave)
  canvas.addEventListener('dblclick', () => look.showAll())

  /** The steps that its line with the most points in view has. */
  function points() {
    const inside = [...lines, ...behind.flatMap(({ parts }) => parts.map((series) => ({ series })))].map(({ series }) => series.x.filter((x) => x >= first && x <= last))
    return inside.reduce((most, xs) => (xs.length > most.length ? xs : most), [])
  }

  /** Where a key leads from the point that is read. @type {{ [key: string]: (place: number, end: number) => number }} */
  const KEYS = {
    ArrowLeft: (place) => place - 1,
    ArrowDown: (place) => place - 1,
    ArrowRight: (place) => place + 1,
    ArrowUp: (place) => place + 1,
    PageDown: (place) => place - PAGE,
    PageUp: (place) => place + PAGE,
    Home: () => 0,
    End: (_, end) => end,
  }
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === 'Escape') return leave()
    const [go, xs] = [KEYS[event.key], points()]
    if (!go || !xs.length) return
    event.preventDefault()
    const { reading } = look.way
    const end = xs.length - 1
    look.set({ reading: at(xs, Math.min(end, Math.max(0, go(reading === null ? end : indexAt(xs, reading), end)))) })
  })
  canvas.addEventListener('blur', leave)

  return {
    element,
    title,
    draw: ask,
    /** Runs to compare with. @param {Behind[]} runs */
    compare(runs) {
      behind = runs
      list()
      ask()
    },
    /** On another canvas, with its title and its list. @param {CanvasRenderingContext2D} c @param {number} width @param {number} height */
    paint(c, width, height) {
      c.textBaseline = 'top'
      c.textAlign = 'start'
      c.fillStyle = colour('ink', canvas)
      c.font = TITLE_FONT
      c.fillText(title, 0, 0)
      c.font = CANVAS_FONT
      let [x, y] = [0, 22]
      const entries = [...lines.map((one) => ({ ...one, dash: [] })), ...behind.map((one) => ({ ...one, width: 2 }))]
      entries.forEach(({ name, colour: token, width: thick, dash }, i) => {
        const text = `${name} ${at(values, i).textContent}`
        const wide = KEY_WIDTH + 6 + c.measureText(text).width
        if (x && x + wide > width) [x, y] = [0, y + 16]
        c.strokeStyle = colour(token, canvas)
        c.lineWidth = thick
        c.setLineDash(dash)
        line(c, x, y + 6, x + KEY_WIDTH, y + 6)
        c.setLineDash([])
        c.fillText(text, x + KEY_WIDTH + 6, y)
        x += wide + 18
      })
      c.save()
      c.translate(0, y + 20)
      plot(c, width, height - y - 20)
      c.restore()
    },
  }
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
