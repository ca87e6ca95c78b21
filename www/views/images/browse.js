/** Buttons that put test images before the network: in their order, at random, or those it gets most wrong. The first is there by itself. May import lib/ and core's types. */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('../../examples/images.js').Pictures} pictures
 * @param {(image: Float32Array, words: string, passing: boolean) => void} put passing: until the visitor shows it something
 * @param {(error: unknown) => void} failed
 */
export function testImages({ client, experiment }, { classes, written }, put, failed) {
  /** The test image that was shown last. */
  let current = -1
  /** @type {number[]} */
  let worst = []

  /** @param {(count: number) => number} choose @param {boolean} [passing] */
  async function show(choose, passing = false) {
    const { opened, session } = experiment
    if (!opened) return
    const all = opened.test_count
    const start = (current = (choose(all) + all) % all)
    try {
      const { x, y } = await client.call('data', { session, split: 'test', start, count: 1 })
      if (start !== current) return
      put(x, written ? '' : t('Test image {n} of {all}: {class}', { n: count(start + 1), all: count(all), class: at(classes, at(y, 0)) }), passing)
    } catch (error) {
      failed(error)
    }
  }

  experiment.on('opened', () => current < 0 && void show(() => 0, true))

  /** @param {string} name @param {(count: number) => number} choose */
  const button = (name, choose) => h('button', { type: 'button', disabled: true, on: { click: () => void show(choose) } }, name)
  const random = button(written ? t('A test digit') : t('Random'), (count) => Math.floor(Math.random() * count))
  if (written) {
    experiment.on('opened', () => (random.disabled = false))
    return [random]
  }

  const inOrder = [button(t('[image] Previous'), () => Math.max(current, 0) - 1), button(t('[image] Next'), () => current + 1), random]
  const mistake = button(t('Worst'), () => at(worst, (worst.indexOf(current) + 1) % worst.length))
  mistake.title = t('The test images it gets most wrong, one after the other; known after an epoch, and when training pauses')
  experiment.on('opened', () => inOrder.forEach((one) => (one.disabled = false)))
  /** @param {number[]} indices */
  const setWorst = (indices) => {
    worst = indices
    mistake.disabled = !worst.length
  }
  experiment.on('restarted', () => setWorst([]))
  experiment.on('evaluated', (evaluation) => evaluation.worst && setWorst(evaluation.worst.map(({ index }) => index)))
  return [...inOrder, mistake]
}
