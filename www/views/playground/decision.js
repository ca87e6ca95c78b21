/**
 * The decision map: the network's (or one neuron's) answer all over the plane, with the data on it.
 * May import lib/, examples/playground, maps.js and core/protocol's types.
 *
 * @typedef {import('./maps.js').DataPoint} DataPoint
 */
import { at } from '../../lib/at.js'
import { REACH } from '../../examples/playground.js'
import { h, say } from '../../lib/dom.js'
import { fixed, percent, short } from '../../lib/format.js'
import { CANVAS_FONT, plain, surface } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { colour, heatImage } from '../../lib/palette.js'
import { GRID } from './maps.js'

const EDGE = 22

export function decisionMap() {
  /** @type {ArrayLike<number>} */
  let values = new Float32Array(GRID * GRID)
  let caption = ''
  let regression = false
  /** @type {{ train: DataPoint[], test: DataPoint[] }} */
  let points = { train: [], test: [] }
  /** @type {{ x: number, y: number } | null} */
  let pointer = null

  const canvas = h('canvas', { class: 'decision-canvas', role: 'img', 'aria-label': t('Map of the network’s answer') })
  const small = h('canvas', { width: GRID, height: GRID })
  const bar = h('canvas', { class: 'legend-bar', width: 64, height: 1, 'aria-hidden': 'true' })
  const [low, high] = [h('span', {}), h('span', {})]
  const reading = h('p', { class: 'reading small-text' })
  const showTest = h('input', { type: 'checkbox', checked: true })
  const element = h(
    'figure',
    { class: 'decision' },
    canvas,
    h('div', { class: 'legend small-text' }, low, bar, high),
    h(
      'div',
      { class: 'legend small-text' },
      h('span', {}, t('● training point')),
      h('label', { class: 'check' }, showTest, t('◇ test point')),
    ),
    reading,
  )

  /** @param {number} v in -1..1 as the map holds it */
  const valueText = (v) => (regression || caption ? t('value {value}', { value: fixed(v, 2) }) : t('probability of blue {value}', { value: fixed((v + 1) / 2, 2) }))

  const draw = surface(canvas, (c, width) => {
    const side = width - EDGE
    plain(small).putImageData(heatImage(values, GRID, GRID, canvas), 0, 0)
    c.imageSmoothingEnabled = true
    c.imageSmoothingQuality = 'high'
    // Paler than the points, which must stand out.
    c.globalAlpha = 0.75
    c.drawImage(small, EDGE, 0, side, side)
    c.globalAlpha = 1
    plain(bar).putImageData(heatImage(Float32Array.from({ length: 64 }, (_, i) => i / 31.5 - 1), 64, 1, canvas), 0, 0)
    axes(c, side)
    if (showTest.checked) for (const point of points.test) mark(c, side, point, true)
    for (const point of points.train) mark(c, side, point, false)
    const plus = regression || caption ? '+1' : t('class 1 (blue)')
    const minus = regression || caption ? '−1' : t('class 0 (orange)')
    say(low, minus)
    say(high, plus)
    read(side)
  })

  /** @param {CanvasRenderingContext2D} c @param {number} side */
  function axes(c, side) {
    c.fillStyle = colour('ink-2', canvas)
    c.font = CANVAS_FONT
    for (const tick of [-6, -3, 0, 3, 6]) {
      const offset = ((tick + REACH) / (2 * REACH)) * side
      c.textBaseline = 'top'
      c.textAlign = tick === -6 ? 'start' : tick === 6 ? 'end' : 'center'
      c.fillText(fixed(tick, 0), EDGE + offset, side + 6)
      c.textAlign = 'end'
      c.textBaseline = tick === 6 ? 'top' : tick === -6 ? 'bottom' : 'middle'
      c.fillText(fixed(tick, 0), EDGE - 5, side - offset)
    }
    c.textAlign = 'center'
    c.textBaseline = 'top'
    c.fillText('x₁', EDGE + side * 0.625, side + 6)
    c.textAlign = 'end'
    c.textBaseline = 'middle'
    c.fillText('x₂', EDGE - 5, side * 0.375)
  }

  /**
   * @param {CanvasRenderingContext2D} c
   * @param {number} side
   * @param {DataPoint} point
   * @param {boolean} test
   */
  function mark(c, side, { x1, x2, y }, test) {
    if (Math.abs(x1) > REACH || Math.abs(x2) > REACH) return
    const x = EDGE + ((x1 + REACH) / (2 * REACH)) * side
    const down = (1 - (x2 + REACH) / (2 * REACH)) * side
    const positive = regression ? y > 0 : y > 0.5
    c.globalAlpha = regression ? 0.35 + 0.65 * Math.abs(y) : 1
    c.fillStyle = colour(positive ? 'plus' : 'minus', canvas)
    c.strokeStyle = colour(test ? 'ink' : 'paper', canvas)
    c.lineWidth = 1
    c.beginPath()
    if (test) {
      c.moveTo(x, down - 4)
      c.lineTo(x + 4, down)
      c.lineTo(x, down + 4)
      c.lineTo(x - 4, down)
      c.closePath()
    } else c.arc(x, down, 3.2, 0, 2 * Math.PI)
    c.fill()
    c.stroke()
    c.globalAlpha = 1
  }

  /** @param {number} side */
  function read(side) {
    const what = caption || t('The network’s answer')
    if (!pointer || pointer.x < EDGE || pointer.y > side) {
      say(reading, t('{what}. Point at the map to read values.', { what }))
      return
    }
    const column = Math.min(GRID - 1, Math.floor(((pointer.x - EDGE) / side) * GRID))
    const row = Math.min(GRID - 1, Math.max(0, Math.floor((pointer.y / side) * GRID)))
    const x1 = ((pointer.x - EDGE) / side) * 2 * REACH - REACH
    const x2 = REACH - (pointer.y / side) * 2 * REACH
    say(reading, t('{what} at ({x1}, {x2}): {value}', { what, x1: fixed(x1, 1), x2: fixed(x2, 1), value: valueText(at(values, row * GRID + column)) }))
  }

  /** @param {PointerEvent} event */
  const track = (event) => {
    pointer = { x: event.offsetX, y: event.offsetY }
    draw()
  }
  canvas.addEventListener('pointermove', track)
  canvas.addEventListener('pointerdown', track)
  canvas.addEventListener('pointerleave', () => {
    pointer = null
    draw()
  })
  showTest.addEventListener('change', draw)

  return {
    element,
    /**
     * @param {ArrayLike<number>} next
     * @param {{ caption: string, regression: boolean }} about caption: which neuron it is; empty for the whole network
     */
    show(next, about) {
      values = next
      caption = about.caption
      regression = about.regression
      draw()
    },
    /** @param {{ train: DataPoint[], test: DataPoint[] }} next */
    showPoints(next) {
      points = next
      draw()
    },
    /** What a person who does not see it should know. @param {import('../../core/protocol.js').Evaluation} evaluation */
    describe({ loss, accuracy }) {
      const text =
        accuracy === null
          ? t('Map of the network’s answer over the plane from −6 to 6. Test loss {loss}.', { loss: short(loss) })
          : t('Map of the network’s answer over the plane from −6 to 6. Test loss {loss}, {share} of the test points are on the right side.', { loss: short(loss), share: percent(accuracy) })
      canvas.setAttribute('aria-label', text)
    },
  }
}
