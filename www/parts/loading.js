/** How far a data set has come; gone when it is there, or when it does not come. May import lib/ and core's types. */
import { h, say } from '../lib/dom.js'
import { bytes } from '../lib/format.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function loading(experiment) {
  const what = experiment.spec.data.type === 'Text' ? 'the text' : 'the images'
  const bar = h('progress', { max: 1, value: 0, 'aria-label': `Loading ${what}` })
  const text = h('span', {}, `Loading ${what} …`)
  const element = h('div', { class: 'loading' }, bar, text)
  experiment.on('loading', ({ received, total }) => {
    element.hidden = false
    bar.max = total
    bar.value = received
    say(text, received === total ? `Unpacking ${what} …` : `Loading ${what}: ${bytes(received)} of ${bytes(total)}`)
  })
  for (const over of /** @type {const} */ (['opened', 'refused'])) experiment.on(over, () => (element.hidden = true))
  return element
}
