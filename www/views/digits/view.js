/** The digits' view. May import parts/, core/, its neighbours and workbench.js. */
import { scheduleSteps } from '../../examples/digits.js'
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
 */
export function loading({ experiment }) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Loading the images' })
  const text = h('span', {}, 'Loading the images …')
  const element = h('div', { class: 'loading' }, bar, text)
  experiment.on('loading', ({ received, total }) => {
    element.hidden = false
    bar.max = total
    bar.value = received
    say(text, received === total ? 'Unpacking the images …' : `Loading the images: ${bytes(received)} of ${bytes(total)}`)
  })
  for (const over of /** @type {const} */ (['opened', 'refused'])) experiment.on(over, () => (element.hidden = true))
  return element
}

/** @param {import('../workbench.js').Setting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const body = [
    loading(setting),
    h(
      'div',
      { class: 'digits-grid' },
      h('div', { class: 'view' }, card('Draw a digit', {}, guess(setting)), card('Some of the training images', {}, samples(setting))),
      h('div', { class: 'view' }, card('Curves', {}, curves(experiment)), card('How it learns', {}, settings(experiment, { scheduleSteps }))),
      h('div', { class: 'view' }, card('Confusion matrix', {}, confusion(experiment)), card('Worst mistakes', {}, mistakes(setting))),
    ),
  ]
  return workbench(setting, {
    title: 'Digits',
    lead: 'A small convolutional network learns to read handwriting from 60,000 images and is tested on 10,000 others. After five epochs it reads 99 of 100 right.',
    body,
  })
}
