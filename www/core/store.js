/**
 * The saved runs of this browser, in IndexedDB: what is there, how it gets there, and, where it cannot, why. The only one that knows idb.
 * May import lib/i18n, load.js, protocol.js and types.
 *
 * A network has three places: `now` is what it is taken up from; `before` what stood there until another run did; `refused` what this
 * version of the page cannot open. What was trained is moved on from `now`, never written over by another run.
 *
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {'now' | 'before' | 'refused'} Place
 *
 * @typedef {object} Facts of a run when it was saved
 * @property {string} network the example's id
 * @property {Spec} spec
 * @property {number} step
 * @property {{ loss: number, accuracy: number | null } | null} score
 * @property {number} when in ms, as of Date.now
 * @property {number} size of the file
 *
 * Its errors have codes that begin with "store-": denied, full, newer (the database, than this page), missing (what was asked for) and broken.
 *
 * @typedef {Facts & { place: Place, version: string, note?: string }} Saved version: of what was saved, another one each time; note: the visitor's
 * @typedef {{ file: Uint8Array<ArrayBuffer>, curves: import('./run.js').CurveStates }} State what it goes on from
 *
 * @typedef {import('idb').IDBPDatabase} Database
 * @typedef {import('idb').IDBPObjectStore<unknown, string[], string, 'readwrite'>} Table
 * @typedef {{ runs: Table, states: Table, pins: Table }} Tables runs: what a list says of them, by network and place; states: by version; pins: see pins.js
 */
import { loadModule } from './load.js'
import { EngineError } from './protocol.js'
import { t } from '../lib/i18n.js'

const NAME = 'tabgrad'
const VERSION = 2
/** A browser that has not opened it by then may never do so. */
const PATIENCE_MS = 3000

const AGAIN = t('Training goes on, and saving is tried again all the while.')
const TO_FILE = t('Training goes on; “Save to file” keeps it.')
/** What the browser says, and what it means. @type {{ [name: string]: [code: string, message: string, hint: string] }} */
const REASONS = {
  QuotaExceededError: ['store-full', t('There is no room left to save this run in the browser.'), t('Delete saved work that is no longer needed, or free space on this device. Training goes on, and saving is tried again all the while.')],
  VersionError: ['store-newer', t('Saved work was written by a newer version of this page, which this one cannot read.'), t('Reload the page to get it. Training goes on; “Save to file” keeps it.')],
  SecurityError: ['store-denied', t('The browser does not let this page save anything, as in a private window or with site data switched off.'), TO_FILE],
  TimeoutError: ['store-broken', t('The browser does not answer where saved work is kept.'), AGAIN],
}

/** @param {unknown} error */
function explained(error) {
  if (error instanceof EngineError) return error
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  const [code, what, hint] = REASONS[name] ?? ['store-broken', t('The browser cannot get at saved work: {message}', { message }), AGAIN]
  return new EngineError({ code, message: what, hint })
}

/** @type {Set<() => void>} */
const listeners = new Set()

/** There is other saved work than before. @param {() => void} listener */
export const onSaved = (listener) => void listeners.add(listener)

/** @type {Promise<Database> | null} */
let database = null
const forget = () => (database = null)

/** @returns {Promise<Database>} */
async function open() {
  /** @type {typeof import('idb')} */
  const { openDB } = await loadModule(new URL('../vendor/idb.js', import.meta.url))
  if (!globalThis.indexedDB) throw new DOMException('there is no indexedDB', 'SecurityError')
  const opening = openDB(NAME, VERSION, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore('runs', { keyPath: ['network', 'place'] })
        db.createObjectStore('states')
      }
      if (from < 2) db.createObjectStore('pins', { keyPath: 'id' }).createIndex('network', 'network')
    },
    // A newer page in another tab is not kept waiting.
    blocking: (_, __, event) => void (/** @type {IDBDatabase} */ (event.target).close(), forget()),
    terminated: forget,
  })
  return await Promise.race([
    opening,
    new Promise((_, reject) => setTimeout(() => reject(new DOMException('no answer', 'TimeoutError')), PATIENCE_MS)),
  ])
}

/**
 * All of a job is done, or nothing.
 * @template T
 * @param {'readonly' | 'readwrite'} mode
 * @param {(tables: Tables) => Promise<T>} job
 * @returns {Promise<T>}
 */
export async function transact(mode, job) {
  try {
    const db = await (database ??= open())
    const transaction = db.transaction(['runs', 'states', 'pins'], mode)
    const [runs, states, pins] = ['runs', 'states', 'pins'].map((name) => transaction.objectStore(name))
    const tables = /** @type {any} */ ({ runs, states, pins })
    const result = await Promise.all([job(tables), transaction.done]).catch(async (error) => {
      if (!transaction.error) transaction.abort()
      await transaction.done.catch(() => {})
      throw transaction.error ?? error
    })
    if (mode === 'readwrite') for (const listener of listeners) listener()
    return result[0]
  } catch (error) {
    forget() // the next one opens it anew
    throw explained(error)
  }
}

/**
 * @param {Tables} tables
 * @param {string} network
 * @param {Place} place
 * @returns {Promise<Saved | undefined>}
 */
const at = ({ runs }, network, place) => runs.get(/** @type {any} */ ([network, place]))

/**
 * @param {Tables} tables
 * @param {Saved} saved
 */
async function take({ runs }, { network, place }) {
  await runs.delete(/** @type {any} */ ([network, place]))
}

/**
 * Puts a run in a place; what was there is gone.
 * @param {Tables} tables
 * @param {Saved} saved
 * @param {Place} place
 */
async function put(tables, saved, place) {
  const there = await at(tables, saved.network, place)
  if (there) await tables.states.delete(there.version)
  await tables.runs.put({ ...saved, place })
}

/**
 * Makes room at `now`. What was not trained yet is not worth the place of what was.
 * @param {Tables} tables
 * @param {Saved} saved
 */
async function moveOn(tables, saved) {
  await take(tables, saved)
  if (saved.step > 0) await put(tables, saved, 'before')
  else await tables.states.delete(saved.version)
}

/** @returns {Promise<Saved[]>} */
export const allSaved = () => transact('readonly', ({ runs }) => runs.getAll())

/** @param {string} network */
export async function savedOf(network) {
  const all = (await allSaved()).filter((saved) => saved.network === network)
  /** @param {Place} place */
  const one = (place) => all.find((saved) => saved.place === place) ?? null
  return { now: one('now'), before: one('before'), refused: one('refused') }
}

/**
 * @param {Saved} saved
 * @returns {Promise<State>}
 */
export async function stateOf({ version }) {
  const state = await transact('readonly', ({ states }) => states.get(version))
  if (!state) throw new EngineError({ code: 'store-missing', message: t('This saved run is no longer there: it was deleted or replaced meanwhile.') })
  return state
}

/**
 * @param {Facts} facts
 * @param {State} state
 * @param {string} last the version that this one replaces
 * @returns {Promise<{ saved: Saved, other: Saved | null }>} other: of another run, which was in its place
 */
export function write(facts, state, last) {
  return transact('readwrite', async (tables) => {
    const now = await at(tables, facts.network, 'now')
    const other = now && now.version !== last ? now : null
    if (other) await moveOn(tables, other)
    /** @type {Saved} */
    const saved = { ...facts, place: 'now', version: `${facts.when}.${Math.random().toString(36).slice(2)}`, note: other ? '' : now?.note }
    await put(tables, saved, 'now')
    await tables.states.put(state, saved.version)
    return { saved, other }
  })
}

/**
 * @param {Saved} saved
 * @param {string} note
 */
export function setNote({ network, place }, note) {
  return transact('readwrite', async (tables) => {
    const there = await at(tables, network, place)
    if (there) await tables.runs.put({ ...there, note })
  })
}

/**
 * It is not what its network is taken up from any more.
 * @param {string} network
 * @param {string} version
 */
export function setAside(network, version) {
  return transact('readwrite', async (tables) => {
    const now = await at(tables, network, 'now')
    if (now?.version === version) await moveOn(tables, now)
  })
}

/**
 * Makes it what its network is taken up from.
 * @param {Saved} saved
 */
export function bringForward(saved) {
  return transact('readwrite', async (tables) => {
    const there = await at(tables, saved.network, saved.place)
    if (saved.place === 'now' || there?.version !== saved.version) return
    await take(tables, saved)
    const now = await at(tables, saved.network, 'now')
    if (now) await moveOn(tables, now)
    await put(tables, saved, 'now')
  })
}

/**
 * This version of the page cannot open it; another may.
 * @param {Saved} saved
 */
export function refuse(saved) {
  return transact('readwrite', async (tables) => {
    if (saved.place === 'refused') return
    await take(tables, saved)
    await put(tables, saved, 'refused')
  })
}

/** @param {Saved} saved */
export function remove(saved) {
  return transact('readwrite', async (tables) => {
    const there = await at(tables, saved.network, saved.place)
    await take(tables, saved)
    if (there) await tables.states.delete(there.version)
  })
}

/** @type {Set<() => void>} */
const cleared = new Set()

/** Everything that was kept is gone. @param {() => void} listener */
export const onCleared = (listener) => void cleared.add(listener)

export async function removeAll() {
  await transact('readwrite', async ({ runs, states, pins }) => {
    await Promise.all([runs.clear(), states.clear(), pins.clear()])
  })
  for (const listener of cleared) listener()
}
