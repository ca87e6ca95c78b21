/** A sheet to draw on, with mouse, touch or pen. May import lib/, examples/images and normalise.js. */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { plain } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { SIDE } from '../../examples/images.js'
import { normalise } from './normalise.js'

const SHEET = 280
const PEN = 22

/**
 * @param {import('../../examples/images.js').Pictures} pictures
 * @param {(image: Float32Array | null, done: boolean) => void} drawn 28 × 28 as the network gets it; done: the pen was lifted
 */
export function pad({ written }, drawn) {
  const label = written
    ? t('Sheet to draw a digit on, with mouse, finger or pen. “A test digit” does it without drawing.')
    : t('Sheet to draw a piece of clothing on, with mouse, finger or pen. The buttons after it show test images and your own pictures instead.')
  const canvas = h('canvas', { class: 'pad', width: SHEET, height: SHEET, role: 'img', 'aria-label': label })
  const c = plain(canvas, true)
  /** @type {{ x: number, y: number } | null} */
  let last = null
  /** What is there was only to have something to look at. */
  let passing = false

  /** @param {PointerEvent} event */
  const place = (event) => {
    const box = canvas.getBoundingClientRect()
    const scale = SHEET / box.width
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale }
  }

  /** @param {{ x: number, y: number }} to */
  function stroke(to) {
    const from = last ?? to
    c.lineWidth = PEN
    c.lineCap = c.lineJoin = 'round'
    c.beginPath()
    c.moveTo(from.x, from.y)
    c.lineTo(to.x, to.y)
    c.stroke()
    last = to
  }

  /** @param {boolean} done */
  function tell(done) {
    const { data } = c.getImageData(0, 0, SHEET, SHEET)
    drawn(normalise(Float32Array.from({ length: SHEET * SHEET }, (_, i) => at(data, 4 * i + 3) / 255), SHEET, written), done)
  }

  let asked = false
  const tellSoon = () => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      if (last) tell(false)
    })
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return // a second finger draws nothing
    event.preventDefault()
    canvas.setPointerCapture(event.pointerId)
    last = null
    if (passing) clear()
    stroke(place(event))
    tellSoon()
  })
  canvas.addEventListener('pointermove', (event) => {
    if (!last || !event.isPrimary) return
    for (const one of event.getCoalescedEvents?.() ?? [event]) stroke(place(one))
    tellSoon()
  })
  for (const end of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    canvas.addEventListener(end, (event) => {
      if (!last || !event.isPrimary) return
      last = null
      tell(true)
    })
  }

  function clear() {
    passing = false
    c.clearRect(0, 0, SHEET, SHEET)
  }
  return {
    element: canvas,
    clear() {
      clear()
      drawn(null, true)
    },
    /** Shows a ready image instead of a drawing. @param {Float32Array} image @param {boolean} gives whether it gives way to the first stroke */
    put(image, gives) {
      clear()
      passing = gives
      const cell = SHEET / SIDE
      image.forEach((value, i) => {
        c.globalAlpha = value
        c.fillRect((i % SIDE) * cell, Math.floor(i / SIDE) * cell, cell, cell)
      })
      c.globalAlpha = 1
      drawn(image, !gives)
    },
  }
}
