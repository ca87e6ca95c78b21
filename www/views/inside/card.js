/** The folded box of what is inside the network; the code for it comes when it is opened. May import parts/, lib/, core/ and, by loading it, inside.js. */
import { loadModule } from '../../core/load.js'
import { problemOf } from '../../core/protocol.js'
import { h } from '../../lib/dom.js'
import { t } from '../../lib/i18n.js'
import { card } from '../../parts/card.js'
import { noticePlace } from '../../parts/notice.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('./subject.js').Source} source of inputs to look at
 * @param {readonly string[]} [classes] of pictures: their names
 */
export function insideCard(setting, source, classes) {
  const notices = noticePlace()
  const place = h('div', {}, notices.element)

  async function open() {
    try {
      /** @type {typeof import('./inside.js')} */
      const { inside } = await loadModule(new URL('inside.js', import.meta.url))
      place.replaceChildren(inside(setting, source, classes))
    } catch (error) {
      notices.problem(problemOf(error), { name: t('Try again'), run: () => void open() })
    }
  }

  const box = card(t('Inside the network'), { folded: true, lead: t('What each layer makes of one input, the numbers it has learnt, and how well it learns.') }, place)
  box.addEventListener('toggle', () => void open(), { once: true })
  return box
}
