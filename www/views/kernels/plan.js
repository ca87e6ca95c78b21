/**
 * The Plan of a training step, read from its printed form: the kernels that a step runs, what they take, and where they belong. Pure. May import lib/at.
 *
 * @typedef {object} Kernel
 * @property {'map' | 'row' | 'contract'} kind
 * @property {string} name the scope and the operation that it comes from: "1.Einsum"
 * @property {string} sizes of its loops: "[64] of [10]"
 * @property {number} operations two for each term of a contraction, else one for each operation at each point
 * @property {number} bytes that it reads and writes if it uses each element at most once
 * @property {number[]} buffers that it uses, by number
 * @property {string} text as printed
 *
 * @typedef {'batch' | 'forward' | 'loss' | 'backward' | 'update'} Part of a step
 *
 * @typedef {object} Dispatch kernels that run side by side
 * @property {Kernel[]} kernels
 * @property {number} times how often a step runs it
 * @property {Part[]} parts of its kernels, each once
 * @property {string[]} scopes of its kernels, each once: "1", "2.self_attn"
 *
 * @typedef {{ buffers: { text: string, bytes: number, length: number, leaf: string | null }[], dispatches: Dispatch[] }} Plan
 */
import { at } from '../../lib/at.js'

/** Bytes of an element. @type {{ [type: string]: number }} */
const BYTES = { f16: 2, u8: 1 }

/** @param {string} line "b3: u32[4] leaf counters" */
function bufferOf(line) {
  const [, type = '', length = '', kind, name = ''] = /^b\d+: (\w+)\[(\d+)\] (\w+) ?(.*)$/.exec(line) ?? []
  return { text: line, bytes: BYTES[type] ?? 4, length: Number(length), leaf: kind === 'leaf' ? name : null }
}

/**
 * @param {string[]} lines
 * @param {Plan['buffers']} buffers
 * @returns {Kernel}
 */
function kernelOf(lines, buffers) {
  const text = lines.join('\n')
  const [, kind = '', sizes = '', name = ''] = /^ {2}(map|row|contract) (.*\]) (.*)$/.exec(at(lines, 0)) ?? []
  const points = (sizes.match(/\d+/g) ?? []).reduce((product, size) => product * Number(size), 1)
  const used = [...new Set([...text.matchAll(/\bb(\d+)\[/g)].map(([, n]) => Number(n)))].sort((a, b) => a - b)
  // Values that are computed, not loaded or constant, and what rows sum up.
  const operations = lines.filter((line) => /^ {4}(v\d+: \w+ = ([A-Z]\w* v|cast |v\d+ \?)|acc )/.test(line)).length
  return {
    kind: /** @type {Kernel['kind']} */ (kind),
    name,
    sizes,
    operations: points * (kind === 'contract' ? 2 : operations),
    bytes: used.reduce((sum, n) => sum + at(buffers, n).bytes * Math.min(at(buffers, n).length, points), 0),
    buffers: used,
    text,
  }
}

/** Where a kernel comes from: "2.self_attn" of "2.self_attn.Einsum", "" of "Sum". @param {Kernel} kernel */
const scopeOf = ({ name }) => name.slice(0, Math.max(0, name.lastIndexOf('.')))

/** @param {Kernel} kernel */
const stored = ({ text }) => [...text.matchAll(/^ {4}b(\d+)\[/gm)].map(([, n]) => Number(n))

/**
 * The parts of a step, from where its kernels stand and what they read: a layer's are its way forward until the loss is computed, from then on its way back.
 * @param {Kernel[][]} dispatches
 * @param {Plan['buffers']} buffers
 * @returns {Part[][]} of each kernel
 */
function partsOf(dispatches, buffers) {
  const leaf = (/** @type {number} */ n) => at(buffers, n).leaf
  const layerOf = (/** @type {Kernel} */ kernel) => (scopeOf(kernel) ? Number.parseInt(kernel.name, 10) : -1)
  const layers = dispatches.map((kernels) => Math.max(...kernels.map(layerOf)))
  const reached = layers.indexOf(Math.max(...layers))
  const turn = dispatches.findIndex((kernels, n) => n > reached && kernels.some((kernel) => !scopeOf(kernel) && kernel.kind !== 'map'))
  const lastOfAny = layers.findLastIndex((layer) => layer >= 0)
  return dispatches.map((kernels, n) =>
    kernels.map((kernel) => {
      if (scopeOf(kernel)) return n < turn ? 'forward' : 'backward'
      if (kernel.buffers.some((n) => leaf(n) === 'order')) return 'batch'
      if (stored(kernel).some((n) => leaf(n) !== null) || kernel.buffers.some((n) => leaf(n) === 'hyper')) return 'update'
      return n <= lastOfAny ? 'loss' : 'update'
    }),
  )
}

/**
 * @param {string} text
 * @returns {Plan}
 */
export function planOf(text) {
  /** @type {Plan['buffers']} */
  const buffers = []
  /** @type {{ from: number, to: number, times: number }[]} */
  const loops = []
  /** @type {string[][][]} */
  const dispatches = []
  for (const line of text.split('\n')) {
    const loop = /^(\d+) times dispatches (\d+) to (\d+)/.exec(line)
    if (loop) loops.push({ times: Number(loop[1]), from: Number(loop[2]), to: Number(loop[3]) })
    else if (/^b\d+: /.test(line)) buffers.push(bufferOf(line))
    else if (line.startsWith('dispatch ')) dispatches.push([])
    else if (/^ {2}\w/.test(line)) dispatches.at(-1)?.push([line])
    else if (line.startsWith(' ')) dispatches.at(-1)?.at(-1)?.push(line)
  }
  const kernels = dispatches.map((one) => one.map((lines) => kernelOf(lines, buffers)))
  const parts = partsOf(kernels, buffers)
  return {
    buffers,
    dispatches: kernels.map((kernels, n) => {
      const loop = loops.find(({ from, to }) => from <= n && n <= to)
      return { kernels, times: loop?.times ?? 1, parts: [...new Set(at(parts, n))], scopes: [...new Set(kernels.map(scopeOf))].filter((scope) => scope !== '') }
    }),
  }
}

/** What a dispatch takes in a step. A kernel of a loop has all its turns among its sizes. @param {Dispatch} dispatch */
export const workOf = ({ kernels }) => ({
  operations: kernels.reduce((sum, one) => sum + one.operations, 0),
  bytes: kernels.reduce((sum, one) => sum + one.bytes, 0),
})
