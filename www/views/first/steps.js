/**
 * One training step of the first network, taken apart: every number, the formula it comes from with its numbers put in, and
 * whether the engine's own value agrees. Pure: a trace goes in, steps come out. May import lib/at and lib/i18n.
 *
 * @typedef {import('../../core/protocol.js').Trace} Trace
 * @typedef {import('../../core/protocol.js').Named} Named
 *
 * @typedef {object} Step
 * @property {string} id also the place in the drawing where its value appears
 * @property {'Forward' | 'Backward' | 'Update'} phase
 * @property {string} title
 * @property {string} symbols "z₁ = w₁₁·x₁ + w₁₂·x₂ + b₁"
 * @property {string} numbers "0.1·1 + 0.2·0 + 0.5"
 * @property {number} value what the formula gives
 * @property {number | null} engine what the engine computed, where it keeps that value
 * @property {string} why
 * @property {string[]} uses the places in the drawing it reads
 *
 * @typedef {{ x: [number, number], y: number, lr: number }} Case
 */

import { at } from '../../lib/at.js'
import { t } from '../../lib/i18n.js'

const SUB = ['₀', '₁', '₂']

/**
 * A number as a formula shows it: up to five decimals, and the tiniest as a power of ten.
 * @param {number} value
 */
export function plainNumber(value) {
  const tiny = value !== 0 && Math.abs(value) < 5e-6
  const text = tiny ? value.toExponential(1) : Number(value.toFixed(5)).toString()
  return text.replace('-', '−')
}

/** Negative ones in brackets. @param {number} value */
const factor = (value) => (value < 0 ? `(${plainNumber(value)})` : plainNumber(value))

/** @param {number} z */
const sigmoid = (z) => 1 / (1 + Math.exp(-z))

/**
 * The loss from the logit: the same as from p, and still right where p rounds to 0 or 1.
 * @param {number} z
 * @param {number} y 0 or 1
 */
function crossEntropy(z, y) {
  const wrong = y === 1 ? -z : z
  return Math.max(wrong, 0) + Math.log1p(Math.exp(-Math.abs(wrong)))
}

/**
 * @param {Named[]} tensors
 * @returns {(name: string, index?: number) => number}
 */
function reader(tensors) {
  const byName = new Map(tensors.map(({ name, data }) => [name, data]))
  return (name, index = 0) => {
    const value = byName.get(name)?.[index]
    if (value === undefined) throw new Error(t('The engine’s trace holds no {name}.', { name: `${name}[${index}]` }))
    return value
  }
}

/**
 * @param {Trace} trace
 * @param {Case} example
 * @returns {Step[]}
 */
export function stepsOf(trace, { x, y, lr }) {
  const weight = reader(trace.before)
  const out = reader(trace.forward)
  const grad = reader(trace.gradients)
  const after = reader(trace.after)
  /** @type {Step[]} */
  const steps = []

  /**
   * @param {Step['phase']} phase
   * @param {Omit<Step, 'phase'>} step
   */
  const add = (phase, step) => steps.push({ phase, ...step })
  /** @param {number} i @param {number} j */
  const w = (i, j) => weight('0.weight', 2 * i + j)
  const z3 = out('2')
  const p = sigmoid(z3)
  const dz = grad('2.output')

  for (const i of [0, 1]) {
    const n = SUB[i + 1]
    add('Forward', {
      id: `z${i + 1}`,
      title: t('Hidden neuron {n}: weighted sum', { n: i + 1 }),
      symbols: `z${n} = w${n}₁·x₁ + w${n}₂·x₂ + b${n}`,
      numbers: `${factor(w(i, 0))}·${factor(x[0])} + ${factor(w(i, 1))}·${factor(x[1])} + ${factor(weight('0.bias', i))}`,
      value: w(i, 0) * x[0] + w(i, 1) * x[1] + weight('0.bias', i),
      engine: out('0', i),
      why: t('Each input counts as much as its weight says; the bias is added.'),
      uses: ['x1', 'x2', `w${i + 1}1`, `w${i + 1}2`, `b${i + 1}`],
    })
    add('Forward', {
      id: `a${i + 1}`,
      title: t('Hidden neuron {n}: activation', { n: i + 1 }),
      symbols: `a${n} = σ(z${n}) = 1 / (1 + e^−z${n})`,
      numbers: `1 / (1 + e^−${factor(out('0', i))})`,
      value: sigmoid(out('0', i)),
      engine: out('1', i),
      why: t('The sigmoid squeezes any number into the range from 0 to 1. Without it, two layers could do no more than one.'),
      uses: [`z${i + 1}`],
    })
  }
  add('Forward', {
    id: 'z',
    title: t('Output: weighted sum'),
    symbols: 'z = v₁·a₁ + v₂·a₂ + c',
    numbers: `${factor(weight('2.weight', 0))}·${factor(out('1', 0))} + ${factor(weight('2.weight', 1))}·${factor(out('1', 1))} + ${factor(weight('2.bias'))}`,
    value: weight('2.weight', 0) * out('1', 0) + weight('2.weight', 1) * out('1', 1) + weight('2.bias'),
    engine: z3,
    why: t('The output neuron does the same with the two activations. Its result is called the logit.'),
    uses: ['a1', 'a2', 'v1', 'v2', 'c'],
  })
  add('Forward', {
    id: 'p',
    title: t('Output: probability'),
    symbols: 'p = σ(z)',
    numbers: `1 / (1 + e^−${factor(z3)})`,
    value: p,
    engine: null,
    why: t('Read as the probability that the answer is 1.'),
    uses: ['z'],
  })
  add('Forward', {
    id: 'L',
    title: t('Loss: how wrong it is'),
    symbols: 'L = −( y·ln p + (1 − y)·ln(1 − p) )',
    numbers: `−( ${plainNumber(y)}·ln ${plainNumber(p)} + ${plainNumber(1 - y)}·ln ${plainNumber(1 - p)} )`,
    value: crossEntropy(z3, y),
    engine: trace.loss,
    why: t('Binary cross entropy: 0 if the network is sure and right. The right answer here is y = {y}.', { y: plainNumber(y) }),
    uses: ['p', 'y'],
  })

  add('Backward', {
    id: 'dz',
    title: t('Loss → output sum'),
    symbols: '∂L/∂z = p − y',
    numbers: `${plainNumber(p)} − ${plainNumber(y)}`,
    value: p - y,
    engine: dz,
    why: t('How the loss changes when z grows a little. Sigmoid and cross entropy together leave just this difference.'),
    uses: ['p', 'y'],
  })
  for (const i of [0, 1]) {
    const n = SUB[i + 1]
    add('Backward', {
      id: `dv${i + 1}`,
      title: t('Output weight {weight}', { weight: `v${n}` }),
      symbols: `∂L/∂v${n} = ∂L/∂z · a${n}`,
      numbers: `${factor(dz)}·${factor(out('1', i))}`,
      value: dz * out('1', i),
      engine: grad('2.weight', i),
      why: t('Chain rule: {weight} acts on z through {activation}, so the gradient is multiplied by {activation}.', { weight: `v${n}`, activation: `a${n}` }),
      uses: ['dz', `a${i + 1}`],
    })
  }
  add('Backward', {
    id: 'dc',
    title: t('Output bias c'),
    symbols: '∂L/∂c = ∂L/∂z · 1',
    numbers: `${factor(dz)}·1`,
    value: dz,
    engine: grad('2.bias'),
    why: t('The bias is added as it is, so its factor is 1.'),
    uses: ['dz'],
  })
  for (const i of [0, 1]) {
    const n = SUB[i + 1]
    const a = out('1', i)
    const da = grad('1.output', i)
    add('Backward', {
      id: `da${i + 1}`,
      title: t('Back to activation {n}', { n: i + 1 }),
      symbols: `∂L/∂a${n} = ∂L/∂z · v${n}`,
      numbers: `${factor(dz)}·${factor(weight('2.weight', i))}`,
      value: dz * weight('2.weight', i),
      engine: da,
      why: t('The gradient flows back along the same connection, multiplied by the same weight.'),
      uses: ['dz', `v${i + 1}`],
    })
    add('Backward', {
      id: `dz${i + 1}`,
      title: t('Through the sigmoid of neuron {n}', { n: i + 1 }),
      symbols: `∂L/∂z${n} = ∂L/∂a${n} · a${n}·(1 − a${n})`,
      numbers: `${factor(da)}·${factor(a)}·(1 − ${plainNumber(a)})`,
      value: da * a * (1 - a),
      engine: grad('0.output', i),
      why: t('a·(1 − a) is the slope of the sigmoid at this point.'),
      uses: [`da${i + 1}`, `a${i + 1}`],
    })
    for (const j of [0, 1]) {
      const m = SUB[j + 1]
      add('Backward', {
        id: `dw${i + 1}${j + 1}`,
        title: t('Hidden weight {weight}', { weight: `w${n}${m}` }),
        symbols: `∂L/∂w${n}${m} = ∂L/∂z${n} · x${m}`,
        numbers: `${factor(grad('0.output', i))}·${factor(at(x, j))}`,
        value: grad('0.output', i) * at(x, j),
        engine: grad('0.weight', 2 * i + j),
        why: x[j] === 0 ? t('This input was 0: the weight had no part in the result, so it gets no blame.') : t('Its input {input} is the factor.', { input: `x${m}` }),
        uses: [`dz${i + 1}`, `x${j + 1}`],
      })
    }
    add('Backward', {
      id: `db${i + 1}`,
      title: t('Hidden bias {bias}', { bias: `b${n}` }),
      symbols: `∂L/∂b${n} = ∂L/∂z${n} · 1`,
      numbers: `${factor(grad('0.output', i))}·1`,
      value: grad('0.output', i),
      engine: grad('0.bias', i),
      why: t('As with c: the factor is 1.'),
      uses: [`dz${i + 1}`],
    })
  }

  for (const { id, symbol, name, index } of PARAMETERS) {
    const old = weight(name, index)
    const slope = grad(name, index)
    add('Update', {
      id: `new-${id}`,
      title: t('New {parameter}', { parameter: symbol }),
      symbols: `${symbol} ← ${symbol} − η·∂L/∂${symbol}`,
      numbers: `${plainNumber(old)} − ${plainNumber(lr)}·${factor(slope)}`,
      value: old - lr * slope,
      engine: after(name, index),
      why: t('A small move against the gradient: downhill on the loss. η is the learning rate.'),
      uses: [id, `d${id}`],
    })
  }
  return steps
}

/** Every parameter: its place in the drawing, its letter, its tensor. */
export const PARAMETERS = [
  { id: 'v1', symbol: 'v₁', name: '2.weight', index: 0 },
  { id: 'v2', symbol: 'v₂', name: '2.weight', index: 1 },
  { id: 'c', symbol: 'c', name: '2.bias', index: 0 },
  { id: 'w11', symbol: 'w₁₁', name: '0.weight', index: 0 },
  { id: 'w12', symbol: 'w₁₂', name: '0.weight', index: 1 },
  { id: 'b1', symbol: 'b₁', name: '0.bias', index: 0 },
  { id: 'w21', symbol: 'w₂₁', name: '0.weight', index: 2 },
  { id: 'w22', symbol: 'w₂₂', name: '0.weight', index: 3 },
  { id: 'b2', symbol: 'b₂', name: '0.bias', index: 1 },
]

/**
 * Steps whose formula and engine do not give the same number, beyond what 32-bit arithmetic explains.
 * @param {Step[]} steps
 */
export function disagreements(steps) {
  return steps.filter(({ value, engine }) => engine !== null && !(Math.abs(value - engine) <= 1e-5 + 1e-4 * Math.abs(engine)))
}
