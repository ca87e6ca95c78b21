/**
 * Draw something or show a picture, see what the network makes of it: the probability of each class as bars and numbers.
 * May import lib/, parts/, core/protocol and its neighbours.
 */
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { percent, together } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { problemOf } from '../../core/protocol.js'
import { bars } from '../../parts/bars.js'
import { announce } from '../../parts/live.js'
import { noticePlace } from '../../parts/notice.js'
import { own } from './own.js'
import { pad } from './pad.js'
import { paint, picture } from './picture.js'
import { testImages } from './browse.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('../../examples/images.js').Pictures} pictures
 * @param {(image: Float32Array | null, words: string) => void} [told] hears what is guessed now, and where it is from if that is known
 */
export function guess(setting, pictures, told = () => {}) {
  const { client, experiment } = setting
  const { classes, written } = pictures
  /** @type {Float32Array | null} */
  let image = null
  let tellResult = false

  const notices = noticePlace()
  const seen = picture(written ? t('What the network sees: the drawing, centred, in 28 × 28 pixels') : t('What the network sees: the picture in 28 × 28 pixels'))
  const verdict = h('output', { class: 'guess' })
  const origin = h('p', { class: 'origin small-text muted' })
  const chances = bars(classes.length, { class: written ? 'bars' : 'bars named', label: written ? t('Probability of each digit') : t('Probability of each class') })

  /** @param {{ class: string, share: string }} values */
  function answer(values) {
    if (experiment.run.step === 0) {
      return written
        ? t('It reads a {class}, {share} sure (it has not learned anything yet: press Train).', values)
        : t('It sees: {class}, {share} sure (it has not learned anything yet: press Train).', values)
    }
    return written ? t('It reads a {class}, {share} sure.', values) : t('It sees: {class}, {share} sure.', values)
  }

  /** @param {ArrayLike<number> | null} probabilities */
  function show(probabilities) {
    chances.show(classes, probabilities)
    const most = probabilities ? Math.max(...Array.from(probabilities)) : -1
    const best = probabilities ? Array.from(probabilities).indexOf(most) : -1
    const nothing = image ? t('It answers once the images are loaded.') : written ? t('Draw a digit from 0 to 9.') : t('Take a test image or a picture of your own, or draw.')
    say(verdict, best < 0 ? nothing : answer({ class: at(classes, best), share: percent(most) }))
    if (best >= 0 && tellResult) announce(together(origin.textContent ?? '', verdict.textContent ?? ''), { soon: true })
    tellResult = false
  }

  const predict = oneAtATime(async () => {
    const asked = image
    if (!asked || !experiment.opened) return show(null)
    try {
      const { probabilities, output } = await client.call('predict', { session: experiment.session, inputs: asked, count: 1 })
      if (image === asked) show(probabilities ?? output)
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })

  const sheet = pad(pictures, (next, done) => {
    image = next
    tellResult = done
    notices.clear()
    say(origin, '')
    paint(seen, next)
    told(next, '')
    predict()
  })
  /** @param {Float32Array} next @param {string} words where it is from @param {boolean} [passing] only to have something to look at */
  const put = (next, words, passing = false) => {
    if (passing && image) return // The visitor was faster.
    sheet.put(next, passing)
    say(origin, words)
    told(next, words || t('A test digit'))
  }
  /** @param {unknown} error */
  const failed = (error) => notices.problem(problemOf(error))

  experiment.on('evaluated', () => image && predict())
  show(null)
  const buttons = h(
    'div',
    { class: 'buttons' },
    h('button', { type: 'button', on: { click: sheet.clear } }, t('Clear')),
    ...testImages(setting, pictures, put, failed),
    ...own(written, put, failed),
  )
  const seenBox = h('figure', { class: 'seen small-text muted' }, seen, h('figcaption', {}, t('what the network sees')))
  return h('div', { class: 'guess-grid' }, h('div', { class: 'stack' }, sheet.element, origin, buttons), h('div', { class: 'stack' }, verdict, chances.element, seenBox), notices.element)
}
