/** The test images of one cell of the confusion matrix. May import lib/, parts/, core/ and its neighbours. */
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { count, percent } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { problemOf } from '../../core/protocol.js'
import { SIDE } from '../../examples/images.js'
import { announce } from '../../parts/live.js'
import { noticePlace } from '../../parts/notice.js'
import { paint, picture } from './picture.js'

const MOST = 18
const PIXELS = SIDE * SIDE

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('../../core/verdicts.js').Verdicts} verdicts
 * @param {readonly string[]} classes
 * @param {() => void} gone hears that they are no longer shown
 */
export function cases({ client, experiment }, verdicts, classes, gone) {
  const title = h('h3', {})
  const text = h('p', { class: 'muted small-text' })
  const list = h('ul', { class: 'gallery wide' })
  const notices = noticePlace()
  const hide = h('button', { type: 'button', class: 'small', on: { click: () => forget() } }, t('Hide them'))
  const element = h('div', { class: 'stack cases', hidden: true }, title, text, list, h('div', { class: 'buttons' }, hide), notices.element)
  /** The newest press counts. */
  let visit = 0

  function forget() {
    visit++
    element.hidden = true
    gone()
  }

  /** @param {import('../../core/verdicts.js').Verdict[]} found */
  async function draw(found) {
    if (!found.length) return []
    const { x } = await client.call('data', { session: experiment.session, split: 'test', indices: found.map(({ index }) => index) })
    return found.map(({ index, sure }, i) => {
      const canvas = picture()
      paint(canvas, x.subarray(i * PIXELS, (i + 1) * PIXELS))
      return h('li', {}, h('figure', {}, canvas, h('figcaption', {}, t('image {number}, {share} sure', { number: count(index + 1), share: percent(sure, 0) }))))
    })
  }

  /**
   * @param {number} label what they are
   * @param {number} predicted what they are taken for
   */
  async function show(label, predicted) {
    const own = ++visit
    const names = { is: at(classes, label), taken: at(classes, predicted) }
    say(title, label === predicted ? t('{is}, seen as it is', names) : t('{is}, taken for {taken}', names))
    list.replaceChildren()
    element.hidden = false
    notices.clear()
    try {
      /** @type {import('../../core/verdicts.js').Verdict[]} */
      const found = []
      let seen = 0
      for await (const some of verdicts.through()) {
        if (own !== visit) return
        seen += some.length
        found.push(...some.filter((one) => one.label === label && one.predicted === predicted))
        say(text, t('Looking through the test images: {seen}, found {found}.', { seen: count(seen), found: count(found.length) }))
        if (found.length >= MOST) break
      }
      const pictures = await draw(found.slice(0, MOST))
      if (own !== visit) return
      list.replaceChildren(...pictures)
      const figures = { found: count(pictures.length), seen: count(seen) }
      say(text, pictures.length ? t('The first {found}, among {seen} test images, by the network as it is now.', figures) : t('There is none now: the network has changed meanwhile.'))
      announce(`${title.textContent}. ${text.textContent}`, { soon: true })
    } catch (error) {
      if (own === visit) notices.problem(problemOf(error))
    }
  }
  experiment.on('restarted', forget)
  return { element, show }
}
