/**
 * The first network as a drawing with a place for every number of one training step. May import lib/ and steps.js.
 */
import { svg } from '../../lib/dom.js'
import { listed } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { plainNumber } from './steps.js'

const WIDTH = 392
const HEIGHT = 318

/** @typedef {{ x: number, y: number, name: string, anchor?: 'start' | 'middle' | 'end' }} Slot */

/** Where each value is written, and the sign before it. @type {{ [id: string]: Slot }} */
const SLOTS = {
  x1: { x: 32, y: 102, name: 'x₁' },
  x2: { x: 32, y: 264, name: 'x₂' },
  ...hidden(1, 98),
  ...hidden(2, 260),
  w11: { x: 89, y: 90, name: '' },
  dw11: { x: 89, y: 112, name: '∂' },
  w21: { x: 76, y: 136, name: '' },
  dw21: { x: 76, y: 150, name: '∂' },
  w12: { x: 76, y: 206, name: '' },
  dw12: { x: 76, y: 220, name: '∂' },
  w22: { x: 89, y: 252, name: '' },
  dw22: { x: 89, y: 274, name: '∂' },
  v1: { x: 258, y: 98, name: '' },
  dv1: { x: 252, y: 136, name: '∂' },
  v2: { x: 238, y: 182, name: '' },
  dv2: { x: 294, y: 206, name: '∂' },
  c: { x: 338, y: 87, name: 'c' },
  dc: { x: 338, y: 73, name: '∂c' },
  z: { x: 338, y: 115, name: 'z' },
  p: { x: 338, y: 133, name: 'p' },
  dz: { x: 338, y: 151, name: '∂z' },
  y: { x: 338, y: 247, name: 'y' },
  L: { x: 338, y: 267, name: 'L' },
}

/**
 * @param {number} n
 * @param {number} y
 * @returns {{ [id: string]: Slot }}
 */
function hidden(n, y) {
  const sub = n === 1 ? '₁' : '₂'
  return {
    [`z${n}`]: { x: 172, y: y - 21, name: `z${sub}` },
    [`a${n}`]: { x: 172, y: y - 4, name: `a${sub}` },
    [`da${n}`]: { x: 172, y: y + 15, name: `∂a${sub}` },
    [`dz${n}`]: { x: 172, y: y + 32, name: `∂z${sub}` },
    [`b${n}`]: { x: 172, y: y - 47, name: `b${sub}` },
    [`db${n}`]: { x: 172, y: y - 61, name: `∂b${sub}` },
  }
}

/** From where to where each weight leads. */
const EDGES = {
  w11: [57, 98, 122, 98],
  w21: [51, 114, 122, 246],
  w12: [51, 244, 122, 112],
  w22: [57, 260, 122, 260],
  v1: [222, 98, 288, 128],
  v2: [222, 260, 288, 146],
}

const BOXES = [
  { x: 122, y: 60, width: 100, height: 78, values: ['z1', 'a1'] },
  { x: 122, y: 222, width: 100, height: 78, values: ['z2', 'a2'] },
  { x: 288, y: 98, width: 100, height: 64, values: ['z', 'p'] },
  { x: 288, y: 228, width: 100, height: 50, values: ['L', 'y'] },
]

/** Four decimals, or fewer where a number is so large that they would not fit. @param {number} value */
const roomFor = (value) => plainNumber(Number(Math.abs(value) < 100 ? value.toFixed(4) : value.toPrecision(5)))

/** @param {string} id */
const isGradient = (id) => id.startsWith('d')

export function drawing() {
  const edges = Object.entries(EDGES).map(([id, [x1, y1, x2, y2]]) => svg('line', { class: 'edge', x1, y1, x2, y2, 'data-id': id }))
  const boxes = BOXES.map(({ values, ...box }) => svg('rect', { class: 'box', rx: 8, ...box, 'data-id': values.join(' ') }))
  const inputs = [98, 260].map((cy, i) => svg('circle', { class: 'box', cx: 32, cy, r: 25, 'data-id': `x${i + 1}` }))
  const slots = Object.entries(SLOTS).map(([id, { x, y, name }]) => ({
    id,
    name,
    text: svg('text', { class: `slot${isGradient(id) ? ' gradient' : ''}`, x, y, 'text-anchor': 'middle' }),
  }))
  const titles = [
    svg('text', { class: 'title', x: 32, y: 20, 'text-anchor': 'middle' }, t('input')),
    svg('text', { class: 'title', x: 172, y: 20, 'text-anchor': 'middle' }, t('hidden, sigmoid')),
    svg('text', { class: 'title', x: 338, y: 20, 'text-anchor': 'middle' }, t('output')),
    svg('text', { class: 'title', x: 338, y: 298, 'text-anchor': 'middle' }, t('loss')),
  ]
  const down = svg('line', { class: 'edge', x1: 338, y1: 162, x2: 338, y2: 228, 'data-id': 'L' })
  const element = svg(
    'svg',
    { class: 'walk-drawing', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': t('The network') },
    ...edges,
    down,
    ...boxes,
    ...inputs,
    ...titles,
    ...slots.map(({ text }) => text),
  )

  /**
   * @param {Map<string, number>} values what is known so far
   * @param {{ now: string | null, uses: string[], changed: Set<string> }} marks
   */
  function show(values, { now, uses, changed }) {
    for (const { id, name, text } of slots) {
      const value = values.get(id)
      text.textContent = value === undefined ? '' : `${name}${name && name !== '∂' ? ' = ' : name ? ' ' : ''}${roomFor(value)}`
      text.classList.toggle('now', id === now)
      text.classList.toggle('used', uses.includes(id))
      text.classList.toggle('changed', changed.has(id))
    }
    const lit = new Set([...uses, now ?? ''].flatMap((id) => [id, id.replace(/^d/, '')]))
    for (const shape of [...edges, down, ...boxes, ...inputs]) {
      shape.classList.toggle('lit', (shape.getAttribute('data-id') ?? '').split(' ').some((id) => lit.has(id)))
    }
    const told = [...values].map(([id, value]) => `${id} ${plainNumber(value)}`)
    element.setAttribute('aria-label', t('The network with the values known so far: {values}', { values: listed(told) }))
  }
  return { element, show }
}
