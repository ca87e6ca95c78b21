/**
 * What this browser keeps between visits, where it allows that: the visitor's choices, and what took time to find out; and what a tab keeps
 * while it is reloaded. Imports nothing.
 */

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
const text = (key) => textIn(() => localStorage, key)

/**
 * @param {() => Storage} storage
 * @param {string} key
 */
function textIn(storage, key) {
  try {
    return storage().getItem(`tabgrad.${key}`)
  } catch {
    return null // Storage is switched off.
  }
}

/**
 * @param {string} key
 * @param {string} value
 */
export function keepInTab(key, value) {
  try {
    sessionStorage.setItem(`tabgrad.${key}`, value)
  } catch {
    // Storage is switched off.
  }
}

/** @param {string} key */
export const keptInTab = (key) => textIn(() => sessionStorage, key) ?? ''

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
