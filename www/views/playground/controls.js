/**
 * What the playground's network learns from, and how its neurons answer. May import parts/, lib/, examples/playground, core/protocol.
 *
 * @typedef {import('../../core/experiment.js').Experiment} Experiment
 * @typedef {import('../../core/spec.js').PointsData} PointsData
 */
import { ACTIVATIONS, FEATURES, SHAPES, pointsOf, shapeOf, withData, withShape } from '../../examples/playground.js'
import { problemOf, refusal } from '../../core/protocol.js'
import { h } from '../../lib/dom.js'
import { fixed, percent } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { checksField, numberField, rangeField, selectField } from '../../parts/field.js'
import { noticePlace } from '../../parts/notice.js'

/** @param {Experiment} experiment */
export function dataControls(experiment) {
  /** @param {Partial<PointsData>} change */
  const edit = (change) => experiment.edit((spec) => withData(spec, change))
  const shape = selectField({ label: t('Pattern'), options: SHAPES, change: (value) => edit({ shape: value }) })
  const samples = numberField({ label: t('Points'), term: 'samples', min: 10, max: 100_000, step: 10, change: (value) => edit({ samples: value }) })
  const noise = rangeField({ label: t('Noise'), min: 0, max: 0.5, step: 0.05, show: (v) => fixed(v, 2), change: (value) => edit({ noise: value }) })
  const share = rangeField({
    label: t('For training'),
    min: 0.1,
    max: 0.9,
    step: 0.1,
    show: (v) => percent(v, 0),
    change: (value) => edit({ train_fraction: value }),
  })
  const features = checksField({
    label: t('Features'),
    options: FEATURES.map(({ name, text }) => /** @type {const} */ ([name, text])),
    change: (values) => {
      if (!values.length) throw refusal(t('At least one feature is needed.'))
      return edit({ features: values })
    },
  })
  const notices = noticePlace()
  const fresh = h('button', { type: 'button' }, t('New points'))
  fresh.addEventListener('click', () => {
    edit({ seed: pointsOf(experiment.spec).seed + 1 }).then(notices.clear, (error) => notices.problem(problemOf(error)))
  })

  /** @param {import('../../core/spec.js').Spec} spec */
  function show(spec) {
    const data = pointsOf(spec)
    shape.set(/** @type {any} */ (data.shape))
    samples.set(data.samples)
    noise.set(data.noise)
    share.set(data.train_fraction)
    features.set(data.features)
  }
  experiment.on('spec', show)
  show(experiment.spec)
  return h('div', { class: 'stack' }, shape.element, samples.element, noise.element, share.element, features.element, h('div', {}, fresh), notices.element)
}

/** @param {Experiment} experiment */
export function activationField(experiment) {
  const field = selectField({
    label: t('Activation'),
    options: ACTIVATIONS.map((name) => /** @type {const} */ ([name, name === 'Linear' ? t('none (linear)') : name])),
    change: (activation) => {
      if (!shapeOf(experiment.spec).hidden.length) throw refusal(t('Without a hidden layer there is nothing to activate: add a layer first.'))
      return experiment.edit((spec) => withShape(spec, { ...shapeOf(spec), activation }))
    },
  })
  /** @param {import('../../core/spec.js').Spec} spec */
  const show = (spec) => field.set(/** @type {any} */ (shapeOf(spec).activation))
  experiment.on('spec', show)
  show(experiment.spec)
  return field.element
}
