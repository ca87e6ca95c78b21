/**
 * Owns the wasm engine: loads it once, lets one call in at a time, and tells when a session had to go on after its GPU was lost.
 * May import lib/, protocol.js, engine.js, load.js and dataset.js.
 *
 * @typedef {import('./dataset.js').Dataset} Dataset
 * @typedef {import('./engine.js').Engine} Engine
 *
 * @typedef {import('./engine.js').Files & { site: string | null }} Places where its files are; site: whose data sets there are
 * @typedef {{ type: string, session?: number, [field: string]: any }} Message
 */
import { t } from '../lib/i18n.js'
import { queue } from '../lib/queue.js'
import { loadDataset } from './dataset.js'
import { startEngine } from './engine.js'
import { renew } from './load.js'
import { EngineError, broken, problemOf } from './protocol.js'

export class Host {
  /** @type {Promise<Engine> | null} */
  #engine = null
  #inTurn = queue()
  /** @type {Map<string, Promise<Dataset>>} */
  #datasets = new Map()
  #broken = false
  #post
  #places
  #threads

  /**
   * @param {(event: import('./protocol.js').EngineEvent) => void} post
   * @param {Places} places
   * @param {readonly MessagePort[]} threads of the engine
   */
  constructor(post, places, threads) {
    this.#post = post
    this.#places = places
    this.#threads = threads
    // A trap in a callback of the engine's own is thrown to nobody.
    // (Node has no such events.)
    globalThis.addEventListener?.('error', (event) => this.#trapped(event, event.error))
    globalThis.addEventListener?.('unhandledrejection', (event) => this.#trapped(event, event.reason))
  }

  /**
   * @param {Event} event
   * @param {unknown} error
   */
  #trapped(event, error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return
    console.error(error)
    event.preventDefault()
    // A panic answers its own message first, and says more.
    setTimeout(() => this.#break(trap(error)))
  }

  /**
   * The engine's memory is as the trap left it: nothing is asked of it any more.
   * @param {string} message
   */
  #break(message) {
    const error = broken(message)
    if (!this.#broken) {
      this.#broken = true
      renew(new URL(this.#places.bindings))
      this.#post({ event: 'gone', ...problemOf(error) })
    }
    return error
  }

  /** Has the engine come before it is asked for anything. */
  start() {
    this.#started().catch(() => {}) // said by the first call that needs it
  }

  /** The engine. A failed start is forgotten, so that the next call tries again. */
  #started() {
    if (!this.#engine) {
      this.#engine = startEngine(this.#places, this.#threads)
      this.#engine.catch(() => (this.#engine = null))
    }
    return this.#engine
  }

  /**
   * @param {Engine} engine
   * @param {Message} message
   */
  async #call(engine, message) {
    try {
      return await engine.handle(message)
    } catch (error) {
      throw error instanceof WebAssembly.RuntimeError ? this.#break(trap(error)) : error
    }
  }

  /**
   * One call of the engine, after the one before it.
   * @param {Message} message
   * @returns {Promise<{ [field: string]: any }>}
   */
  #ask(message) {
    return this.#inTurn(async () => {
      const engine = await this.#started()
      const reply = await this.#call(engine, message)
      if (reply.recovered) this.#post({ event: 'recovered', session: message.session ?? 0, ...reply.recovered })
      if (reply.code === 'internal') throw this.#break(reply.message)
      if (!reply.ok) throw new EngineError(reply)
      return reply
    })
  }

  /**
   * @param {Message} message
   * @returns {Promise<{ [field: string]: any }>}
   */
  async handle(message) {
    const opens = message.type === 'create' || message.type === 'load'
    const data = opens && message.spec?.data
    const named = (data?.type === 'Images' && !message.train) || (data?.type === 'Text' && message.text === undefined)
    if (!named) return this.#ask(message)
    const { content } = await this.dataset(data.name)
    return this.#ask({ ...message, ...content })
  }

  /**
   * @param {string} name
   * @returns {Promise<Dataset>}
   */
  dataset(name) {
    let loading = this.#datasets.get(name)
    if (!loading) {
      loading = loadDataset(name, this.#places.site, (received, total) => this.#post({ event: 'dataset', name, received, total }))
      this.#datasets.set(name, loading)
      loading.then(({ kept }) => kept).then(() => this.#post({ event: 'kept' }), () => this.#datasets.delete(name))
    }
    return loading
  }
}

/** @param {WebAssembly.RuntimeError} error */
const trap = (error) => t('The engine broke off: {message}.', { message: error.message })
