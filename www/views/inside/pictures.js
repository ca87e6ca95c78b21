/**
 * Numbers as small pictures: blue above 0, orange below, and for those who do not see it always a text beside it. May import lib/.
 * Each canvas has a pixel or a bar for a number, and its size on the screen from the style sheet.
 */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { dims, percent, short } from '../../lib/format.js'
import { plain } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { colour, heatImage } from '../../lib/palette.js'

const BAR = 8
const BAR_HEIGHT = 64

/** A canvas whose text is elsewhere. @param {string} name of its class */
export const canvasOf = (name) => h('canvas', { class: name, width: 1, height: 1, 'aria-hidden': 'true' })

/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
function sized(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  return plain(canvas)
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values row by row
 * @param {{ width: number, height: number, reach: number }} scale reach: the size that has the full colour
 */
export function paintHeat(canvas, values, { width, height, reach }) {
  sized(canvas, width, height).putImageData(heatImage(values.map((value) => value / reach), width, height), 0, 0)
}

/**
 * Bars up and down from a line, which lies at the bottom where there is nothing below 0.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} reach the size that fills the height
 * @param {number} [chosen] the one that is marked
 */
export function paintBars(canvas, values, reach, chosen = -1) {
  const c = sized(canvas, Math.max(1, values.length) * BAR, BAR_HEIGHT)
  c.clearRect(0, 0, canvas.width, BAR_HEIGHT)
  const below = Array.from(values).some((value) => value < 0)
  const [zero, full] = below ? [BAR_HEIGHT / 2, BAR_HEIGHT / 2] : [BAR_HEIGHT, BAR_HEIGHT]
  c.fillStyle = colour('zero')
  c.fillRect(0, 0, canvas.width, BAR_HEIGHT)
  for (let i = 0; i < values.length; i++) {
    const height = (at(values, i) / (reach || 1)) * full
    if (i === chosen) {
      c.fillStyle = colour('line-strong')
      c.fillRect(i * BAR, 0, BAR, BAR_HEIGHT)
    }
    c.fillStyle = colour(height < 0 ? 'minus' : 'plus')
    c.fillRect(i * BAR + 1, zero - Math.max(0, height), BAR - 2, Math.abs(height))
  }
  c.fillStyle = colour('line-strong')
  c.fillRect(0, Math.min(zero, BAR_HEIGHT - 1), canvas.width, 1)
}

/** @param {readonly number[]} shape */
export const sizes = (shape) => (shape.length === 1 ? t('{count} numbers', { count: at(shape, 0) }) : dims([...shape]))

/** The scale in words. @param {number} reach */
export const scaleText = (reach) => (reach ? t('Blue is above 0, orange below; the strongest colour stands for {reach}.', { reach: short(reach) }) : t('All of it is 0.'))

/** @param {import('../../lib/numbers.js').Figures} figures */
export const figuresText = ({ min, max, mean, deviation, zeros }) =>
  t('Least {min}, most {max}, mean {mean}, standard deviation {deviation}; {zeros} are exactly 0.', { min: short(min), max: short(max), mean: short(mean), deviation: short(deviation), zeros: percent(zeros) })
