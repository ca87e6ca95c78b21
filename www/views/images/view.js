/**
 * The view of networks that tell images apart. May import parts/, core/, examples/images' types, its neighbours and workbench.js.
 *
 * @typedef {import('../../examples/images.js').ImagesExample} ImagesExample
 */
import { h } from '../../lib/dom.js'
import { card } from '../../parts/card.js'
import { curves } from '../../parts/curves.js'
import { loading } from '../../parts/loading.js'
import { settings } from '../../parts/settings.js'
import { workbench } from '../workbench.js'
import { confusion } from './confusion.js'
import { mistakes, samples } from './gallery.js'
import { guess } from './guess.js'

/** @param {import('../workbench.js').PageSetting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const { pictures, spec } = /** @type {ImagesExample} */ (experiment.example)
  const body = [
    loading(experiment),
    h(
      'div',
      { class: 'images-grid' },
      h('div', { class: 'view' }, card(pictures.written ? `Draw a ${pictures.thing}` : 'Show it a picture', {}, guess(setting, pictures)), card('Some of the training images', {}, samples(setting, pictures))),
      h('div', { class: 'view' }, card('Curves', {}, curves(experiment)), card('How it learns', {}, settings(experiment, { scheduled: true }))),
      h('div', { class: 'view' }, card('Confusion matrix', {}, confusion(experiment, pictures)), card('Worst mistakes', {}, mistakes(setting, pictures))),
    ),
  ]
  return workbench(setting, { title: spec.name, lead: pictures.lead, body })
}
