/** Which of many rows of numbers are alike. Pure. May import lib/ without DOM. */
import { at } from '../../lib/at.js'
import { norm } from '../../lib/numbers.js'

/**
 * The rows that point where one does: the cosine of the angle between them is 1 for the same direction, 0 for none in common.
 * @param {Float32Array} values row by row
 * @param {number} width of a row
 * @param {number} chosen
 * @param {number} count
 * @returns {{ row: number, cosine: number }[]} the most alike first
 */
export function nearest(values, width, chosen, count) {
  const rowOf = (/** @type {number} */ row) => values.subarray(row * width, (row + 1) * width)
  const own = rowOf(chosen)
  const length = norm([own])
  return Array.from({ length: values.length / width }, (_, row) => {
    const other = rowOf(row)
    const product = own.reduce((sum, value, i) => sum + value * at(other, i), 0)
    return { row, cosine: product / (length * norm([other]) || 1) }
  })
    .filter(({ row }) => row !== chosen)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, count)
}

/**
 * How well rows of one kind lie together: of each row's nearest others, by distance, the share that is of its kind.
 * @param {Float32Array} values row by row
 * @param {ArrayLike<number>} kinds one for each row
 * @param {number} count of nearest others
 */
export function together(values, kinds, count) {
  const rows = kinds.length
  const width = values.length / rows
  let same = 0
  for (let row = 0; row < rows; row++) {
    const others = []
    for (let other = 0; other < rows; other++) {
      if (other === row) continue
      let distance = 0
      for (let i = 0; i < width; i++) distance += (at(values, row * width + i) - at(values, other * width + i)) ** 2
      others.push({ distance, same: at(kinds, row) === at(kinds, other) })
    }
    others.sort((a, b) => a.distance - b.distance)
    same += others.slice(0, count).filter((other) => other.same).length
  }
  return same / (rows * Math.min(count, rows - 1))
}

/** What characters are sorted into. */
export const KINDS = /** @type {const} */ (['vowel', 'consonant', 'capital', 'digit', 'sign'])

/** The kind of a character, by its number in `KINDS`. @param {string} character */
export function kindOf(character) {
  if (/\p{Lu}/u.test(character)) return 2
  if (/\p{L}/u.test(character)) return /^[aeiou]/.test(character.normalize('NFD')) ? 0 : 1
  return /\p{N}/u.test(character) ? 3 : 4
}
