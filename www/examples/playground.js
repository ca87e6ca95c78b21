/**
 * The 2-D playground: points on a plane, a network of fully connected layers. Its controls speak of hidden layers and one
 * activation for all; this file turns that into a spec and back. May import core/spec, lib/i18n and its own JSON.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {import('../core/spec.js').PointsData} PointsData
 * @typedef {import('../core/spec.js').Layer} Layer
 * @typedef {{ hidden: number[], activation: string }} Shape neurons per hidden layer; "Linear" is no activation
 */
import { SpecError, formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import json from './playground.json' with { type: 'json' }

export const MOST_LAYERS = 6
export const MOST_NEURONS = 8
/** Points live in [-REACH, REACH] in both directions. */
export const REACH = 6

export const SHAPES = /** @type {const} */ ([
  ['circle', t('Circle')],
  ['xor', t('Exclusive or')],
  ['gauss', t('Gaussian')],
  ['spiral', t('Spiral')],
  ['plane', t('Plane (regression)')],
  ['bumps', t('Bumps (regression)')],
])
const REGRESSIONS = ['plane', 'bumps']

/** @type {readonly { name: string, text: string, largest: number, value: (x1: number, x2: number) => number }[]} largest: of its values */
export const FEATURES = [
  { name: 'x1', text: 'x₁', largest: REACH, value: (x1) => x1 },
  { name: 'x2', text: 'x₂', largest: REACH, value: (_, x2) => x2 },
  { name: 'x1^2', text: 'x₁²', largest: REACH ** 2, value: (x1) => x1 * x1 },
  { name: 'x2^2', text: 'x₂²', largest: REACH ** 2, value: (_, x2) => x2 * x2 },
  { name: 'x1*x2', text: 'x₁·x₂', largest: REACH ** 2, value: (x1, x2) => x1 * x2 },
  { name: 'sin(x1)', text: 'sin x₁', largest: 1, value: (x1) => Math.sin(x1) },
  { name: 'sin(x2)', text: 'sin x₂', largest: 1, value: (_, x2) => Math.sin(x2) },
]

export const ACTIVATIONS = /** @type {const} */ (['ReLU', 'Tanh', 'Sigmoid', 'LeakyReLU', 'ELU', 'GELU', 'SiLU', 'Linear'])

/** @param {PointsData} data */
export const isRegression = (data) => REGRESSIONS.includes(data.shape)

/**
 * @param {Spec} spec
 * @returns {PointsData}
 */
export function pointsOf(spec) {
  if (spec.data?.type !== 'Points') throw new SpecError(t('the playground needs points as its data'))
  return spec.data
}

/**
 * @param {Shape} shape
 * @returns {Layer[]}
 */
function layersOf({ hidden, activation }) {
  const step = activation === 'Linear' ? [] : [{ type: activation }]
  return [...hidden.flatMap((out_features) => [{ type: 'Linear', out_features }, ...step]), { type: 'Linear', out_features: 1 }]
}

/**
 * How the playground's controls show these layers.
 * @param {Spec} spec
 * @returns {Shape}
 */
export function shapeOf(spec) {
  const linear = spec.layers.filter(({ type }) => type === 'Linear')
  const hidden = linear.slice(0, -1).map(({ out_features }) => Number(out_features))
  const activation = ACTIVATIONS.find((name) => name !== 'Linear' && spec.layers.some(({ type }) => type === name)) ?? 'Linear'
  const shape = { hidden, activation }
  // Without a hidden layer there is no activation to be seen, and none to be lost.
  if (JSON.stringify(layersOf(shape)) !== JSON.stringify(spec.layers)) throw new SpecError(t('the playground cannot show these layers'))
  return shape
}

/**
 * @param {Spec} spec
 * @param {Shape} shape
 * @returns {Spec}
 */
export const withShape = (spec, shape) => ({ ...spec, layers: layersOf(shape) })

/**
 * The data decides about the input, a number for each feature, and about the loss: classes or a value.
 * @param {Spec} spec
 * @param {Partial<PointsData>} change
 * @returns {Spec}
 */
export function withData(spec, change) {
  const data = { ...pointsOf(spec), ...change }
  return { ...spec, data, input: [data.features.length], loss: { type: isRegression(data) ? 'MSELoss' : 'BCEWithLogitsLoss' } }
}

/**
 * The names of a layer's tensors: its weights, and what leaves it after its activation.
 * @param {Shape} shape
 * @param {number} layer 0 is the first hidden layer; the last is the output
 */
export function namesOf({ hidden, activation }, layer) {
  const stride = activation === 'Linear' ? 1 : 2
  const at = layer * stride
  return { weight: `${at}.weight`, bias: `${at}.bias`, output: String(layer < hidden.length ? at + stride - 1 : at) }
}

/** @type {import('../core/example.js').Offered} */
export const playground = {
  id: 'playground',
  spec: formOf(json),
  speeds: [
    { name: t('to watch'), pace: { steps: 5, every_ms: 50 } },
    { name: t('slow'), pace: { steps: 1, every_ms: 200 } },
    { name: t('fast'), pace: { steps: 50, every_ms: 50 } },
    { name: t('full') },
  ],
  card: {
    shows: t('Points on a plane, to be told apart. Layers, neurons and inputs change in place, and each neuron shows what it sees.'),
    data: t('500 made-up points, half of them for the test'),
    score: t('a test loss below 0.1, more than 99 % of the points on the right side'),
    steps: 350,
  },
  accept(spec) {
    const { features } = pointsOf(spec)
    const { hidden } = shapeOf(spec)
    if (hidden.length > MOST_LAYERS) throw new SpecError(t('the playground shows at most {most} hidden layers', { most: MOST_LAYERS }))
    if (!hidden.every((n) => Number.isInteger(n) && n >= 1 && n <= MOST_NEURONS)) {
      throw new SpecError(t('the playground shows 1 to {most} neurons in a layer', { most: MOST_NEURONS }))
    }
    if (!Array.isArray(features) || !features.every((name) => FEATURES.some((feature) => feature.name === name))) {
      throw new SpecError(t('it asks for features that the playground does not know'))
    }
  },
}
