/**
 * The view of networks that tell images apart. May import parts/, core/, examples/images, its neighbours and workbench.js.
 *
 * @typedef {import('../../examples/images.js').ImagesExample} ImagesExample
 */
import { scheduleSteps } from '../../examples/images.js'
import { h, say } from '../../lib/dom.js'
import { bytes } from '../../lib/format.js'
import { card } from '../../parts/card.js'
import { curves } from '../../parts/curves.js'
import { settings } from '../../parts/settings.js'
import { workbench } from '../workbench.js'
import { confusion } from './confusion.js'
import { mistakes, samples } from './gallery.js'
import { guess } from './guess.js'

/**
 * How far the images have come; gone when they are there, or when they do not come.
 * @param {import('../workbench.js').Setting} setting
 * @param {string} data
 */
function loading({ client, experiment }, data) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Loading the images' })
  const text = h('span', {}, 'Loading the images …')
  const element = h('div', { class: 'loading' }, bar, text)
  client.listen((event) => {
    if (event.event !== 'dataset' || event.name !== data) return
    element.hidden = false
    bar.max = event.total
    bar.value = event.received
    const done = event.received === event.total
    say(text, done ? 'Unpacking the images …' : `Loading the images: ${bytes(event.received)} of ${bytes(event.total)}`)
  })
  for (const over of /** @type {const} */ (['opened', 'refused'])) experiment.on(over, () => (element.hidden = true))
  return element
}

/** @param {import('../workbench.js').Setting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const example = /** @type {ImagesExample} */ (experiment.example)
  const { pictures, spec } = example
  const body = [
    loading(setting, pictures.data),
    h(
      'div',
      { class: 'images-grid' },
      h('div', { class: 'view' }, card(pictures.written ? `Draw a ${pictures.thing}` : 'Show it a picture', {}, guess(setting, pictures)), card('Some of the training images', {}, samples(setting, pictures))),
      h('div', { class: 'view' }, card('Curves', {}, curves(experiment)), card('How it learns', {}, settings(experiment, { scheduleSteps: (spec) => scheduleSteps(example, spec) }))),
      h('div', { class: 'view' }, card('Confusion matrix', {}, confusion(experiment, pictures)), card('Worst mistakes', {}, mistakes(setting, pictures))),
    ),
  ]
  return workbench(setting, { title: spec.name, lead: pictures.lead, body })
}
