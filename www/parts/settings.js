/**
 * How the network is trained: optimiser, learning rate, batch, regularisation, seed. Acts at once, also while training.
 * May import field.js, options.js, lib/ and core/experiment's types.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 * @typedef {import('../core/spec.js').Spec} Spec
 */
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { numberField, selectField } from './field.js'
import { options } from './options.js'

const OPTIMIZERS = /** @type {const} */ ([
  ['SGD', 'SGD'],
  ['Adam', 'Adam'],
  ['AdamW', 'AdamW'],
  ['RMSprop', 'RMSprop'],
  ['Adagrad', 'Adagrad'],
])

const SCHEDULES = /** @type {const} */ ([
  ['ConstantLR', t('constant')],
  ['StepLR', t('in steps')],
  ['CosineAnnealingLR', t('cosine')],
])
/** Steps of a schedule where training has no end. */
const SOME_STEPS = 1000

/**
 * @param {Experiment} experiment
 * @param {'l1' | 'l2'} kind
 * @param {string} label
 */
function regularizationField(experiment, kind, label) {
  const change = (/** @type {number} */ value) =>
    experiment.edit((spec) => ({ ...spec, regularization: { ...spec.regularization, [kind]: value } }))
  return numberField({ label, min: 0, help: t('0 is off'), change })
}

/**
 * @param {Experiment} experiment
 * @param {HTMLElement[]} [before] fields of the view's own that come first
 */
export function settings(experiment, before = []) {
  const optimizer = selectField({
    label: t('Optimiser'),
    options: OPTIMIZERS,
    change: (type) => experiment.edit((spec) => ({ ...spec, optimizer: { type, lr: spec.optimizer.lr } })),
  })
  const lr = numberField({
    label: t('Learning rate'),
    term: 'lr',
    min: 0,
    change: (value) => experiment.edit((spec) => ({ ...spec, optimizer: { ...spec.optimizer, lr: value } })),
  })
  const batch = numberField({
    label: t('Batch size'),
    term: 'batch_size',
    min: 1,
    step: 1,
    change: (value) => experiment.edit((spec) => withBatch(spec, value)),
  })
  const l1 = regularizationField(experiment, 'l1', 'L1')
  const l2 = regularizationField(experiment, 'l2', 'L2')
  const seed = numberField({
    label: t('Seed'),
    term: 'seed',
    min: 0,
    step: 1,
    help: t('same seed, same run'),
    change: (value) => experiment.edit((spec) => ({ ...spec, seed: value })),
  })
  const schedule = selectField({
    label: t('Schedule'),
    options: SCHEDULES,
    change: (type) => experiment.edit((spec) => ({ ...spec, schedule: makeSchedule(type, spec) })),
  })

  /**
   * @param {string} type
   * @param {Spec} spec
   */
  function makeSchedule(type, spec) {
    // Before the data is there, the example's own length stands.
    const steps = experiment.scheduleSteps(spec) || Number(experiment.example.spec.schedule?.t_max ?? SOME_STEPS)
    if (type === 'StepLR') return { type, step_size: Math.ceil(steps / 3) }
    return type === 'CosineAnnealingLR' ? { type, t_max: steps, eta_min: 0 } : { type }
  }

  /**
   * @param {Spec} spec
   * @param {number} size
   */
  function withBatch(spec, size) {
    const changed = { ...spec, batch_size: size }
    // A schedule over the example's epochs goes on to be that.
    const whole = spec.schedule?.t_max && spec.schedule.t_max === experiment.scheduleSteps(spec)
    return whole && size > 0 ? { ...changed, schedule: { ...spec.schedule, ...makeSchedule('CosineAnnealingLR', changed) } } : changed
  }

  experiment.on('spec', show)
  /** @param {Spec} spec */
  function show(spec) {
    optimizer.set(/** @type {any} */ (spec.optimizer.type))
    lr.set(spec.optimizer.lr)
    batch.set(spec.batch_size)
    l1.set(spec.regularization?.l1 ?? 0)
    l2.set(spec.regularization?.l2 ?? 0)
    seed.set(spec.seed)
    schedule.set(/** @type {any} */ (spec.schedule?.type ?? 'ConstantLR'))
  }
  show(experiment.spec)

  const fields = [optimizer, lr, schedule, batch, l1, l2, seed].map(({ element }) => element)
  return h('div', { class: 'stack' }, h('div', { class: 'settings' }, ...before, ...fields), options(experiment))
}
