/**
 * The curves of a run as rows of numbers: for a table, and for a file that others read. Pure. May import lib/at and run.js' types.
 *
 * @typedef {import('./run.js').CurveStates} CurveStates
 * @typedef {keyof CurveStates} CurveName
 * @typedef {{ step: number, values: (number | null)[] }} Row values in the order of CURVES; null: nothing was measured there
 */
import { at } from '../lib/at.js'

/** Each curve, and its column's name in a file. @type {readonly (readonly [CurveName, string])[]} */
export const CURVES = [
  ['loss', 'train_loss'],
  ['accuracy', 'train_accuracy'],
  ['gradNorm', 'grad_norm'],
  ['testLoss', 'test_loss'],
  ['testAccuracy', 'test_accuracy'],
]

/**
 * A row for each step at which something was measured; if those are too many, for so many steps together what was measured last in them.
 * @param {{ [name in CurveName]: { x: number[], y: number[] } }} curves
 * @param {{ from?: number, to?: number, most?: number }} [which] from and to: steps, both included
 * @returns {Row[]}
 */
export function rowsOf(curves, { from = 0, to = Infinity, most = Infinity } = {}) {
  /** @type {Map<number, Row>} */
  const rows = new Map()
  CURVES.forEach(([name], column) => {
    const { x, y } = curves[name]
    x.forEach((step, i) => {
      if (step < from || step > to) return
      const row = rows.get(step) ?? { step, values: CURVES.map(() => null) }
      row.values[column] = at(y, i)
      rows.set(step, row)
    })
  })
  const all = [...rows.values()].sort((a, b) => a.step - b.step)
  const together = Math.ceil(all.length / most) || 1
  return Array.from({ length: Math.ceil(all.length / together) }, (_, n) => last(all.slice(n * together, (n + 1) * together)))
}

/** @param {Row[]} rows */
const last = (rows) => ({
  step: at(rows, rows.length - 1).step,
  values: CURVES.map((_, column) => rows.findLast(({ values }) => values[column] !== null)?.values[column] ?? null),
})

/** A text as a field of a CSV file, as RFC 4180 has it. @param {string} text */
const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/**
 * All numbers of some runs as CSV, run by run.
 * @param {{ name: string, curves: Parameters<typeof rowsOf>[0] }[]} runs
 */
export function csvOf(runs) {
  const lines = runs.flatMap(({ name, curves }) => rowsOf(curves).map(({ step, values }) => [field(name), step, ...values.map((value) => value ?? '')].join(',')))
  return `${[['run', 'step', ...CURVES.map(([, column]) => column)].join(','), ...lines].join('\r\n')}\r\n`
}
