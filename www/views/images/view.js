/**
 * The view of networks that tell images apart. May import parts/, lib/, core/, examples/images' types, its neighbours, inside/ and workbench.js.
 *
 * @typedef {import('../../examples/images.js').ImagesExample} ImagesExample
 */
import { Verdicts } from '../../core/verdicts.js'
import { h } from '../../lib/dom.js'
import { said, t } from '../../lib/i18n.js'
import { calibration } from '../../parts/calibration.js'
import { card } from '../../parts/card.js'
import { loading } from '../../parts/loading.js'
import { results } from '../../parts/results.js'
import { settings } from '../../parts/settings.js'
import { insideCard } from '../inside/card.js'
import { workbench } from '../workbench.js'
import { confusion } from './confusion.js'
import { mistakes, samples } from './gallery.js'
import { guess } from './guess.js'
import { lookedAt } from './looked-at.js'

/** @param {import('../workbench.js').PageSetting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const { pictures, spec } = /** @type {ImagesExample} */ (experiment.example)
  const source = lookedAt(setting, pictures)
  const verdicts = new Verdicts(setting)
  const body = [
    loading(experiment),
    h(
      'div',
      { class: 'images-grid' },
      h('div', { class: 'view' }, card(pictures.written ? t('Draw a digit') : t('Show it a picture'), {}, guess(setting, pictures, source.put)), card(t('Some of the training images'), {}, samples(setting, pictures))),
      h('div', { class: 'view' }, card(t('Curves'), {}, results(setting)), card(t('How it learns'), {}, settings(experiment))),
      h(
        'div',
        { class: 'view' },
        card(t('Confusion matrix'), {}, confusion(setting, pictures, verdicts)),
        card(t('Worst mistakes'), {}, mistakes(setting, pictures)),
        card(t('Is it as sure as it is right?'), {}, calibration(experiment, verdicts)),
      ),
    ),
    insideCard(setting, source, pictures.classes),
  ]
  return workbench(setting, { title: said(spec.name), lead: pictures.lead, body })
}
