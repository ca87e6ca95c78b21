/** What the visitor chose for this browser, kept between visits where the browser allows it. Imports nothing. */

/**
 * @param {string} key
 * @param {string} value
 */
export function keep(key, value) {
  try {
    localStorage.setItem(`tabgrad.${key}`, value)
  } catch {
    // Storage is switched off: the choice lasts for this visit.
  }
}

/**
 * @template {string} T
 * @param {string} key
 * @param {readonly [T, ...T[]]} allowed the first is the default
 * @returns {T}
 */
export function kept(key, allowed) {
  let value = null
  try {
    value = localStorage.getItem(`tabgrad.${key}`)
  } catch {
    // Storage is switched off.
  }
  return allowed.find((one) => one === value) ?? allowed[0]
}
