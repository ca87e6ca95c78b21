/**
 * Loads modules of the site when they are wanted, or says which one did not come. May import lib/i18n, fetch.js and protocol.js.
 */
import { FETCH_HINT } from './fetch.js'
import { EngineError } from './protocol.js'
import { t } from '../lib/i18n.js'

/** How many addresses of a module are used up. @type {Map<string, number>} */
const used = new Map()

/**
 * The next import of this module gets an address of its own: a browser remembers what came, or did not come, under the one before.
 * @param {URL} url
 */
export const renew = (url) => void used.set(url.href, (used.get(url.href) ?? 0) + 1)

/**
 * The address of a neighbour. Where it stands written out in a `new URL`, other sites' bundlers copy the file as it is, without what it imports.
 * @param {string} path
 * @param {string} base import.meta.url
 */
export const beside = (path, base) => new URL(path, base)

/**
 * @template [M=any]
 * @param {URL} url
 * @param {() => Promise<M>} [load] imports it by its literal path, which other sites' bundlers can follow
 * @returns {Promise<M>} the module
 */
export async function loadModule(url, load = () => import(/* @vite-ignore */ /* webpackIgnore: true */ url.href)) {
  const again = used.get(url.href)
  try {
    return await (again ? import(/* @vite-ignore */ /* webpackIgnore: true */ `${url.href}?again=${again}`) : load())
  } catch (error) {
    console.error(error)
    renew(url)
    throw new EngineError({ code: 'fetch', message: t('The file {file} could not be loaded.', { file: String(url.pathname.split('/').at(-1)) }), hint: FETCH_HINT })
  }
}
