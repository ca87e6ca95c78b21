/** What this browser keeps between visits, where it allows that: the visitor's choices, and what took time to find out. Imports nothing. */

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

/** @param {string} key */
function text(key) {
  try {
    return localStorage.getItem(`tabgrad.${key}`)
  } catch {
    return null // Storage is switched off.
  }
}

/**
 * @template {string} T
 * @param {string} key
 * @param {readonly [T, ...T[]]} allowed the first is the default
 * @returns {T}
 */
export function kept(key, allowed) {
  const value = text(key)
  return allowed.find((one) => one === value) ?? allowed[0]
}

/**
 * @param {string} key
 * @returns {unknown} null if there is none that can be read
 */
export function keptJson(key) {
  try {
    return JSON.parse(text(key) ?? 'null')
  } catch {
    return null
  }
}
