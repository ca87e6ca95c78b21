/**
 * Draw a digit, see what the network makes of it: its ten probabilities as bars and numbers.
 * May import lib/, parts/, core's types and its neighbours.
 */
import { CLASSES } from '../../examples/digits.js'
import { problemOf } from '../../core/protocol.js'
import { h, say } from '../../lib/dom.js'
import { percent } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { announce } from '../../parts/live.js'
import { noticePlace } from '../../parts/notice.js'
import { pad } from './pad.js'
import { paint, picture } from './picture.js'

/** @param {import('../workbench.js').Setting} setting */
export function guess({ client, experiment }) {
  const { session } = experiment
  /** @type {Float32Array | null} */
  let image = null
  let tellResult = false

  const notices = noticePlace()
  const seen = picture('What the network sees: the drawing, centred, in 28 × 28 pixels')
  const verdict = h('output', { class: 'guess' })
  const rows = Array.from({ length: CLASSES }, (_, digit) => {
    const bar = h('span', { class: 'bar-fill' })
    const value = h('span', { class: 'number' }, '–')
    return { bar, value, element: h('li', {}, h('span', { class: 'bar-name' }, String(digit)), h('span', { class: 'bar' }, bar), value) }
  })
  const bars = h('ol', { class: 'bars', 'aria-label': 'Probability of each digit' }, ...rows.map(({ element }) => element))

  /** @param {ArrayLike<number> | null} probabilities */
  function show(probabilities) {
    const most = probabilities ? Math.max(...Array.from(probabilities)) : -1
    rows.forEach(({ bar, value, element }, digit) => {
      const p = probabilities?.[digit] ?? 0
      bar.style.width = `${100 * p}%`
      say(value, probabilities ? percent(p) : '–')
      element.classList.toggle('most', p === most)
    })
    const digit = probabilities ? Array.from(probabilities).indexOf(most) : -1
    const untrained = experiment.run.step === 0 ? ' (it has not learned anything yet: press Train)' : ''
    const nothing = image ? 'It answers once the images are loaded.' : 'Draw a digit from 0 to 9.'
    say(verdict, digit < 0 ? nothing : `It reads a ${digit}, ${percent(most)} sure${untrained}.`)
    if (digit >= 0 && tellResult) announce(verdict.textContent ?? '', { soon: true })
    tellResult = false
  }

  const predict = oneAtATime(async () => {
    const asked = image
    if (!asked || !experiment.opened) return show(null)
    try {
      const { probabilities, output } = await client.call('predict', { session, inputs: asked, count: 1 })
      if (image === asked) show(probabilities ?? output)
      notices.clear()
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })

  const sheet = pad((next, done) => {
    image = next
    tellResult = done
    paint(seen, next)
    predict()
  })

  const test = h('button', { type: 'button', disabled: true, on: { click: () => void testDigit() } }, 'A test digit')
  async function testDigit() {
    try {
      const { opened } = experiment
      if (!opened) return
      const start = Math.floor(Math.random() * opened.test_count)
      const { x } = await client.call('data', { session, split: 'test', start, count: 1 })
      sheet.put(x)
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }

  experiment.on('opened', () => (test.disabled = false))
  experiment.on('evaluated', () => image && predict())
  show(null)
  const buttons = h(
    'div',
    { class: 'buttons' },
    h('button', { type: 'button', on: { click: sheet.clear } }, 'Clear'),
    test,
  )
  const seenBox = h('figure', { class: 'seen small-text muted' }, seen, h('figcaption', {}, 'what the network sees'))
  return h('div', { class: 'guess-grid' }, h('div', { class: 'stack' }, sheet.element, buttons), h('div', { class: 'stack' }, verdict, bars, seenBox), notices.element)
}
