/**
 * Pictures from the data: a handful of training images, and the test images the network gets most wrong. May import lib/, core/protocol, examples/images, parts/notice and picture.js.
 *
 * @typedef {import('../../examples/images.js').Pictures} Pictures
 */
import { at } from '../../lib/at.js'
import { problemOf } from '../../core/protocol.js'
import { h, say } from '../../lib/dom.js'
import { percent } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { parts, t } from '../../lib/i18n.js'
import { SIDE } from '../../examples/images.js'
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

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {Pictures} pictures
 */
export function samples({ client, experiment }, { data, classes, written }) {
  const list = h('ul', { class: written ? 'gallery' : 'gallery wide' })
  const origin = h('p', { class: 'muted small-text' })
  const notices = noticePlace()
  experiment.on('opened', async () => {
    if (list.children.length) return
    try {
      const { x, y } = await client.call('data', { session: experiment.session, split: 'train', start: 0, count: SAMPLES })
      list.replaceChildren(...Array.from(y, (label, i) => figure(x.subarray(i * PIXELS, (i + 1) * PIXELS), at(classes, label))))
      const { source, licence } = await client.call('dataset', { name: data })
      origin.replaceChildren(...parts('{source}. Licence: {licence}.', { source: h('span', { translate: 'no' }, source), licence: h('span', { translate: 'no' }, licence) }))
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })
  return h('div', {}, list, origin, notices.element)
}

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {Pictures} pictures
 */
export function mistakes({ client, experiment }, { classes, written }) {
  const list = h('ul', { class: 'gallery wide mistakes' })
  const text = h('p', { class: 'muted' })
  const notices = noticePlace()
  /** @type {import('../../core/protocol.js').Mistake[] | null} */
  let worst = null

  /** @param {number} label @param {number} predicted @param {number} probability */
  const words = (label, predicted, probability) => {
    const values = { label: at(classes, label), predicted: at(classes, predicted), share: percent(probability, 0) }
    return written ? t('a {label}, read as {predicted} ({share})', values) : t('{label}, taken for {predicted} ({share})', values)
  }

  const draw = oneAtATime(async () => {
    const asked = worst
    if (!asked) return
    try {
      const { x } = await client.call('data', { session: experiment.session, split: 'test', indices: asked.map(({ index }) => index) })
      if (asked !== worst) return
      list.replaceChildren(
        ...asked.map(({ label, predicted, probability }, i) =>
          figure(x.subarray(i * PIXELS, (i + 1) * PIXELS), words(label, predicted, probability)),
        ),
      )
      say(text, asked.length ? '' : t('There is none: every test image is read right.'))
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })

  function forget() {
    worst = null
    list.replaceChildren()
    say(text, t('The test images it gets most wrong appear here after each epoch, and when training pauses.'))
  }
  experiment.on('restarted', forget)
  experiment.on('evaluated', (evaluation) => {
    if (!evaluation.worst) return
    worst = evaluation.worst.slice(0, MISTAKES)
    draw()
  })
  forget()
  return h('div', {}, text, list, notices.element)
}
