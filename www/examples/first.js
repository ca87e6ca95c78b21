/**
 * The first network: three examples, two inputs, two hidden neurons, one output. May import core/spec, lib/i18n and its own JSON.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {import('../core/spec.js').TableData} TableData
 */
import { SpecError, formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import json from './first.json' with { type: 'json' }

const spec = formOf(json)

/** @type {import('../core/example.js').Offered} */
export const first = {
  id: 'first',
  spec,
  epochs: 100,
  measured: t('all three examples'),
  speeds: [
    { name: t('to watch'), pace: { steps: 1, every_ms: 50 } },
    { name: t('fast'), pace: { steps: 10, every_ms: 50 } },
    { name: t('full') },
  ],
  card: {
    shows: t('Nine numbers learn a rule from three examples. One training step can be walked through number by number, with the formulas.'),
    data: t('three examples of two inputs'),
    score: t('all three examples right'),
    steps: 100,
  },
  accept(candidate) {
    const same = /** @type {const} */ (['input', 'layers', 'loss', 'data']).every(
      (part) => JSON.stringify(candidate[part]) === JSON.stringify(spec[part]),
    )
    if (!same) throw new SpecError(t('the first network has a fixed form: only its training can be changed'))
  },
}

/** Where the step-through starts. The first layer is the introduction's; the second continues its count. */
export const WALK_START = {
  '0.weight': [0.1, 0.2, 0.3, 0.4],
  '0.bias': [0.5, 0.6],
  '2.weight': [0.7, 0.8],
  '2.bias': [0.9],
}

/** The step-through trains by plain gradient descent on one example, so that every number can be followed by hand. */
/** @type {Spec} */
export const WALK_SPEC = { ...spec, name: 'One step', optimizer: { type: 'SGD', lr: 0.5 }, batch_size: 1 }
