/** The view of networks on a text: what they write, what they take for likely, and how they learn it. May import parts/, lib/, core/, its neighbours, inside/ and workbench.js. */
import { h } from '../../lib/dom.js'
import { t } from '../../lib/i18n.js'
import { card } from '../../parts/card.js'
import { loading } from '../../parts/loading.js'
import { results } from '../../parts/results.js'
import { settings } from '../../parts/settings.js'
import { insideCard } from '../inside/card.js'
import { workbench } from '../workbench.js'
import { lookedAt } from './looked-at.js'
import { passage } from './passage.js'
import { writer } from './writer.js'

/** @param {import('../workbench.js').PageSetting} setting */
export function makeView(setting) {
  const { experiment } = setting
  const { about } = experiment.example
  if (!about) throw new TypeError(`The example ${experiment.example.id} does not say what it is about.`)
  const source = lookedAt(setting)
  const { element, next } = writer(setting, source.put)
  const body = [
    loading(experiment),
    h(
      'div',
      { class: 'text-grid' },
      h(
        'div',
        { class: 'view' },
        card(t('It writes'), {}, element),
        card(t('The next character'), { lead: t('What it draws from, with this temperature and top k: after the prompt, or, while it writes, at the end of the text.') }, next),
        card(t('Some of the training text'), {}, passage(setting)),
      ),
      h(
        'div',
        { class: 'view' },
        card(t('Curves'), {}, results(setting)),
        card(t('How it learns'), {}, settings(experiment)),
        card(t('Where it is from'), {}, h('p', {}, about.source)),
      ),
    ),
    insideCard(setting, source),
  ]
  return workbench(setting, { title: about.title, lead: about.lead, body })
}
