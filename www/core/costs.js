/**
 * What a layer takes of memory while training: its parameters with their gradients and the optimiser's state, and what it computes for a batch, which is kept
 * for the gradients. The engine reports that of the whole network; the same reckoning, layer by layer. Pure. May import schema.js and types.
 *
 * @typedef {import('./protocol.js').LayerReport} LayerReport
 * @typedef {import('./protocol.js').Report} Report
 * @typedef {import('./spec.js').Layer} Layer
 * @typedef {import('./spec.js').Spec} Spec
 */
import { LAYERS, branchesOf } from './schema.js'

const BYTES = 4
/** Keys that attention looks at in one go. */
const TILE = 256
const GATES = /** @type {{ [type: string]: number }} */ ({ RNN: 1, GRU: 3, LSTM: 4 })

/** @param {readonly number[]} shape */
const numel = (shape) => shape.reduce((product, n) => product * n, 1)

/** An option as the engine takes it. @param {Layer} layer @param {string} name @returns {any} */
const option = (layer, name) => layer[name] ?? LAYERS[layer.type]?.[name]?.usual

/**
 * @param {number} heads
 * @param {number} dropout
 * @param {number[]} input
 * @param {number} [keys] how many places are looked at
 */
const attention = (heads, dropout, [length = 1, features = 1], keys = length) => [2 * (length + keys) * features, (dropout > 0 ? 3 : 2) * heads * length * Math.min(keys, TILE)]

/**
 * How many numbers there are in each tensor that a layer computes of one example before its output.
 * @param {Layer} layer
 * @param {number[]} input
 * @param {number} memory the length of what an encoder gave, in its decoder
 * @returns {number[]}
 */
function onTheWay(layer, input, memory) {
  const [length = 1] = input
  const size = numel(input)
  switch (layer.type) {
    case 'RNN':
    case 'GRU':
    case 'LSTM': {
      const times = option(layer, 'num_layers') * (option(layer, 'bidirectional') ? 2 : 1)
      return Array(times).fill(length * ((GATES[layer.type] ?? 1) + 2) * option(layer, 'hidden_size'))
    }
    case 'MultiheadAttention':
      return attention(option(layer, 'num_heads'), option(layer, 'dropout'), input)
    case 'TransformerEncoderLayer':
    case 'TransformerDecoderLayer': {
      const drops = option(layer, 'dropout') > 0 ? 1 : 0
      const wide = length * option(layer, 'dim_feedforward')
      const looks = (layer.type === 'TransformerDecoderLayer' ? [length, memory] : [length]).map((keys) => [...attention(option(layer, 'nhead'), drops, input, keys), size])
      const parts = looks.length + 1
      // Attention, the two layers at each place with what is between them, and the norms; the last of them gives the output once more.
      return [...looks.flat(), wide, (2 + drops) * wide, parts * drops * size, size, ...Array(parts).fill(size)]
    }
    default:
      return []
  }
}

/**
 * What is behind a layer's branches, and the length of the memory that is looked at there.
 * @param {Layer} layer
 * @param {number} memory where the layer itself stands
 * @returns {{ name: string, inner: Layer[], memory: number }[]}
 */
const branches = (layer, memory) =>
  branchesOf(layer.type).map((name) => ({ name, inner: /** @type {Layer[]} */ (layer[name] ?? []), memory: name === 'decoder' ? Number(layer.source_length) : memory }))

/**
 * All tensors of one example that a layer computes, with those of the layers inside.
 * @param {Layer} layer
 * @param {string} path
 * @param {ReadonlyMap<string, LayerReport>} rows
 * @param {number} memory
 * @returns {number[]}
 */
function computed(layer, path, rows, memory) {
  const row = rows.get(path)
  if (!row) return []
  const inside = branches(layer, memory).flatMap(({ name, inner, memory }) => inner.flatMap((one, n) => computed(one, `${path}.${name}[${n}]`, rows, memory)))
  return [...inside, ...onTheWay(layer, row.input, memory), numel(row.output)]
}

/**
 * Of each layer, by its path; those inside a block are part of it, too.
 * @param {Spec} spec
 * @param {Report} report of it
 * @returns {{ layers: Map<string, number>, activations: number }} bytes; activations: of the whole network, as the engine reckons them
 */
export function memoryOf(spec, { layers, params, memory }) {
  const rows = new Map(layers.map((row) => [row.path, row]))
  const eachParam = params ? (memory.parameters + memory.gradients + memory.optimizer) / params : 0
  const eachNumber = BYTES * spec.batch_size
  /** @type {Map<string, number>} */
  const bytes = new Map()
  /** @param {readonly Layer[]} list @param {string} within @param {boolean} top @param {number} memory */
  const visit = (list, within, top, memory) => {
    let sum = 0
    let largest = 0
    let again = 0
    list.forEach((layer, n) => {
      const path = `${within}[${n}]`
      const row = rows.get(path)
      if (!row) return
      const tensors = computed(layer, path, rows, memory)
      const all = tensors.reduce((total, one) => total + one, 0)
      const block = top && spec.recompute && (branchesOf(layer.type).length > 0 || layer.type === 'TransformerEncoderLayer')
      // Of what is computed again, what goes in is kept.
      const kept = block ? 2 * numel(row.output) : all
      if (block) again = Math.max(again, all)
      bytes.set(path, kept * eachNumber + row.params * eachParam)
      largest = Math.max(largest, ...tensors)
      sum += kept
      for (const { name, inner, memory: within } of branches(layer, memory)) visit(inner, `${path}.${name}`, false, within)
    })
    return sum + again + largest
  }
  const activations = (visit(spec.layers, 'layers', true, 0) + numel(spec.input)) * eachNumber
  return { layers: bytes, activations }
}
