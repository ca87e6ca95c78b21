/**
 * Loads modules of the site when they are wanted, or says which one did not come. May import fetch.js and protocol.js.
 */
import { FETCH_HINT } from './fetch.js'
import { EngineError } from './protocol.js'

/** How many addresses of a module are used up. @type {Map<string, number>} */
const used = new Map()

/**
 * The next import of this module gets an address of its own: a browser remembers what came, or did not come, under the one before.
 * @param {URL} url
 */
export const renew = (url) => void used.set(url.href, (used.get(url.href) ?? 0) + 1)

/**
 * @param {URL} url
 * @returns {Promise<any>} the module
 */
export async function loadModule(url) {
  const again = used.get(url.href)
  try {
    return await import(again ? `${url.href}?again=${again}` : url.href)
  } catch (error) {
    console.error(error)
    renew(url)
    throw new EngineError({ code: 'fetch', message: `The file ${url.pathname.split('/').at(-1)} could not be loaded.`, hint: FETCH_HINT })
  }
}
