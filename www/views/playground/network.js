/**
 * The network's drawing: a column for the features, one for each hidden layer, one for the output; every neuron with its own map,
 * every weight as a line. Layers and neurons are added and taken away in place. May import lib/, examples/playground and maps.js.
 *
 * @typedef {import('./maps.js').Picture} Picture
 * @typedef {import('../../examples/playground.js').Shape} Shape
 * @typedef {{ column: number, row: number }} Place column 0 holds the features
 * @typedef {{ from: Place, to: Place, weight: number }} Link
 */
import { at } from '../../lib/at.js'
import { FEATURES, MOST_LAYERS, MOST_NEURONS } from '../../examples/playground.js'
import { h, say } from '../../lib/dom.js'
import { fixed } from '../../lib/format.js'
import { perFrame, plain, surface } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { colour, heatImage } from '../../lib/palette.js'
import { GRID, GRID_POINTS } from './maps.js'

const GAP = 18
const NEAR = 8

/** @type {Map<string, [number, number]>} columns and rows */
const MOVES = new Map([
  ['ArrowRight', [1, 0]],
  ['ArrowLeft', [-1, 0]],
  ['ArrowDown', [0, 1]],
  ['ArrowUp', [0, -1]],
])

/** A feature's map never changes. @type {Map<string, Float32Array>} */
const featureMaps = new Map(
  FEATURES.map(({ name, value, largest }) => [
    name,
    Float32Array.from({ length: GRID * GRID }, (_, i) => value(at(GRID_POINTS, 2 * i), at(GRID_POINTS, 2 * i + 1)) / largest),
  ]),
)

/** @param {string} name */
const featureText = (name) => FEATURES.find((feature) => feature.name === name)?.text ?? name

/**
 * How far a point is from a line.
 * @param {{ x: number, y: number }} p
 * @param {{ x: number, y: number }} a
 * @param {{ x: number, y: number }} b
 */
function distance(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const t = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy)
}

/**
 * @param {{ change: (shape: Shape) => void, look: (chosen: Place | null) => void }} handlers
 *   change: the visitor edits the layers; look: the visitor looks at one neuron, or at none
 */
export function networkDrawing({ change, look }) {
  /** @type {Picture | null} */
  let picture = null
  let form = ''
  /** @type {HTMLButtonElement[][]} */
  let columns = []
  /** @type {Place | null} */
  let chosen = null
  /** @type {Link | null} */
  let near = null
  let size = 40
  /** Room for the buttons above the neurons. */
  let top = 60

  const lines = h('canvas', { class: 'links', 'aria-hidden': 'true' })
  const heads = h('div', { class: 'net-heads' })
  const nodes = h('div', { class: 'net-nodes', role: 'group', 'aria-label': t('Neurons: arrow keys move between them'), 'data-keys': true })
  const stage = h('div', { class: 'net-stage' }, lines, heads, nodes)
  const reading = h('p', { class: 'reading small-text' })
  const depth = h('output', {})
  const fewer = h('button', { type: 'button', class: 'icon', 'aria-label': t('Remove the last hidden layer'), on: { click: () => resize(-1) } }, '−')
  const more = h('button', { type: 'button', class: 'icon', 'aria-label': t('Add a hidden layer'), on: { click: () => resize(1) } }, '+')
  const tools = h('div', { class: 'net-tools' }, h('span', {}, t('Hidden layers')), fewer, depth, more)
  const element = h('div', { class: 'net' }, tools, stage, reading)

  /** @param {number} by */
  function resize(by) {
    if (!picture) return
    const { hidden } = picture.shape
    change({ ...picture.shape, hidden: by < 0 ? hidden.slice(0, -1) : [...hidden, hidden.at(-1) ?? 4] })
  }

  /** @param {number} layer @param {number} by */
  function grow(layer, by) {
    if (!picture) return
    change({ ...picture.shape, hidden: picture.shape.hidden.map((n, i) => (i === layer ? n + by : n)) })
  }

  /** @param {Place} place */
  function nameOf({ column, row }) {
    if (!picture) return ''
    if (column === 0) return featureText(at(picture.features, row))
    return column > picture.shape.hidden.length ? t('output') : t('neuron {place}', { place: `${column}.${row + 1}` })
  }

  /** Neurons per column. @param {Picture} of */
  const counts = ({ features, shape }) => [features.length, ...shape.hidden, 1]

  /** Makes the buttons anew when the network has another form. */
  function build() {
    if (!picture) return
    const had = nodes.contains(document.activeElement) ? document.activeElement : null
    columns = counts(picture).map((n, column) =>
      Array.from({ length: n }, (_, row) => {
        const canvas = h('canvas', { width: GRID, height: GRID })
        const label = column === 0 ? h('span', { class: 'node-name' }, nameOf({ column, row })) : null
        const button = h('button', { type: 'button', class: 'node', tabindex: -1, 'aria-label': nameOf({ column, row }) }, canvas, label)
        button.addEventListener('pointerenter', () => choose({ column, row }))
        button.addEventListener('pointerleave', () => document.activeElement !== button && choose(null))
        button.addEventListener('focus', () => choose({ column, row }))
        button.addEventListener('blur', () => choose(null))
        button.addEventListener('keydown', (event) => walk(event, column, row))
        return button
      }),
    )
    nodes.replaceChildren(...columns.flat())
    const [feature] = nodes.children
    if (feature instanceof HTMLElement) feature.tabIndex = 0
    if (had && feature instanceof HTMLElement) feature.focus()
    heads.replaceChildren(...counts(picture).map((n, column) => head(n, column)))
    say(depth, String(picture.shape.hidden.length))
    fewer.disabled = picture.shape.hidden.length === 0
    more.disabled = picture.shape.hidden.length === MOST_LAYERS
    place()
  }

  /** @param {number} n @param {number} column */
  function head(n, column) {
    if (column === 0) return h('div', { class: 'net-head' }, t('features'))
    if (column > (picture?.shape.hidden.length ?? 0)) return h('div', { class: 'net-head' }, t('output'))
    const values = { layer: column, count: n }
    /** @param {number} by @param {string} name */
    const button = (by, name) => {
      const id = `layer-${column}-${by}`
      const one = h('button', { type: 'button', class: 'icon', id, 'aria-label': name }, by < 0 ? '−' : '+')
      one.disabled = by < 0 ? n === 1 : n === MOST_NEURONS
      one.addEventListener('click', () => grow(column - 1, by))
      return one
    }
    return h('div', { class: 'net-head' }, h('span', {}, String(n)), h('div', { class: 'net-buttons' }, button(1, t('Add a neuron to hidden layer {layer}, which has {count} neurons', values)), button(-1, t('Remove a neuron from hidden layer {layer}, which has {count} neurons', values))))
  }

  /** @param {KeyboardEvent} event @param {number} column @param {number} row */
  function walk(event, column, row) {
    const move = MOVES.get(event.key)
    if (!move) return
    event.preventDefault()
    const next = columns[column + move[0]]
    const target = next?.[Math.max(0, Math.min(next.length - 1, row + move[1]))]
    if (!target) return
    for (const button of columns.flat()) button.tabIndex = -1
    target.tabIndex = 0
    target.focus()
  }

  /** @param {Place | null} next */
  function choose(next) {
    chosen = next
    look(next)
    drawLinks()
  }

  /** The middle of a neuron on the stage. @param {Place} at */
  function centre({ column, row }) {
    const width = stage.clientWidth / columns.length
    return { x: width * (column + 0.5), y: top + (row + 0.5) * (size + GAP) }
  }

  /** Puts everything in its place for the width there is. */
  function place() {
    if (!columns.length) return
    const width = stage.clientWidth / columns.length
    size = Math.max(24, Math.min(48, Math.floor(width * 0.55)))
    top = heads.offsetHeight + 8
    const rows = Math.max(...columns.map((column) => column.length))
    stage.style.height = `${top + rows * (size + GAP) + 4}px`
    columns.forEach((column, i) =>
      column.forEach((button, row) => {
        const { x, y } = centre({ column: i, row })
        Object.assign(button.style, { left: `${x - size / 2}px`, top: `${y - size / 2}px`, width: `${size}px`, height: `${size}px` })
      }),
    )
    drawLinks()
  }

  /** @returns {Link[]} */
  function links() {
    if (!picture) return []
    const sizes = counts(picture)
    return picture.weights.flatMap(({ weight }, layer) =>
      Array.from(weight, (value, i) => ({
        from: { column: layer, row: i % at(sizes, layer) },
        to: { column: layer + 1, row: Math.floor(i / at(sizes, layer)) },
        weight: value,
      })),
    )
  }

  /** @param {Link} link */
  const ends = ({ from, to }) => {
    const [a, b] = [centre(from), centre(to)]
    return { a: { x: a.x + size / 2, y: a.y }, b: { x: b.x - size / 2, y: b.y } }
  }

  const drawLinks = surface(lines, (c) => {
    for (const link of links()) {
      const { a, b } = ends(link)
      const touched = chosen && [link.from, link.to].some(({ column, row }) => column === chosen?.column && row === chosen.row)
      c.globalAlpha = chosen && !touched ? 0.15 : 0.85
      c.strokeStyle = colour(link.weight < 0 ? 'minus' : 'plus')
      c.lineWidth = 0.4 + Math.min(7, 2.2 * Math.abs(link.weight))
      c.beginPath()
      c.moveTo(a.x, a.y)
      c.lineTo(b.x, b.y)
      c.stroke()
      if (near && near.from.column === link.from.column && near.from.row === link.from.row && near.to.row === link.to.row) near = link
    }
    c.globalAlpha = 1
    if (near) {
      const { a, b } = ends(near)
      c.strokeStyle = colour('ink')
      c.lineWidth = 2
      c.setLineDash([4, 3])
      c.beginPath()
      c.moveTo(a.x, a.y)
      c.lineTo(b.x, b.y)
      c.stroke()
      c.setLineDash([])
    }
    say(reading, readingText())
  })

  function readingText() {
    if (near) return t('Weight from {from} to {to}: {weight}', { from: nameOf(near.from), to: nameOf(near.to), weight: fixed(near.weight, 3) })
    if (!chosen || !picture) return t('Point at a line to read its weight, at a neuron to see its map. Blue is positive, orange negative; the thicker, the larger.')
    if (chosen.column === 0) return t('Feature {feature}', { feature: nameOf(chosen) })
    const { weight, bias } = at(picture.weights, chosen.column - 1)
    const n = weight.length / bias.length
    const { column, row } = chosen
    const terms = Array.from({ length: n }, (_, i) => `${fixed(at(weight, row * n + i), 2)} · ${nameOf({ column: column - 1, row: i })}`)
    const name = nameOf(chosen)
    return t('{neuron}: {terms}  + bias {bias}', { neuron: name.charAt(0).toUpperCase() + name.slice(1), terms: terms.join('  + '), bias: fixed(at(bias, row), 2) })
  }

  stage.addEventListener('pointermove', (event) => {
    const box = stage.getBoundingClientRect()
    const p = { x: event.clientX - box.left, y: event.clientY - box.top }
    const best = { link: /** @type {Link | null} */ (null), away: NEAR }
    for (const link of chosen ? [] : links()) {
      const { a, b } = ends(link)
      const away = distance(p, a, b)
      if (away < best.away) Object.assign(best, { link, away })
    }
    if (best.link !== near) {
      near = best.link
      drawLinks()
    }
  })
  stage.addEventListener('pointerleave', () => {
    near = null
    drawLinks()
  })
  new ResizeObserver(place).observe(stage)
  window.addEventListener('paper', place)

  /** @param {HTMLElement} button @param {Float32Array | undefined} values */
  function paint(button, values) {
    const canvas = button.querySelector('canvas')
    if (canvas && values) plain(canvas).putImageData(heatImage(values, GRID, GRID), 0, 0)
  }

  const draw = perFrame(() => {
    if (!picture) return
    const now = JSON.stringify([picture.features, picture.shape.hidden])
    if (now !== form) {
      form = now
      chosen = near = null
      const focused = document.activeElement?.id
      build()
      if (focused) document.getElementById(focused)?.focus()
    }
    const inputs = picture.features.map((name) => featureMaps.get(name))
    const pictures = [inputs, ...picture.neurons, [picture.output]]
    columns.forEach((column, i) => column.forEach((button, row) => paint(button, pictures[i]?.[row])))
    drawLinks()
  })
  window.addEventListener('themechange', draw)

  return {
    element,
    nameOf,
    /** @param {Picture} next */
    show(next) {
      picture = next
      draw()
    },
  }
}
