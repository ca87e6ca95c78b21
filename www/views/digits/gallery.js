/** Pictures from the data: a handful of training digits, and the test digits the network gets most wrong. May import lib/, core's types, picture.js. */
import { problemOf } from '../../core/protocol.js'
import { h } from '../../lib/dom.js'
import { percent } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { SIDE } from '../../examples/digits.js'
import { noticePlace } from '../../parts/notice.js'
import { paint, picture } from './picture.js'

const PIXELS = SIDE * SIDE
const SAMPLES = 20
const MISTAKES = 18

/**
 * @param {ArrayLike<number>} pixels
 * @param {string} text
 */
function figure(pixels, text) {
  const canvas = picture()
  paint(canvas, pixels)
  return h('li', {}, h('figure', {}, canvas, h('figcaption', {}, text)))
}

/** @param {import('../workbench.js').Setting} setting */
export function samples({ client, experiment }) {
  const list = h('ul', { class: 'gallery' })
  const origin = h('p', { class: 'muted small-text' })
  const notices = noticePlace()
  let shown = false
  experiment.on('opened', async () => {
    if (shown) return
    shown = true
    try {
      const { x, y } = await client.call('data', { session: experiment.session, split: 'train', start: 0, count: SAMPLES })
      list.replaceChildren(...Array.from(y, (label, i) => figure(x.subarray(i * PIXELS, (i + 1) * PIXELS), String(label))))
      const { source, licence } = await client.call('dataset', { name: 'mnist' })
      origin.textContent = `${source}. Licence: ${licence}.`
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })
  return h('div', {}, list, origin, notices.element)
}

/** @param {import('../workbench.js').Setting} setting */
export function mistakes({ client, experiment }) {
  const list = h('ul', { class: 'gallery mistakes' })
  const empty = h('p', { class: 'muted' }, 'The test images it gets most wrong appear here after each epoch, and when training pauses.')
  const notices = noticePlace()
  const draw = oneAtATime(async () => {
    const worst = experiment.evaluation?.worst?.slice(0, MISTAKES)
    if (!worst) return
    try {
      const { x } = await client.call('data', { session: experiment.session, split: 'test', indices: worst.map(({ index }) => index) })
      list.replaceChildren(
        ...worst.map(({ label, predicted, probability }, i) =>
          figure(x.subarray(i * PIXELS, (i + 1) * PIXELS), `a ${label}, read as ${predicted} (${percent(probability, 0)})`),
        ),
      )
      empty.textContent = worst.length ? '' : 'There is none: every test image is read right.'
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })
  experiment.on('evaluated', draw)
  return h('div', {}, empty, list, notices.element)
}
