/**
 * The tensors of a layer: kernels as small pictures, matrices as a large one, rows as bars; and how their numbers are spread.
 * May import lib/, core's types and its neighbours.
 *
 * @typedef {import('../../core/protocol.js').Named} Named
 */
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { short, together } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { figuresOf, histogram, reachOf } from '../../lib/numbers.js'
import { canvasOf, figuresText, paintBars, paintHeat, scaleText, sizes } from './pictures.js'

/** Kernels that are shown; more would be a wall of them. */
const KERNELS = 64
const PARTS = 41

/** @typedef {(tensor: Named, reach: number, channel: number) => string} Draw gives words for what is shown */

/**
 * The kernels of a convolution: of all maps, where each has but one, else those of the chosen map.
 * @param {Named} tensor
 * @returns {{ element: HTMLElement, draw: Draw }}
 */
function kernels({ shape }) {
  const [outputs, depth, height, width] = [at(shape, 0), at(shape, 1), at(shape, 2), at(shape, 3)]
  const all = depth === 1
  const count = Math.min(KERNELS, all ? outputs : depth)
  const canvases = Array.from({ length: count }, () => canvasOf('heat'))
  return {
    element: h('ul', { class: 'maps kernels' }, ...canvases.map((canvas, n) => h('li', {}, canvas, h('span', { class: 'small-text' }, String(n))))),
    draw({ data }, reach, channel) {
      const size = height * width
      const chosen = Math.min(channel, outputs - 1)
      const first = all ? 0 : chosen * depth
      canvases.forEach((canvas, n) => paintHeat(canvas, data.subarray((first + n) * size, (first + n + 1) * size), { width, height, reach }))
      const values = { count, n: chosen }
      if (count < (all ? outputs : depth)) return all ? t('Its first {count} kernels, one for each map.', values) : t('The first {count} kernels of number {n}, one for each map that it reads.', values)
      return all ? t('Its kernels, one for each map.') : t('The kernels of number {n}, one for each map that it reads.', values)
    },
  }
}

/** @param {Named} tensor @returns {{ element: HTMLElement, draw: Draw }} */
function matrix({ shape }) {
  const [height, width] = [at(shape, 0), shape.slice(1).reduce((a, b) => a * b, 1)]
  const canvas = canvasOf('heat matrix')
  return {
    element: canvas,
    draw({ data }, reach) {
      paintHeat(canvas, data, { width, height, reach })
      return t('Its rows from top to bottom.')
    },
  }
}

/** @returns {{ element: HTMLElement, draw: Draw }} */
function row() {
  const canvas = canvasOf('bars-line')
  return {
    element: canvas,
    draw({ data }, reach) {
      paintBars(canvas, data, reach)
      return ''
    },
  }
}

/** @param {Named} tensor */
function pictureOf(tensor) {
  const { name, shape } = tensor
  const { element: drawing, draw } = shape.length === 4 ? kernels(tensor) : shape.length > 1 ? matrix(tensor) : row()
  const spread = canvasOf('bars-line')
  const [caption, ends] = [h('figcaption', { class: 'small-text muted' }), h('p', { class: 'small-text muted ends' })]
  const element = h('figure', { class: 'stack' }, h('h4', {}, h('code', { translate: 'no' }, name), ` ${sizes(shape)}`), drawing, caption, h('div', { class: 'spread' }, spread, ends))
  return {
    element,
    /** @param {Named} tensor @param {number} channel */
    show(tensor, channel) {
      const figures = figuresOf(tensor.data)
      const reach = reachOf(figures)
      const counts = histogram(tensor.data, figures, PARTS)
      paintBars(spread, counts, Math.max(...counts))
      say(caption, together(draw(tensor, reach, channel), scaleText(reach), figuresText(figures)))
      say(ends, t('How many of its numbers lie where, from {min} on the left to {max} on the right.', { min: short(figures.min), max: short(figures.max) }))
    },
  }
}

export function weights() {
  const element = h('div', { class: 'stack tensors' })
  let form = ''
  /** @type {ReturnType<typeof pictureOf>[]} */
  let pictures = []
  return {
    element,
    /** @param {readonly Named[]} tensors @param {number} channel the chosen one */
    show(tensors, channel) {
      const needed = JSON.stringify(tensors.map(({ name, shape }) => [name, shape]))
      if (form !== needed) {
        form = needed
        pictures = tensors.map(pictureOf)
        element.replaceChildren(...(pictures.length ? pictures.map(({ element }) => element) : [h('p', { class: 'muted' }, t('This layer has no numbers of its own to learn.'))]))
      }
      tensors.forEach((tensor, n) => at(pictures, n).show(tensor, channel))
    },
  }
}
