/** A short piece of a curve's line, for a list that says what it is. May import lib/. */
import { svg } from '../lib/dom.js'

const WIDTH = 28
const HEIGHT = 4

/**
 * @param {{ colour: string, dash?: readonly number[], width?: number }} stroke colour: a token
 */
export function lineSample({ colour, dash = [], width = 2 }) {
  const line = svg('line', { x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2, 'stroke-width': width, 'stroke-dasharray': dash.join(' ') || null })
  line.style.stroke = `var(--${colour})`
  return svg('svg', { class: 'key', width: WIDTH, height: HEIGHT, 'aria-hidden': 'true' }, line)
}
