/**
 * Points on a plane, each with a mark for its group, told apart by shape as well as by colour. Marks stand at shares of the picture's size, so that it
 * is drawn anew only when the points change. May import lib/.
 *
 * @typedef {object} Point
 * @property {number} group its number in the list of groups
 * @property {string} [label] stands in the mark
 * @property {boolean} [ringed]
 */
import { at } from '../../lib/at.js'
import { attribute, h, svg } from '../../lib/dom.js'

/** Around 0, each about 10 across. */
const SHAPES = [
  'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z',
  'M-4.5 -4.5h9v9h-9z',
  'M0 -5.5L5.5 4.5H-5.5z',
  'M0 -6L6 0L0 6L-6 0z',
  'M0 5.5L5.5 -4.5H-5.5z',
]

/** Of the first five groups full, of the next five hollow. @param {number} group */
const mark = (group) => svg('path', { d: at(SHAPES, group % SHAPES.length), class: `mark group-${group % SHAPES.length}${group < SHAPES.length ? '' : ' hollow'}` })

/** From the edges to the points. */
const MARGIN = 0.06

/**
 * Where points stand, from 0 to 1, with one scale for both directions.
 * @param {readonly ArrayLike<number>[]} scores a list for each direction
 */
function placed(scores) {
  const [x, y] = [at(scores, 0), at(scores, 1)]
  const ends = [x, y].map((all) => Array.from(all).reduce(([min, max], value) => /** @type {[number, number]} */ ([Math.min(min, value), Math.max(max, value)]), /** @type {[number, number]} */ ([Infinity, -Infinity])))
  const span = Math.max(...ends.map(([min, max]) => max - min)) || 1
  const share = (/** @type {number} */ value, /** @type {readonly [number, number]} */ [min, max]) => 0.5 + ((value - (min + max) / 2) / span) * (1 - 2 * MARGIN)
  return Array.from(x, (value, n) => ({ x: share(value, at(ends, 0)), y: 1 - share(at(y, n), at(ends, 1)) }))
}

/**
 * @param {{ label: string, groups: readonly string[], points: readonly Point[], choose: (n: number) => void }} what choose: is told the point that is pressed or passed over
 */
export function scatter({ label, groups, points, choose }) {
  const marks = points.map(({ group, label = '', ringed }, n) => {
    const ring = ringed ? svg('circle', { r: 8, class: 'ring' }) : false
    return svg('svg', { 'data-n': n, class: 'point' }, svg('circle', { r: 11, class: 'halo' }), ring, mark(group), label ? svg('text', {}, label) : false)
  })
  const picture = svg('svg', { class: `scatter${points.some(({ label }) => label) ? ' lettered' : ''}`, role: 'img', 'aria-label': label }, ...marks)
  const told = (/** @type {Event} */ { target }) => {
    const point = target instanceof Element ? target.closest('[data-n]') : null
    if (point) choose(Number(point.getAttribute('data-n')))
  }
  picture.addEventListener('pointerover', told)
  picture.addEventListener('click', told)
  const used = groups.flatMap((name, group) => (points.some((point) => point.group === group) ? [{ name, group }] : []))
  const legend = h('ul', { class: 'legend small-text' }, ...used.map(({ name, group }) => h('li', {}, svg('svg', { class: 'key', viewBox: '-7 -7 14 14', 'aria-hidden': 'true' }, mark(group)), name)))
  return {
    element: h('div', { class: 'stack' }, picture, legend),
    /** @param {readonly ArrayLike<number>[]} scores @param {number} chosen */
    show(scores, chosen) {
      placed(scores).forEach(({ x, y }, n) => {
        attribute(at(marks, n), 'x', `${100 * x}%`)
        attribute(at(marks, n), 'y', `${100 * y}%`)
        at(marks, n).classList.toggle('chosen', n === chosen)
      })
      // Over the others.
      if (picture.lastChild !== at(marks, chosen)) picture.append(at(marks, chosen))
    },
  }
}
