/**
 * What the networks on the text of Moby Dick have in common. Their view shows networks that say at each place which character comes next. May import core/schema, core/spec and
 * lib/i18n.
 *
 * @typedef {import('../core/example.js').Offered} Offered
 * @typedef {import('../core/spec.js').Layer} Layer
 * @typedef {import('../core/spec.js').Spec} Spec
 */
import { branchesOf } from '../core/schema.js'
import { SpecError } from '../core/spec.js'
import { t } from '../lib/i18n.js'

export const TEXT = 'moby-dick'
/** Windows of test text that are measured while training. */
const GLANCE = 64

/**
 * Whether a layer sees characters that come after the one it speaks of: those it is to foretell.
 * @param {Layer} layer
 * @returns {boolean}
 */
function looksAhead(layer) {
  const { type, bidirectional, causal } = layer
  const attends = ['MultiheadAttention', 'TransformerEncoderLayer'].includes(type)
  return bidirectional === true || (attends && causal !== true) || branchesOf(type).some((branch) => Array.isArray(layer[branch]) && layer[branch].some(looksAhead))
}

/**
 * @param {{ id: string, spec: Spec, epochs: number, about: NonNullable<Offered['about']>, card: Omit<import('../core/example.js').Card, 'data' | 'steps'> }} example
 * @returns {Offered}
 */
export const textExample = (example) => ({
  ...example,
  card: { ...example.card, data: t('Moby Dick, 1.2 million characters, the last twentieth for the test'), steps: Number(example.spec.schedule?.t_max) },
  view: 'text',
  speeds: [{ name: t('full') }],
  bits: true,
  glance: GLANCE,
  accept({ data, input, layers }) {
    if (data.type !== 'Text' || data.name !== TEXT) throw new SpecError(t('this view needs the text of Moby Dick as its data'))
    if (input.length !== 1) throw new SpecError(t('its input is not one number, the characters that it sees'))
    const ahead = layers.findIndex(looksAhead)
    if (ahead >= 0) throw new SpecError(t('a layer sees the characters that it is to foretell: it has to be causal, and not bidirectional'), `layers[${ahead}]`)
  },
})
