/** How far a data set has come; gone when it is there, or when it does not come. May import lib/ and core's types. */
import { h, say } from '../lib/dom.js'
import { bytes } from '../lib/format.js'
import { t } from '../lib/i18n.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function loading(experiment) {
  const isText = experiment.spec.data.type === 'Text'
  const loads = isText ? t('Loading the text') : t('Loading the images')
  const bar = h('progress', { max: 1, value: 0, 'aria-label': loads })
  const text = h('span', {}, t('{loading} …', { loading: loads }))
  const element = h('div', { class: 'loading' }, bar, text)
  experiment.on('loading', ({ received, total }) => {
    element.hidden = false
    bar.max = total
    bar.value = received
    say(text, received === total ? (isText ? t('Unpacking the text …') : t('Unpacking the images …')) : t('{loading}: {received} of {total}', { loading: loads, received: bytes(received), total: bytes(total) }))
  })
  for (const over of /** @type {const} */ (['opened', 'refused'])) experiment.on(over, () => (element.hidden = true))
  return element
}
