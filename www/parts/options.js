/**
 * What else there is to training, folded: the optimiser's own options, the schedule's and its picture, how gradients are cut, in which precision and
 * in how many batches a step is done, when it stops. Acts at once, also while training. May import field.js, goals.js, lib/ and core/.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {{ element: HTMLElement, show: (spec: Spec) => void }} Row
 */
import { at } from '../lib/at.js'
import { h, svg } from '../lib/dom.js'
import { count, short } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { rateAt } from '../core/schedule.js'
import { defaultOf } from '../core/spec.js'
import { checksField, numberField, selectField } from './field.js'
import { goals } from './goals.js'

/** The options of an optimiser or schedule that are one number, in the order in which they are shown. */
const OPTIONS = /** @type {{ [type: string]: { [option: string]: string } }} */ ({
  SGD: { momentum: t('Momentum'), dampening: t('Dampening'), weight_decay: t('Weight decay') },
  Adam: { eps: t('Epsilon'), weight_decay: t('Weight decay') },
  AdamW: { eps: t('Epsilon'), weight_decay: t('Weight decay') },
  RMSprop: { alpha: t('Alpha'), momentum: t('Momentum'), eps: t('Epsilon'), weight_decay: t('Weight decay') },
  Adagrad: { lr_decay: t('Rate decay'), eps: t('Epsilon'), weight_decay: t('Weight decay') },
  ConstantLR: {},
  StepLR: { step_size: t('Steps until it falls'), gamma: t('Times') },
  CosineAnnealingLR: { t_max: t('Steps down'), eta_min: t('Down to') },
})

/**
 * Fields for the options of what stands at `part` of the spec, anew for each type.
 * @param {Experiment} experiment
 * @param {'optimizer' | 'schedule'} part
 */
function own(experiment, part) {
  const element = h('div', { class: 'settings' })
  let type = ''
  /** @type {Row[]} */
  let rows = []
  const thing = (/** @type {Spec} */ spec) => spec[part] ?? { type: 'ConstantLR' }
  /** @param {{ [option: string]: unknown }} changes */
  const change = (changes) => experiment.edit((spec) => ({ ...spec, [part]: { ...thing(spec), ...changes } }))

  /** @param {string} option @param {string} label @returns {Row} */
  function numberRow(option, label) {
    const field = numberField({ label, term: option, min: 0, change: (value) => change({ [option]: value }) })
    return { element: field.element, show: (spec) => field.set(Number(thing(spec)[option] ?? defaultOf(type, option))) }
  }

  /** @param {0 | 1} n @returns {Row} */
  function betaRow(n) {
    const betas = (/** @type {Spec} */ spec) => /** @type {number[]} */ (spec.optimizer.betas ?? defaultOf(type, 'betas'))
    const set = (/** @type {number} */ value) =>
      experiment.edit((spec) => ({ ...spec, optimizer: { ...spec.optimizer, betas: betas(spec).map((beta, i) => (i === n ? value : beta)) } }))
    const field = numberField({ label: t('Beta {n}', { n: n + 1 }), term: `betas[${n}]`, min: 0, max: 1, change: set })
    return { element: field.element, show: (spec) => field.set(at(betas(spec), n)) }
  }

  /** @returns {Row} */
  function nesterovRow() {
    const field = checksField({ label: t('Variant'), options: [['nesterov', 'Nesterov']], change: (values) => change({ nesterov: values.length > 0 }) })
    return { element: field.element, show: ({ optimizer }) => field.set(optimizer.nesterov ? ['nesterov'] : []) }
  }

  /** @param {Spec} spec */
  function show(spec) {
    if (thing(spec).type !== type) {
      type = thing(spec).type
      rows = Object.entries(OPTIONS[type] ?? {}).map(([option, label]) => numberRow(option, label))
      if (defaultOf(type, 'betas')) rows.unshift(betaRow(0), betaRow(1))
      if (type === 'SGD') rows.push(nesterovRow())
      element.replaceChildren(...rows.map((row) => row.element))
    }
    rows.forEach((row) => row.show(spec))
  }
  return { element, show }
}

const [WIDTH, HEIGHT] = [320, 60]

/** The learning rate over the steps of a run, with where training stands. @param {Experiment} experiment */
function rates(experiment) {
  const line = svg('path', { fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'vector-effect': 'non-scaling-stroke' })
  const here = svg('line', { y1: 0, y2: HEIGHT, stroke: 'var(--accent)', 'stroke-width': 2, 'vector-effect': 'non-scaling-stroke' })
  const picture = svg('svg', { viewBox: `0 -3 ${WIDTH} ${HEIGHT + 6}`, preserveAspectRatio: 'none', class: 'rates', 'aria-hidden': 'true' }, line, here)
  const words = h('figcaption', { class: 'muted small-text' })

  const steps = (/** @type {Spec} */ { schedule, warmup_steps = 0 }) =>
    Math.max(experiment.round, Number(schedule?.t_max ?? 0), 3 * Number(schedule?.step_size ?? 0), 2 * warmup_steps, experiment.run.step, 100)

  function move() {
    const { spec, run } = experiment
    const x = (run.step / steps(spec)) * WIDTH
    for (const side of ['x1', 'x2']) here.setAttribute(side, String(x))
    const facts = { steps: count(steps(spec)), step: count(run.step), rate: short(rateAt(spec, run.step)) }
    words.textContent = t('The learning rate over {steps} steps; now, at step {step}, it is {rate}.', facts)
  }

  /** @param {Spec} spec */
  function show(spec) {
    const all = steps(spec)
    const points = [...Array(WIDTH + 1).keys()].map((x) => rateAt(spec, Math.floor((x / WIDTH) * all)))
    const top = Math.max(...points) || 1
    line.setAttribute('d', points.map((rate, x) => `${x ? 'L' : 'M'}${x} ${(HEIGHT * (1 - rate / top)).toFixed(2)}`).join(''))
    move()
  }
  experiment.on('evaluated', move)
  return { element: h('figure', {}, picture, words), show }
}

/** @param {Experiment} experiment */
export function options(experiment) {
  const optimizer = own(experiment, 'optimizer')
  const schedule = own(experiment, 'schedule')
  const picture = rates(experiment)
  const warmup = numberField({ label: t('Warm-up steps'), term: 'warmup_steps', min: 0, step: 1, help: t('0 is off'), change: (value) => experiment.edit((spec) => ({ ...spec, warmup_steps: value })) })
  const clip = numberField({
    label: t('Clip gradient norm'),
    term: 'clip_grad_norm',
    min: 0,
    help: t('0 is off'),
    change: (value) => experiment.edit((spec) => ({ ...spec, clip_grad_norm: value === 0 ? null : value })),
  })
  const precision = selectField({
    label: t('Precision'),
    options: /** @type {const} */ ([
      ['f32', t('32 bits')],
      ['f16', t('16 bits where it can')],
    ]),
    change: (value) => experiment.edit((spec) => ({ ...spec, precision: value })),
  })
  const accumulate = numberField({
    label: t('Batches per step'),
    term: 'accumulate',
    min: 1,
    step: 1,
    help: t('a larger batch in less memory'),
    change: (value) => experiment.edit((spec) => ({ ...spec, accumulate: value })),
  })
  const memory = checksField({
    label: t('Memory'),
    options: [['recompute', t('Recompute blocks, to save memory')]],
    change: (values) => experiment.edit((spec) => ({ ...spec, recompute: values.length > 0 })),
  })

  /** @param {Spec} spec */
  function show(spec) {
    for (const part of [optimizer, schedule, picture]) part.show(spec)
    warmup.set(spec.warmup_steps ?? 0)
    clip.set(spec.clip_grad_norm ?? 0)
    precision.set(spec.precision ?? 'f32')
    accumulate.set(spec.accumulate ?? 1)
    memory.set(spec.recompute ? ['recompute'] : [])
  }
  experiment.on('spec', show)
  show(experiment.spec)

  const others = [clip, precision, accumulate, memory].map(({ element }) => element)
  return h(
    'details',
    { class: 'more' },
    h('summary', {}, t('All options')),
    h('h3', {}, t('Optimiser')),
    optimizer.element,
    h('h3', {}, t('Schedule')),
    h('div', { class: 'settings' }, warmup.element),
    schedule.element,
    picture.element,
    h('h3', {}, t('Step')),
    h('div', { class: 'settings' }, ...others),
    h('h3', {}, t('Stop')),
    goals(experiment),
  )
}
