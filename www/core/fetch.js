/** Fetches a file of the site, or says which one did not come and what to do about it. May import lib/i18n and protocol.js. */
import { EngineError } from './protocol.js'
import { t } from '../lib/i18n.js'

/** The remedy for a file that did not come. */
export const FETCH_HINT = t('Check the connection, then try again; if it stays, reload the page.')

/** The remedy where there is no connection. */
const OFFLINE_HINT = t('You are offline, and this browser has not kept it: go online, then try again. Networks whose files are here go on working.')

/** In Node, where `fetch` reads no files. @param {URL} url */
async function readFile(url) {
  const { process } = /** @type {any} */ (globalThis)
  return new Response(await process.getBuiltinModule('node:fs/promises').readFile(url), { headers: { 'content-type': 'application/wasm' } })
}

/**
 * @param {URL} url
 * @param {{ code: string, signal?: AbortSignal }} options code: of the error
 * @returns {Promise<Response>} its status is a good one
 */
export async function fetchFile(url, { code, signal }) {
  const response = await (url.protocol === 'file:' ? readFile(url) : fetch(url, { signal })).catch(() => null)
  if (response?.ok) return response
  const file = String(url.pathname.split('/').at(-1))
  const message = response
    ? t('The file {file} could not be fetched: the server says {status}.', { file, status: response.status })
    : t('The file {file} could not be fetched.', { file })
  const hint = globalThis.navigator?.onLine === false ? OFFLINE_HINT : FETCH_HINT
  throw new EngineError({ code, message, hint })
}
