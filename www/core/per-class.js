/**
 * How well each class is told from the others. Pure. May import lib/at and the protocol's types.
 *
 * @typedef {object} ClassScore null: there is nothing to take a share of
 * @property {number | null} precision of what is taken for it, the share that is
 * @property {number | null} recall of what it is, the share that is taken for it
 * @property {number | null} f1 their harmonic mean
 * @property {number} support how many there are of it
 */
import { at } from '../lib/at.js'

/** @param {number} part @param {number} whole */
const share = (part, whole) => (whole ? part / whole : null)

/**
 * @param {import('./protocol.js').Confusion} confusion
 * @returns {ClassScore[]}
 */
export function perClass({ classes, counts }) {
  const numbers = Array.from({ length: classes }, (_, n) => n)
  return numbers.map((n) => {
    const hits = at(counts, n * classes + n)
    const support = numbers.reduce((sum, column) => sum + at(counts, n * classes + column), 0)
    const taken = numbers.reduce((sum, row) => sum + at(counts, row * classes + n), 0)
    return { precision: share(hits, taken), recall: share(hits, support), f1: share(2 * hits, support + taken), support }
  })
}

/**
 * The mean over the classes, each counting the same; of those that have the figure.
 * @param {readonly ClassScore[]} scores
 * @returns {ClassScore}
 */
export function meanOf(scores) {
  /** @param {'precision' | 'recall' | 'f1'} figure */
  const mean = (figure) => {
    const values = scores.flatMap((score) => score[figure] ?? [])
    return share(values.reduce((a, b) => a + b, 0), values.length)
  }
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support: scores.reduce((sum, { support }) => sum + support, 0) }
}
