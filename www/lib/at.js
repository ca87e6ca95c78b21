/** Reads a list where the code knows that there is something; if it was wrong, it stops here and not later. Imports nothing. */

/**
 * @template T
 * @param {ArrayLike<T>} list
 * @param {number} index
 * @returns {T}
 */
export function at(list, index) {
  const value = list[index]
  if (value === undefined) throw new RangeError(`There is no item ${index} in a list of ${list.length}.`)
  return value
}
