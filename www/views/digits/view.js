/** The digits' view. May import parts/, core/, its neighbours and workbench.js. */
import { scheduleSteps } from '../../examples/digits.js'
import { h } from '../../lib/dom.js'
import { card } from '../../parts/card.js'
import { curves } from '../../parts/curves.js'
import { loading } from '../../parts/loading.js'
import { settings } from '../../parts/settings.js'
import { workbench } from '../workbench.js'
import { confusion } from './confusion.js'
import { mistakes, samples } from './gallery.js'
import { guess } from './guess.js'

/** @param {import('../workbench.js').Setting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const body = [
    loading(setting, 'mnist', 'the images'),
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
