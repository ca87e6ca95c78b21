/** One thing after another. Imports nothing. */

/**
 * Jobs begin in the order of asking, each when the one before it is over, whether that worked or not.
 * @returns {<T>(job: () => Promise<T>) => Promise<T>}
 */
export function queue() {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve()
  return (job) => {
    const result = last.then(job)
    last = result.catch(() => {})
    return result
  }
}
