/** A passage of the text that it is trained on, with its source. May import lib/, parts/, core/protocol and examples/text. */
import { problemOf } from '../../core/protocol.js'
import { TEXT } from '../../examples/text.js'
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { parts, t } from '../../lib/i18n.js'
import { noticePlace } from '../../parts/notice.js'
import { vocabularyOf } from './generate.js'

/** Windows side by side. */
const WINDOWS = 10

/** @param {import('../workbench.js').Setting} setting */
export function passage(setting) {
  const { client, experiment } = setting
  const { session } = experiment
  const text = h('p', { class: 'passage', translate: 'no' })
  const origin = h('p', { class: 'muted small-text' })
  const notices = noticePlace()
  const other = h('button', { type: 'button', disabled: true, on: { click: () => void show(Math.random()) } }, t('Another passage'))

  /** @param {number} where from 0 at the text's beginning up to 1 */
  async function show(where) {
    try {
      const { opened, spec } = experiment
      if (!opened || spec.data.type !== 'Text') return
      const context = at(spec.input, 0)
      const apart = Math.ceil(context / (spec.data.stride ?? context))
      const count = Math.min(WINDOWS, Math.ceil(opened.train_count / apart))
      const start = Math.floor(where * (opened.train_count - (count - 1) * apart))
      const indices = Array.from({ length: count }, (_, n) => start + n * apart)
      const { x } = await client.call('data', { session, split: 'train', indices })
      const vocabulary = vocabularyOf(setting)
      text.textContent = Array.from(x, (id) => at(vocabulary, id)).join('')
      notices.clear()
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }

  experiment.on('opened', async () => {
    other.disabled = false
    if (text.textContent) return
    await show(0)
    try {
      const { source, licence } = await client.call('dataset', { name: TEXT })
      origin.replaceChildren(...parts('{source}. Licence: {licence}.', { source: h('span', { translate: 'no' }, source), licence: h('span', { translate: 'no' }, licence) }))
    } catch (error) {
      notices.problem(problemOf(error))
    }
  })
  return h('div', { class: 'stack' }, text, h('div', { class: 'buttons' }, other), origin, notices.element)
}
