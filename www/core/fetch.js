/** Fetches a file of the site, or says which one did not come and what to do about it. May import protocol.js. */
import { EngineError } from './protocol.js'

/** The remedy for a file that did not come. */
export const FETCH_HINT = 'Check the connection, then try again; if it stays, reload the page.'

/** The remedy where there is no connection. */
const OFFLINE_HINT = 'You are offline, and this browser has not kept it: go online, then try again. Networks whose files are here go on working.'

/**
 * @param {URL} url
 * @param {{ code: string, signal?: AbortSignal }} options code: of the error
 * @returns {Promise<Response>} its status is a good one
 */
export async function fetchFile(url, { code, signal }) {
  const response = await fetch(url, { signal }).catch(() => null)
  if (response?.ok) return response
  const name = url.pathname.split('/').at(-1)
  const status = response ? `: the server says ${response.status}` : ''
  const hint = navigator.onLine ? FETCH_HINT : OFFLINE_HINT
  throw new EngineError({ code, message: `The file ${name} could not be fetched${status}.`, hint })
}
