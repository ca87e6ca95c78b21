/** An image of the data as a small picture: dark on white in both themes, as on paper. May import lib/ and examples/images. */
import { SIDE } from '../../examples/images.js'
import { h } from '../../lib/dom.js'
import { plain } from '../../lib/frame.js'

/** @param {string} [label] what it shows; without it, the text beside it has to say */
export function picture(label) {
  return h('canvas', { class: 'picture', width: SIDE, height: SIDE, ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }) })
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number> | null} pixels 0 to 1
 */
export function paint(canvas, pixels) {
  const image = new ImageData(SIDE, SIDE)
  for (let i = 0; i < SIDE * SIDE; i++) image.data[4 * i + 3] = Math.round(255 * (pixels?.[i] ?? 0))
  plain(canvas).putImageData(image, 0, 0)
}
