/** The 2-D playground's view. May import parts/, lib/, core/, examples/playground, its neighbours and workbench.js. */
import { isRegression, pointsOf, shapeOf, withShape } from '../../examples/playground.js'
import { problemOf } from '../../core/protocol.js'
import { Verdicts } from '../../core/verdicts.js'
import { h } from '../../lib/dom.js'
import { t } from '../../lib/i18n.js'
import { calibration } from '../../parts/calibration.js'
import { card } from '../../parts/card.js'
import { noticePlace } from '../../parts/notice.js'
import { results } from '../../parts/results.js'
import { settings } from '../../parts/settings.js'
import { workbench } from '../workbench.js'
import { activationField, dataControls } from './controls.js'
import { decisionMap } from './decision.js'
import { maps } from './maps.js'
import { networkDrawing } from './network.js'

/** @param {import('../workbench.js').PageSetting} setting */
export function makeView(setting) {
  const { client, experiment } = setting
  const notices = noticePlace()
  /** @type {import('./maps.js').Picture | null} */
  let picture = null
  /** @type {import('./network.js').Place | null} */
  let looking = null
  /** The activation to give the first hidden layer when there was none. */
  let activation = 'Tanh'

  const decision = decisionMap()
  const network = networkDrawing({
    change: (shape) => {
      const chosen = shapeOf(experiment.spec)
      if (chosen.hidden.length) activation = chosen.activation
      const next = { ...shape, activation: chosen.hidden.length ? chosen.activation : activation }
      experiment.edit((spec) => withShape(spec, next)).then(notices.clear, (error) => notices.problem(problemOf(error)))
    },
    look: (place) => {
      looking = place
      drawDecision()
    },
  })

  function drawDecision() {
    if (!picture) return
    const { regression, output, neurons } = picture
    const neuron = looking && looking.column > 0 ? neurons[looking.column - 1]?.[looking.row] : undefined
    const caption = neuron && looking ? t('Map of {neuron}', { neuron: network.nameOf(looking) }) : ''
    decision.show(neuron ?? output, { caption, regression })
  }

  maps(client, experiment, {
    picture(next) {
      picture = next
      network.show(next)
      drawDecision()
    },
    points: decision.showPoints,
    failed: (error) => {
      const problem = problemOf(error)
      if (problem.code !== 'gone') notices.problem(problem) // that is said above
    },
  })
  experiment.on('evaluated', decision.describe)
  const sure = card(t('Is it as sure as it is right?'), { class: 'area-sure' }, calibration(experiment, new Verdicts(setting)))
  experiment.on('spec', (spec) => (sure.hidden = isRegression(pointsOf(spec))))

  const body = [
    h(
      'div',
      { class: 'playground-grid' },
      card(t('Data'), { class: 'area-data' }, dataControls(experiment)),
      card(t('Network'), { class: 'area-network' }, notices.element, network.element),
      card(t('What it has learned'), { class: 'area-map' }, decision.element),
      card(t('How it learns'), { class: 'area-settings' }, settings(experiment, [activationField(experiment)])),
      card(t('Curves'), { class: 'area-curves' }, results(setting)),
      sure,
    ),
  ]
  return workbench(setting, {
    title: t('2-D playground'),
    lead: t('Points on a plane, blue or orange. The network sees only the points for training; the test shows what it makes of the others.'),
    body,
  })
}
