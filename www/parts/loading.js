/** How far a data set has come; gone when it is there, or when it does not come. May import lib/ and core's types. */
import { h, say } from '../lib/dom.js'
import { bytes } from '../lib/format.js'

/**
 * @param {{ client: import('../core/client.js').Client, experiment: import('../core/experiment.js').Experiment }} setting
 * @param {string} name of the data set
 * @param {string} what it is, in a sentence
 */
export function loading({ client, experiment }, name, what) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': `Loading ${what}` })
  const text = h('span', {}, `Loading ${what} …`)
  const element = h('div', { class: 'loading' }, bar, text)
  client.listen((event) => {
    if (event.event !== 'dataset' || event.name !== name) return
    element.hidden = false
    bar.max = event.total
    bar.value = event.received
    const done = event.received === event.total
    say(text, done ? `Unpacking ${what} …` : `Loading ${what}: ${bytes(event.received)} of ${bytes(event.total)}`)
  })
  for (const over of /** @type {const} */ (['opened', 'refused'])) experiment.on(over, () => (element.hidden = true))
  return element
}
