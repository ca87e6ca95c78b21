/**
 * Has the page kept in this browser by the service worker (../sw.js), and hears of newer versions. May import place.js.
 *
 * @typedef {{ works: boolean, newer: boolean }} State works: the page does so offline; newer: than this page is the version that comes with the next visit
 */

import { KEPT, ROOT } from './place.js'

const SITE = new URL('./', document.baseURI).href

// Its version is kept while the page is open.
if (KEPT) void navigator.locks.request(ROOT, { mode: 'shared' }, () => new Promise(() => {}))

/**
 * The version that is kept, by its address; null: none is whole.
 * @returns {Promise<string | null>}
 */
async function ask() {
  const { active } = await navigator.serviceWorker.ready
  const { port1, port2 } = new MessageChannel()
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data)
    active?.postMessage(null, [port2])
  })
}

/**
 * Rejects where there can be no service worker, or it does not come.
 * @param {(state: State) => void} told now, and whenever the visitor comes back to the page
 */
export async function keepPage(told) {
  await navigator.serviceWorker.register(`${SITE}sw.js`, { updateViaCache: 'none' })
  /** A page from the server is of the version that is kept right after it. */
  let own = KEPT ? ROOT : null
  const tell = async () => {
    const kept = await ask()
    own ??= kept
    told({ works: kept !== null, newer: kept !== null && kept !== own })
  }
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void tell())
  await tell()
}
