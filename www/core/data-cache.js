/**
 * The data files that this browser keeps once they were loaded: by their contents, so that all versions of the site share them. May import place.js.
 *
 * @typedef {import('./dataset.js').Part} Part
 */
import { AT_HOME } from './place.js'

const CACHE = 'tabgrad data'

/** Browsers may have none: on http, or by their settings. */
const open = async () => (AT_HOME ? ((await globalThis.caches?.open(CACHE).catch(() => null)) ?? null) : null)

/** @param {Part} part */
const address = ({ sha256 }) => `${globalThis.origin}/tabgrad-data/${sha256}`

/** @param {Part} part */
export const keptFile = async (part) => (await open())?.match(address(part))

/**
 * Rejects when there is no room.
 * @param {Part} part
 * @param {Uint8Array<ArrayBuffer>} bytes that were checked against its hash
 */
export const keepFile = async (part, bytes) => (await open())?.put(address(part), new Response(bytes))

/**
 * The parts that are not here. Files that are none of these any more are removed.
 * @param {Part[]} parts all that there are
 */
export async function missingOf(parts) {
  const cache = await open()
  const there = new Set((await cache?.keys())?.map(({ url }) => url))
  const known = new Set(parts.map(address))
  await Promise.all([...there].filter((url) => !known.has(url)).map((url) => cache?.delete(url)))
  return parts.filter((part) => !there.has(address(part)))
}
