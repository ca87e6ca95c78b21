/**
 * What goes wrong in a training, in plain words: each finding with the numbers that speak for it and, where there is one, a change of the
 * experiment that mends it. Rules over `signs`, and nothing else. May import lib/ and numbers.
 *
 * The bounds are rules of thumb, chosen so that the set-ups of tests/diagnosis/ are told apart: 16 broken ones, 16 healthy ones.
 *
 * @typedef {import('./signs.js').Signs} Signs
 * @typedef {import('../spec.js').Spec} Spec
 * @typedef {'not-finite' | 'inputs-unscaled' | 'targets-unscaled' | 'classes-unbalanced' | 'rate-high' | 'rate-low' | 'gradients-vanish' | 'gradients-explode'
 *   | 'units-dead' | 'units-saturated' | 'over-fitting' | 'labels-shuffled'} Fault
 *
 * @typedef {object} Remedy
 * @property {string} name what the button says
 * @property {(spec: Spec) => Spec} change
 * @property {boolean} afresh whether the weights are past saving: training begins anew
 *
 * @typedef {object} Finding
 * @property {Fault} fault
 * @property {string} title
 * @property {string} evidence
 * @property {string} advice what to do, also where no button does it
 * @property {Remedy | null} remedy
 */
import { at } from '../../lib/at.js'
import { count, ended, percent, short } from '../../lib/format.js'
import { said, t } from '../../lib/i18n.js'
import { figuresOf } from '../../lib/numbers.js'
import { early, late, median, unitsWhere } from './numbers.js'

/** Fewer steps than these say nothing of how it learns. */
const LEAST_STEPS = 30
/** Layers with weights from which on gradients have a way to go. */
const DEEP = 4

/**
 * @param {Signs} signs
 * @returns {Finding[]} what causes the others first
 */
export function diagnose(signs) {
  const { broken } = signs.run
  const found = [notFinite(signs), unscaled(signs), targetsUnscaled(signs), unbalanced(signs)]
  if (!broken && signs.run.step >= LEAST_STEPS) {
    const high = rateHigh(signs)
    const inside = [vanish(signs), explode(signs), dead(signs), saturated(signs)]
    found.push(high, ...inside)
    // These go by what does not happen, for which what is found already may be the cause.
    const low = found.some(Boolean) ? null : rateLow(signs)
    const labels = high ? null : (memorised(signs) ?? (low || found.some(Boolean) ? null : nothingThere(signs)))
    found.push(low, labels ?? (high ? null : overFitting(signs)))
  }
  return found.filter((one) => one !== null)
}

/** One significant digit. @param {number} value */
const round = (value) => Number(value.toPrecision(1))

/** A tenth of the learning rate, or, where that is less, what most networks bear. @param {Pick<Signs, 'spec'>} signs */
const slower = ({ spec: { optimizer } }) => round(Math.min(optimizer.lr / 10, optimizer.type === 'SGD' ? 0.03 : 0.003))

/**
 * @param {Pick<Signs, 'spec'>} signs
 * @param {number} lr
 * @param {boolean} afresh
 * @returns {Remedy}
 */
function learnAt({ spec }, lr, afresh) {
  const rates = { lr, now: spec.optimizer.lr }
  return { name: afresh ? t('Learn at {lr}, not {now}, from the start', rates) : t('Learn at {lr}, not {now}', rates), change: (now) => ({ ...now, optimizer: { ...now.optimizer, lr } }), afresh }
}

/** @param {Signs} signs @returns {Finding | null} */
function notFinite(signs) {
  const { broken } = signs.run
  if (!broken) return null
  const norms = signs.run.curves.gradNorm.y
  const facts = { tensor: said(broken.tensor), step: count(broken.step), norm: short(late(norms)) }
  return {
    fault: 'not-finite',
    title: t('The numbers ran away'),
    evidence: norms.length
      ? t('{tensor} was the first that was not finite, at step {step}; before that the gradient’s length was {norm}.', facts)
      : t('{tensor} was the first that was not finite, at step {step}.', facts),
    advice: t('Steps that are too long lead further away each time. Learn more slowly.'),
    remedy: learnAt(signs, slower(signs), true),
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function unscaled({ spec, opened, rows }) {
  const first = opened.report.layers[0]?.type ?? ''
  // What a norm or an Embedding takes may be of any size.
  if (!['Table', 'Images'].includes(spec.data.type) || /Norm|Embedding/.test(first) || !rows.data.length) return null
  const data = spec.data
  if (data.type === 'Images') {
    const { mean, deviation } = figuresOf(rows.data)
    const seen = { mean: (mean - data.normalize.mean) / data.normalize.std, deviation: deviation / data.normalize.std }
    if (!far(seen)) return null
    return {
      fault: 'inputs-unscaled',
      title: t('The inputs are not scaled'),
      evidence: t('The network sees pixels around {mean}, give or take {std}.', { mean: short(seen.mean), std: short(seen.deviation) }),
      advice: t('Networks learn well from numbers around 0, give or take 1.'),
      remedy: { name: t('Scale the pixels'), change: (now) => ({ ...now, data: { ...data, normalize: { mean: Number(mean.toFixed(4)), std: Number(deviation.toFixed(4)) } } }), afresh: true },
    }
  }
  if (data.type !== 'Table') return null
  const { width } = rows
  const columns = [...Array(width).keys()].map((column) => figuresOf(rows.data.filter((_, i) => i % width === column)))
  const worst = columns.findIndex(far)
  if (worst < 0) return null
  const { mean, deviation } = at(columns, worst)
  const scaled = (/** @type {number[]} */ row) => row.map((value, n) => Number(((value - (columns[n]?.mean ?? 0)) / (columns[n]?.deviation || 1)).toPrecision(6)))
  return {
    fault: 'inputs-unscaled',
    title: t('The inputs are not scaled'),
    evidence: t('Column {column} lies around {mean}, give or take {std}.', { column: worst + 1, mean: short(mean), std: short(deviation) }),
    advice: t('Networks learn well from numbers around 0, give or take 1.'),
    remedy: { name: t('Scale the columns'), change: (now) => ({ ...now, data: { ...data, x: data.x.map(scaled) } }), afresh: true },
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function targetsUnscaled({ spec, rows }) {
  const { data } = spec
  if (data.type !== 'Table' || !['MSELoss', 'L1Loss', 'HuberLoss'].includes(spec.loss.type) || !rows.labels.length) return null
  const { mean, deviation } = figuresOf(rows.labels)
  if (!far({ mean, deviation })) return null
  const scaled = (/** @type {number} */ y) => Number(((y - mean) / (deviation || 1)).toPrecision(6))
  return {
    fault: 'targets-unscaled',
    title: t('The targets are not scaled'),
    evidence: t('They lie around {mean}, give or take {std}.', { mean: short(mean), std: short(deviation) }),
    advice: t('What a network gives is around 0 at first, and it takes many steps to get far from there.'),
    remedy: { name: t('Scale the targets'), change: (now) => ({ ...now, data: { ...data, y: /** @type {number[]} */ (data.y.map((y) => (Array.isArray(y) ? y.map(scaled) : scaled(y)))) } }), afresh: true },
  }
}

/** Of inputs that hardly anything can be learnt from. @param {{ mean: number, deviation: number }} seen */
const far = ({ mean, deviation }) => deviation > 10 || Math.abs(mean) > 10 || (deviation > 0 && deviation < 0.02)

/** Examples of each class, the rarest first. @param {Signs} signs */
function classesOf({ spec, rows }) {
  if (!['CrossEntropyLoss', 'BCELoss', 'BCEWithLogitsLoss'].includes(spec.loss.type) || spec.data.type === 'Text') return []
  /** @type {Map<number, number>} */
  const counts = new Map()
  for (const label of rows.labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return [...counts].map(([label, number]) => ({ label, number })).sort((a, b) => a.number - b.number)
}

/** @param {Signs} signs @returns {Finding | null} */
function unbalanced(signs) {
  const classes = classesOf(signs)
  const [rarest, most] = [classes[0], classes.at(-1)]
  const all = signs.rows.labels.length
  // A few examples are never shared out evenly.
  if (!rarest || !most || classes.length < 2 || all < 20 * classes.length || rarest.number * 4 > most.number) return null
  const { data } = signs.spec
  return {
    fault: 'classes-unbalanced',
    title: t('The classes are unbalanced'),
    evidence: t('Of {all} training examples {most} are of class {class} and {fewest} of class {rarest}: who always says {class} is right {share} of the time.', {
      all: count(all),
      most: count(most.number),
      class: most.label,
      fewest: count(rarest.number),
      rarest: rarest.label,
      share: percent(most.number / all),
    }),
    advice: t('Collect more of the rare class, or show it more often; look at each class’s own accuracy.'),
    remedy: data.type === 'Table' ? { name: t('Show the rare ones as often'), change: (now) => ({ ...now, data: evenly(data) }), afresh: true } : null,
  }
}

/** The same rows, those of rarer classes several times. @param {import('../spec.js').TableData} data */
function evenly(data) {
  const label = (/** @type {number | number[]} */ y) => (Array.isArray(y) ? at(y, 0) : y)
  /** @type {Map<number, number[]>} */
  const rows = new Map()
  data.y.forEach((y, n) => rows.set(label(y), [...(rows.get(label(y)) ?? []), n]))
  const most = Math.max(...[...rows.values()].map((own) => own.length))
  const chosen = [...rows.values()].flatMap((own) => [...Array(most).keys()].map((n) => at(own, n % own.length)))
  return { ...data, x: chosen.map((n) => at(data.x, n)), y: /** @type {number[]} */ (chosen.map((n) => at(/** @type {number[]} */ (data.y), n))) }
}

/** The part of its weights that a step changes, of the layer that moves most. @param {Signs} signs */
const pace = ({ weights }) => Math.max(0, ...weights.map(({ ratio }) => ratio))

/** The entropy of the classes: the least loss without looking at the inputs. Infinite where there are none. @param {Signs} signs */
function lossOfGuessing(signs) {
  const classes = classesOf(signs)
  const all = signs.rows.labels.length
  return classes.length > 1 ? classes.reduce((sum, { number }) => sum - (number / all) * Math.log(number / all), 0) : Infinity
}

/** @param {Signs} signs @returns {Finding | null} */
function rateHigh(signs) {
  const { y } = signs.run.curves.loss
  const [from, to] = [early(y), late(y)]
  const [ratio, peak, guess] = [pace(signs), Math.max(...y), lossOfGuessing(signs)]
  if (!(to > 1.3 * from || to > 1.2 * guess || (to > 0.9 * at(y, 0) && (ratio > 0.1 || peak > 3 * at(y, 0))))) return null
  let evidence = t('The loss went from {from} to {to}', { from: short(from), to: short(to) })
  if (peak > 3 * to) evidence = t('{so}, by way of {peak}', { so: evidence, peak: short(peak) })
  if (to > guess) evidence = t('{so}; who only guesses has {guess}', { so: evidence, guess: short(guess) })
  if (ratio) evidence = t('{so}, and a step changes weights by {ratio} of their length; about 0.1 % is usual', { so: evidence, ratio: percent(ratio) })
  return {
    fault: 'rate-high',
    title: t('The learning rate is too high'),
    evidence: ended(evidence),
    advice: t('Steps that are too long jump over what they look for.'),
    remedy: learnAt(signs, slower(signs), true),
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function rateLow(signs) {
  const { y } = signs.run.curves.loss
  const [from, to] = [early(y), late(y)]
  const ratio = pace(signs)
  if (!(to > 0.95 * from && ratio > 0 && ratio < 1e-4) || signs.run.step < (signs.spec.warmup_steps ?? 0)) return null
  return {
    fault: 'rate-low',
    title: t('The learning rate is too low'),
    evidence: t('The loss went from {from} to {to} in {steps} steps, and a step changes weights by {ratio} % of their length; about 0.1 % is usual.', {
      from: short(from),
      to: short(to),
      steps: count(signs.run.step),
      ratio: short(100 * ratio),
    }),
    advice: t('Learn faster: ten times the rate, and again, until the loss falls.'),
    remedy: learnAt(signs, round(signs.spec.optimizer.lr * 10 ** Math.min(4, Math.round(Math.log10(1e-3 / ratio)))), false),
  }
}

/** Gradients of the first layer with weights, beside those of the last. An Embedding's are few, each for a row of its own. @param {Signs} signs */
function ends({ weights }) {
  const own = weights.filter(({ type, gradient }) => type !== 'Embedding' && type !== 'PositionalEmbedding' && gradient > 0)
  const [first, last] = [own[0], own.at(-1)]
  return own.length >= DEEP && first && last ? { first, last, share: first.gradient / last.gradient } : null
}

/** @param {Spec} spec @param {(layer: import('../spec.js').Layer) => import('../spec.js').Layer[]} change of each layer, also within others */
function withLayers(spec, change) {
  /** @param {import('../spec.js').Layer[]} layers @returns {import('../spec.js').Layer[]} */
  const all = (layers) => layers.flatMap((layer) => change(Array.isArray(layer.layers) ? { ...layer, layers: all(layer.layers) } : layer))
  return { ...spec, layers: all(spec.layers) }
}

/** @param {Signs} signs @returns {Finding | null} */
function vanish(signs) {
  const found = ends(signs)
  if (!found || found.share > 1e-3) return null
  const bounded = ['Sigmoid', 'Tanh']
  const some = signs.outputs.some(({ type }) => bounded.includes(type))
  return {
    fault: 'gradients-vanish',
    title: t('The gradients vanish on their way to the first layers'),
    evidence: t('Those of {first} are {share} of those of {last}.', { first: found.first.name, share: short(found.share), last: found.last.name }),
    advice: t('Use ReLU, a norm between the layers, residual branches, or fewer layers.'),
    remedy: some
      ? { name: t('Use ReLU, and He’s initial weights'), change: (spec) => withLayers(spec, (layer) => [bounded.includes(layer.type) ? { type: 'ReLU' } : layer.type === 'Linear' || layer.type === 'Conv2d' ? { ...layer, init: 'he_uniform' } : layer]), afresh: true }
      : null,
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function explode(signs) {
  const found = ends(signs)
  const norm = late(signs.run.curves.gradNorm.y)
  // The length is reported before it is cut.
  if (signs.spec.clip_grad_norm || !(found && found.share > 1e3) && !(norm > 1e3)) return null
  return {
    fault: 'gradients-explode',
    title: t('The gradients explode'),
    evidence: found
      ? t('The gradient’s length is {norm}; those of {first} are {share} times those of {last}.', { norm: short(norm), first: found.first.name, share: short(found.share), last: found.last.name })
      : t('The gradient’s length is {norm}.', { norm: short(norm) }),
    advice: t('Cut the gradient to a length, start from smaller weights, or put a norm between the layers.'),
    remedy: { name: t('Cut it to length 1, from the start'), change: (spec) => ({ ...spec, clip_grad_norm: 1 }), afresh: true },
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function dead({ outputs, spec }) {
  const layers = outputs.filter(({ type }) => type === 'ReLU').map((output) => ({ layer: output.layer, share: unitsWhere(output, (value) => value === 0) }))
  const worst = layers.sort((a, b) => b.share - a.share)[0]
  if (!worst || worst.share < 0.6) return null
  return {
    fault: 'units-dead',
    title: t('Many ReLUs are dead'),
    evidence: t('In layer {layer} {share} of the units give 0 for every example that was tried; such units learn nothing more.', { layer: worst.layer, share: percent(worst.share) }),
    advice: t('Learn more slowly, from fresh weights, or use LeakyReLU, which always lets some gradient through.'),
    remedy: {
      name: t('Use LeakyReLU, and learn at a third of the rate'),
      change: (now) => ({ ...withLayers(now, (layer) => [layer.type === 'ReLU' ? { type: 'LeakyReLU' } : layer]), optimizer: { ...now.optimizer, lr: round(spec.optimizer.lr / 3) } }),
      afresh: true,
    },
  }
}

/** @param {Signs} signs @returns {Finding | null} */
function saturated({ outputs, spec, run }) {
  const { loss } = run.curves
  // Units at their bounds are no harm where the network has learnt.
  if (late(loss.y) < 0.5 * early(loss.y)) return null
  const layers = outputs
    .filter(({ type }) => type === 'Tanh' || type === 'Sigmoid')
    .map(({ layer, type, data }) => {
      const at = data.reduce((sum, value) => sum + Number(type === 'Tanh' ? Math.abs(value) > 0.99 : value < 0.005 || value > 0.995), 0)
      return { layer, type, share: at / data.length }
    })
  const worst = layers.sort((a, b) => b.share - a.share)[0]
  if (!worst || worst.share < 0.8) return null
  return {
    fault: 'units-saturated',
    title: t('The units are saturated'),
    evidence: t('In layer {layer}, a {type}, {share} of what it gives lies at its bounds, where its slope is almost 0.', { layer: worst.layer, type: worst.type, share: percent(worst.share) }),
    advice: t('Start from smaller weights, scale the inputs, or learn more slowly.'),
    remedy: learnAt({ spec }, slower({ spec }), true),
  }
}

/** Most that can be right without looking at the inputs. @param {Signs} signs */
function chance(signs) {
  const classes = classesOf(signs)
  return classes.length > 1 ? at(classes, classes.length - 1).number / signs.rows.labels.length : null
}

/** @param {string} evidence @returns {Finding} */
const shuffled = (evidence) => ({
  fault: 'labels-shuffled',
  title: t('The labels seem to have nothing to do with the inputs'),
  evidence,
  advice: t('Look at some examples with their labels: are they shuffled, or those of other data? Does the network see what the label depends on?'),
  remedy: null,
})

/** Right in training, at chance on the test. @param {Signs} signs @returns {Finding | null} */
function memorised(signs) {
  const least = chance(signs)
  const { accuracy, testAccuracy } = signs.run.curves
  if (least === null || testAccuracy.y.length < 3) return null
  const [known, unknown] = [late(accuracy.y), late(testAccuracy.y)]
  if (!(known > least + 0.15 && unknown < least + 0.05)) return null
  return shuffled(t('What it was trained on it gets right {known} of the time; new examples {unknown}, and guessing is right {least}.', {
    known: percent(known),
    unknown: percent(unknown),
    least: percent(least),
  }))
}

/** Nothing learnt, though nothing else is wrong. @param {Signs} signs @returns {Finding | null} */
function nothingThere(signs) {
  const least = chance(signs)
  const { accuracy } = signs.run.curves
  const { step } = signs.run
  if (least === null || step < 300 || step < 3 * signs.opened.steps_per_epoch) return null
  const known = late(accuracy.y)
  if (known > least + 0.05) return null
  return shuffled(t('After {steps} steps, with gradients that are as they should be, it is right {known} of the time, and guessing is right {least}.', {
    steps: count(step),
    known: percent(known),
    least: percent(least),
  }))
}

/** @param {Signs} signs @returns {Finding | null} */
function overFitting({ run, spec }) {
  const { loss, testLoss } = run.curves
  if (testLoss.y.length < 5) return null
  const [known, unknown, best] = [late(loss.y), median(testLoss.y.slice(-3)), Math.min(...testLoss.y)]
  // Next to nothing, twice as much is next to nothing, too.
  if (!(unknown > 1.2 * best && unknown > best + 0.05 * at(testLoss.y, 0) && unknown > 2 * known)) return null
  const l2 = Math.max(0.01, 10 * (spec.regularization?.l2 ?? 0))
  return {
    fault: 'over-fitting',
    title: t('The network learns its examples by heart'),
    evidence: t('In training the loss is {known}; on the test it had come down to {best} and has risen to {unknown} since.', {
      known: short(known),
      best: short(best),
      unknown: short(unknown),
    }),
    advice: t('Stop earlier, use more or varied examples, a smaller network, Dropout, or a penalty on large weights.'),
    remedy: { name: t('Penalise large weights (L2 {l2})', { l2 }), change: (now) => ({ ...now, regularization: { ...now.regularization, l2 } }), afresh: true },
  }
}
