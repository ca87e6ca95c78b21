/**
 * How the network is trained: optimiser, learning rate, batch, regularisation, seed. Acts at once, also while training.
 * May import field.js, lib/dom and core/experiment's types.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 * @typedef {import('../core/spec.js').Spec} Spec
 */
import { h } from '../lib/dom.js'
import { numberField, selectField } from './field.js'

const OPTIMIZERS = /** @type {const} */ ([
  ['SGD', 'SGD'],
  ['Adam', 'Adam'],
  ['AdamW', 'AdamW'],
  ['RMSprop', 'RMSprop'],
  ['Adagrad', 'Adagrad'],
])

const SCHEDULES = /** @type {const} */ ([
  ['ConstantLR', 'constant'],
  ['CosineAnnealingLR', 'cosine to 0'],
])

/**
 * @param {Experiment} experiment
 * @param {'l1' | 'l2'} kind
 * @param {string} label
 */
function regularizationField(experiment, kind, label) {
  const change = (/** @type {number} */ value) =>
    experiment.edit((spec) => ({ ...spec, regularization: { ...spec.regularization, [kind]: value } }))
  return numberField({ label, min: 0, help: '0 is off', change })
}

/**
 * @param {Experiment} experiment
 * @param {{ scheduled?: boolean, before?: HTMLElement[] }} [options]
 *   scheduled: offers a schedule over the example's epochs; before: fields of the view's own that come first
 */
export function settings(experiment, { scheduled = false, before = [] } = {}) {
  const optimizer = selectField({
    label: 'Optimiser',
    options: OPTIMIZERS,
    change: (type) => experiment.edit((spec) => ({ ...spec, optimizer: { type, lr: spec.optimizer.lr } })),
  })
  const lr = numberField({
    label: 'Learning rate',
    term: 'lr',
    min: 0,
    change: (value) => experiment.edit((spec) => ({ ...spec, optimizer: { ...spec.optimizer, lr: value } })),
  })
  const batch = numberField({
    label: 'Batch size',
    term: 'batch_size',
    min: 1,
    step: 1,
    change: (value) => experiment.edit((spec) => withBatch(spec, value)),
  })
  const l1 = regularizationField(experiment, 'l1', 'L1')
  const l2 = regularizationField(experiment, 'l2', 'L2')
  const seed = numberField({
    label: 'Seed',
    min: 0,
    step: 1,
    help: 'same seed, same run',
    change: (value) => experiment.edit((spec) => ({ ...spec, seed: value })),
  })
  const schedule = scheduled
    ? selectField({
        label: 'Schedule',
        options: SCHEDULES,
        change: (type) => experiment.edit((spec) => ({ ...spec, schedule: makeSchedule(type, spec) })),
      })
    : null

  /**
   * @param {string} type
   * @param {Spec} spec
   */
  function makeSchedule(type, spec) {
    if (type !== 'CosineAnnealingLR') return { type }
    // Before the data is there, the example's own length stands.
    return { type, t_max: experiment.scheduleSteps(spec) || experiment.example.spec.schedule?.t_max, eta_min: 0 }
  }

  /**
   * @param {Spec} spec
   * @param {number} size
   */
  function withBatch(spec, size) {
    const changed = { ...spec, batch_size: size }
    return spec.schedule && size > 0 ? { ...changed, schedule: makeSchedule(spec.schedule.type, changed) } : changed
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
    schedule?.set(/** @type {any} */ (spec.schedule?.type ?? 'ConstantLR'))
  }
  show(experiment.spec)

  const fields = [optimizer, lr, schedule, batch, l1, l2, seed].flatMap((field) => (field ? [field.element] : []))
  return h('div', { class: 'settings' }, ...before, ...fields)
}
