/**
 * The experiment in the address: `#playground` is the example as it comes, `#playground/<changes>` the example with changes. The
 * changes are a JSON merge patch (RFC 7396) against the example's own spec, in base64url. A lesson that came with its link (own-lesson.js) is an example
 * whose id is `lesson/<the lesson>`. May import lib/i18n and spec.js.
 *
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {null | boolean | number | string | Json[] | { [key: string]: Json }} Json
 */

import { formOf, isObject } from './spec.js'
import { t } from '../lib/i18n.js'

/** What is longer was not made here. */
export const LONGEST = 20000

export class LinkError extends Error {}

/**
 * What has to change in `from` to become `to`; undefined when nothing.
 * @param {any} from
 * @param {any} to
 * @returns {Json | undefined}
 */
function difference(from, to) {
  if (!isObject(from) || !isObject(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to
  /** @type {{ [key: string]: Json }} */
  const patch = {}
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const change = key in to ? difference(from[key], to[key]) : null
    if (change !== undefined) patch[key] = change
  }
  return Object.keys(patch).length ? patch : undefined
}

/**
 * @param {any} from
 * @param {any} patch
 * @returns {any}
 */
export function patched(from, patch) {
  if (!isObject(patch)) return patch
  const entries = new Map(isObject(from) ? Object.entries(from) : [])
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) entries.delete(key)
    else entries.set(key, patched(entries.get(key), change))
  }
  return Object.fromEntries(entries)
}

/** @param {Uint8Array} bytes */
export function toBase64Url(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Throws when it is none. @param {string} text */
export const fromBase64Url = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0))

/** @param {string} text */
export const toBytes = (text) => new TextEncoder().encode(text)

/** Throws when it is no text. @param {BufferSource} bytes */
export const toText = (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)

/**
 * @param {string} id of the example
 * @param {Spec} example
 * @param {Spec} spec
 */
export function toHash(id, example, spec) {
  const patch = difference(example, spec)
  return patch === undefined ? `#${id}` : `#${id}/${toBase64Url(toBytes(JSON.stringify(patch)))}`
}

/**
 * @param {string} hash
 * @returns {{ id: string, changes: string }}
 */
export function parseHash(hash) {
  const [, id, changes] = /^#?(lesson\/[^/]*|[^/]*)\/?(.*)$/s.exec(hash) ?? ['', '', '']
  return { id, changes }
}

/**
 * @param {Spec} example
 * @param {string} changes
 * @returns {Spec}
 */
export function fromChanges(example, changes) {
  if (!changes) return example
  if (changes.length > LONGEST) throw new LinkError(t('it is too long'))
  let patch
  try {
    patch = JSON.parse(toText(fromBase64Url(changes)))
  } catch {
    throw new LinkError(t('it is damaged or cut off'))
  }
  if (!isObject(patch)) throw new LinkError(t('it does not describe an experiment'))
  return formOf(patched(example, patch))
}
