/**
 * What the examples on images have in common: small grey pictures of one thing each. May import core/spec and lib/i18n.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {import('../core/example.js').Offered} Offered
 * @typedef {Offered & { epochs: number, pictures: Pictures }} ImagesExample
 *
 * @typedef {object} Pictures what the view has to know of the data, and its words for it
 * @property {string} data the data set's name
 * @property {string} called what the data is called
 * @property {readonly string[]} classes their names
 * @property {boolean} written by hand, in the middle of a margin; else photographed, as large as it fits
 * @property {string} lead
 */
import { SpecError } from '../core/spec.js'
import { t } from '../lib/i18n.js'

export const SIDE = 28
const GLANCE = 1000

/**
 * @param {{ id: string, spec: Spec, epochs: number, pictures: Pictures, card: Omit<import('../core/example.js').Card, 'steps'> }} example
 * @returns {ImagesExample}
 */
export const imagesExample = (example) => ({
  ...example,
  card: { ...example.card, steps: Number(example.spec.schedule?.t_max) },
  view: 'images',
  speeds: [{ name: t('full') }],
  details: true,
  glance: GLANCE,
  accept({ data, input, layers }) {
    const { data: name, called, classes } = example.pictures
    if (data.type !== 'Images' || data.name !== name) throw new SpecError(t('this view needs {data} as its data', { data: called }))
    if (JSON.stringify(input) !== JSON.stringify([1, SIDE, SIDE])) throw new SpecError(t('its input is not 1 × {side} × {side}', { side: SIDE }))
    const last = layers.findLastIndex(({ type }) => type === 'Linear')
    const outputs = layers[last]?.out_features ?? classes.length
    if (outputs !== classes.length) {
      const message = t('its last layer has {outputs} outputs, not one for each of the {classes} classes', { outputs: Number(outputs), classes: classes.length })
      throw new SpecError(message, `layers[${last}].out_features`)
    }
  },
})
