/**
 * A network's picture, drawn from its shapes as the engine reports them: images as stacks of maps, sequences as rows of bars, few neurons
 * one by one, many as a bar. May import lib/ and protocol's types.
 *
 * @typedef {import('../../core/protocol.js').Report} Report
 * @typedef {{ width: number, nodes: number[], draw: (x: number) => SVGElement[] }} Figure nodes: the heights at which lines meet it
 */
import { at } from '../../lib/at.js'
import { svg } from '../../lib/dom.js'

const WIDTH = 320
const HEIGHT = 132
const MIDDLE = HEIGHT / 2
const MOST_NEURONS = 10
const MOST_MAPS = 6
const MOST_BARS = 9
const SHIFT = 4

/** @param {number} n */
const doublings = (n) => Math.log2(Math.max(1, n))

/**
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
const box = (x, y, width, height) => svg('rect', { x, y, width, height, rx: 2 })

/**
 * @param {number[]} shape channels, height, width
 * @param {number} largest side of an image in this network
 * @returns {Figure}
 */
function maps([channels = 1, height = 1, width = 1], largest) {
  const count = Math.min(MOST_MAPS, 1 + Math.ceil(doublings(channels) / 1.5))
  const size = (/** @type {number} */ side) => 6 + 62 * Math.sqrt(side / largest)
  const [w, h, deep] = [size(width), size(height), SHIFT * (count - 1)]
  const draw = (/** @type {number} */ x) =>
    [...Array(count).keys()].map((i) => box(x + SHIFT * i, MIDDLE - (h + deep) / 2 + deep - SHIFT * i, w, h))
  return { width: w + deep, nodes: [MIDDLE], draw }
}

/**
 * @param {number[]} shape places, features of each
 * @returns {Figure}
 */
function sequence([places = 1, features = 1]) {
  const count = Math.min(MOST_BARS, places)
  const width = 6 + 4 * doublings(features)
  const draw = (/** @type {number} */ x) => [...Array(count).keys()].map((i) => box(x, MIDDLE + 11 * (i - count / 2) + 2, width, 7))
  return { width, nodes: [MIDDLE], draw }
}

/**
 * @param {number} count
 * @returns {Figure}
 */
function neurons(count) {
  if (count > MOST_NEURONS) {
    const height = Math.min(HEIGHT - 12, 12 * doublings(count))
    return { width: 9, nodes: [MIDDLE], draw: (x) => [box(x, MIDDLE - height / 2, 9, height)] }
  }
  const pitch = Math.min(26, (HEIGHT - 12) / count)
  const r = pitch * 0.36
  const nodes = [...Array(count).keys()].map((i) => MIDDLE + pitch * (i - (count - 1) / 2))
  return { width: 2 * r, nodes, draw: (x) => nodes.map((cy) => svg('circle', { cx: x + r, cy, r })) }
}

/**
 * @param {number[]} input shape of one example
 * @param {Report} report
 */
export function thumbnail(input, { layers }) {
  /** Layers that change nothing that could be seen are left out. */
  const shapes = [input]
  for (const { path, output, params } of layers) {
    const same = JSON.stringify(output) === JSON.stringify(shapes.at(-1))
    if (!path.includes('.') && (params > 0 || !same)) shapes.push(output)
  }
  const largest = Math.max(1, ...shapes.filter(({ length }) => length === 3).flatMap(([, ...sides]) => sides))
  const figures = shapes.map((shape) => (shape.length === 3 ? maps(shape, largest) : shape.length === 2 ? sequence(shape) : neurons(at(shape, 0))))

  const room = figures.reduce((sum, { width }) => sum + width, 0)
  const gap = Math.min(56, Math.max(8, (WIDTH - 16 - room) / (figures.length - 1)))
  const whole = room + gap * (figures.length - 1)
  const lines = svg('g', { class: 'thumb-lines' })
  const groups = figures.map(() => svg('g', {}))
  let x = 0
  figures.forEach((figure, i) => {
    const group = at(groups, i)
    group.setAttribute('class', i === 0 ? 'thumb-input' : i === figures.length - 1 ? 'thumb-output' : 'thumb-layer')
    group.append(...figure.draw(x))
    const next = figures[i + 1]
    for (const y1 of next ? figure.nodes : []) for (const y2 of next?.nodes ?? []) lines.append(svg('line', { x1: x + figure.width / 2, y1, x2: x + figure.width + gap + (next?.width ?? 0) / 2, y2 }))
    x += figure.width + gap
  })
  const scale = Math.min(1, (WIDTH - 16) / whole)
  const place = `translate(${WIDTH / 2} ${MIDDLE}) scale(${scale}) translate(${-whole / 2} ${-MIDDLE})`
  return svg('svg', { class: 'thumb', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true' }, svg('g', { transform: place }, lines, ...groups))
}
