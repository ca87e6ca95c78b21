/** What a change of the experiment is called where it is undone: "learning rate", "Conv2d added". May import lib/i18n and types. */
import { t } from '../lib/i18n.js'

/** @typedef {import('./spec.js').Layer} Layer @typedef {import('./spec.js').Spec} Spec */

/** What each part of an experiment is called. @type {{ [field: string]: string }} */
const PARTS = {
  name: t('the name'),
  input: t('the input'),
  loss: t('the loss'),
  optimizer: t('the optimiser'),
  schedule: t('the schedule'),
  warmup_steps: t('the warm-up'),
  regularization: t('the regularisation'),
  clip_grad_norm: t('clipping of the gradient'),
  precision: t('the precision'),
  batch_size: t('the batch size'),
  accumulate: t('batches per step'),
  recompute: t('recomputing of blocks'),
  seed: t('the seed'),
  data: t('the data'),
}

/** @param {unknown} a @param {unknown} b */
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

/** The keys under which two objects differ. @param {object} a @param {object} b */
const differing = (a, b) => [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => !same(Reflect.get(a, key), Reflect.get(b, key)))

/**
 * @param {readonly Layer[]} before
 * @param {readonly Layer[]} after
 * @returns {string}
 */
function nameOfLayers(before, after) {
  const [long, short] = after.length > before.length ? [after, before] : [before, after]
  const first = long.findIndex((layer, n) => !same(layer, short[n]))
  const [old, now] = [before[first], after[first]]
  if (long.length === short.length + 1 && same(long.slice(first + 1), short.slice(first))) {
    const type = long[first]?.type ?? ''
    return long === after ? t('{type} added', { type }) : t('{type} removed', { type })
  }
  if (long.length !== short.length || !old || !now) return t('the layers')
  if (same([old, now], [after[first + 1], before[first + 1]]) && same(before.slice(first + 2), after.slice(first + 2))) return t('layers swapped')
  if (!same(before.slice(first + 1), after.slice(first + 1))) return t('the layers')
  if (old.type !== now.type) return t('{type} in place of {other}', { type: now.type, other: old.type })
  const [option = '', ...others] = differing(old, now)
  if (others.length) return t('the options of {type}', { type: now.type })
  const inner = [old[option], now[option]].map((value) => (Array.isArray(value) && value.every((one) => typeof one?.type === 'string') ? value : []))
  return inner.some((list) => list.length) ? nameOfLayers(/** @type {Layer[]} */ (inner[0]), /** @type {Layer[]} */ (inner[1])) : t('{option} of {type}', { option, type: now.type })
}

/**
 * @param {Spec} before
 * @param {Spec} after
 * @returns {string}
 */
export function nameOfChange(before, after) {
  const fields = differing(before, after)
  const [field = ''] = fields
  if (fields.length > 1) {
    // The data brings its input and its loss, a batch size the length of its schedule.
    if (fields.includes('data') && fields.every((one) => ['data', 'input', 'loss'].includes(one))) return t('the data')
    return fields.toSorted().join() === 'batch_size,schedule' ? t('the batch size') : t('several settings')
  }
  if (field === 'layers') return nameOfLayers(before.layers, after.layers)
  if (field === 'optimizer' && differing(before.optimizer, after.optimizer).join() === 'lr') return t('the learning rate')
  return PARTS[field] ?? t('several settings')
}
