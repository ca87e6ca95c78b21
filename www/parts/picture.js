/** The charts of a run as one picture for a file. May import lib/ and chart.js' types. */
import { h } from '../lib/dom.js'
import { plain } from '../lib/frame.js'
import { t } from '../lib/i18n.js'
import { colour } from '../lib/palette.js'
import { refusal } from '../core/protocol.js'

const WIDTH = 900
const HEIGHT = 320
const MARGIN = 24
const HEAD = 34
/** Pixels of the picture for one of a screen. */
const SHARP = 2
const FONT = '600 16px system-ui, sans-serif'

/**
 * @param {string} title
 * @param {import('./chart.js').Chart[]} charts one below the other
 * @returns {Promise<Blob>} a PNG file
 */
export function pictureOf(title, charts) {
  const height = MARGIN + HEAD + charts.length * (HEIGHT + MARGIN)
  const canvas = h('canvas', { width: WIDTH * SHARP, height: height * SHARP })
  const c = plain(canvas)
  c.scale(SHARP, SHARP)
  c.fillStyle = colour('paper')
  c.fillRect(0, 0, WIDTH, height)
  c.translate(MARGIN, MARGIN)
  c.fillStyle = colour('ink')
  c.font = FONT
  c.textBaseline = 'top'
  c.fillText(title, 0, 0, WIDTH - 2 * MARGIN)
  c.translate(0, HEAD)
  for (const one of charts) {
    one.paint(c, WIDTH - 2 * MARGIN, HEIGHT)
    c.translate(0, HEIGHT + MARGIN)
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(refusal(t('The browser cannot make a picture of the curves.')))), 'image/png')
  })
}
