/**
 * Whether a classifier is as often right as it is sure. Pure. Imports nothing.
 *
 * @typedef {{ sure: number, right: boolean }} Verdict sure: the probability that it gives the class it decides for
 * @typedef {{ from: number, to: number, count: number, sure: number, right: number }} Bin sure and right: means; 0 where there is nothing
 */

/**
 * Guo et al. 2017, "On Calibration of Modern Neural Networks": verdicts in bins by how sure they are, and the mean distance between how sure
 * and how often right, each bin counting as much as there is in it.
 * @param {readonly Verdict[]} verdicts
 * @param {number} [count] of bins
 * @returns {{ bins: Bin[], error: number }}
 */
export function calibrationOf(verdicts, count = 10) {
  const bins = Array.from({ length: count }, (_, n) => ({ from: n / count, to: (n + 1) / count, count: 0, sure: 0, right: 0 }))
  for (const { sure, right } of verdicts) {
    const bin = bins[Math.min(count - 1, Math.floor(sure * count))]
    if (!bin) throw new RangeError(`${sure} is no probability`)
    bin.count += 1
    bin.sure += sure
    bin.right += Number(right)
  }
  for (const bin of bins) {
    bin.sure /= bin.count || 1
    bin.right /= bin.count || 1
  }
  const error = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.sure - bin.right), 0) / (verdicts.length || 1)
  return { bins, error }
}
