/**
 * Owns the wasm engine: loads it once, lets one call in at a time, and tells when a session had to go on after its GPU was lost.
 * May import lib/queue, protocol.js, fetch.js, load.js, wasm.js and dataset.js.
 *
 * @typedef {import('./protocol.js').Device} Device
 * @typedef {import('./protocol.js').Problem} Problem
 * @typedef {import('./dataset.js').Dataset} Dataset
 *
 * @typedef {{ type: string, session?: number, [field: string]: any }} Message
 * @typedef {{ recovered?: { step: number, device: Device } }} Recovery a call that met a lost GPU brought the session back
 * @typedef {{ handle(message: object): Promise<Recovery & ({ ok: true, [field: string]: any } | ({ ok: false } & Problem))> }} Engine
 * @typedef {{ default(wasm: { module_or_path: Response }): Promise<unknown>, Engine: new () => Engine }} EngineModule
 */
import { queue } from '../lib/queue.js'
import { loadDataset } from './dataset.js'
import { fetchFile } from './fetch.js'
import { loadModule, renew } from './load.js'
import { EngineError, broken, problemOf } from './protocol.js'
import { wasmFile } from './wasm.js'

export class Host {
  /** @type {Promise<Engine> | null} */
  #engine = null
  #inTurn = queue()
  /** @type {Map<string, Promise<Dataset>>} */
  #datasets = new Map()
  #broken = false
  #post

  /** @param {(event: import('./protocol.js').EngineEvent) => void} post */
  constructor(post) {
    this.#post = post
    // A trap in a callback of the engine's own is thrown to nobody.
    addEventListener('error', (event) => this.#trapped(event, event.error))
    addEventListener('unhandledrejection', (event) => this.#trapped(event, event.reason))
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
      renew(MODULE)
      this.#post({ event: 'gone', ...problemOf(error) })
    }
    return error
  }

  /** The engine. A failed start is forgotten, so that the next call tries again. */
  #started() {
    if (!this.#engine) {
      this.#engine = start()
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
    const data = opens && message.spec.data
    if (data?.type !== 'Images') return this.#ask(message)
    const { train, test } = await this.dataset(data.name)
    return this.#ask({ ...message, train, test })
  }

  /**
   * @param {string} name
   * @returns {Promise<Dataset>}
   */
  dataset(name) {
    let loading = this.#datasets.get(name)
    if (!loading) {
      loading = loadDataset(name, (received, total) => this.#post({ event: 'dataset', name, received, total }))
      this.#datasets.set(name, loading)
      loading.catch(() => this.#datasets.delete(name))
    }
    return loading
  }
}

/** @param {WebAssembly.RuntimeError} error */
const trap = (error) => `The engine broke off: ${error.message}.`

const FOLDER = new URL('../engine/', import.meta.url)
const MODULE = new URL('tabgrad.js', FOLDER)

/** @returns {Promise<Engine>} */
async function start() {
  const wasm = new URL(wasmFile(), FOLDER)
  const [module, response] = await Promise.all([/** @type {Promise<EngineModule>} */ (loadModule(MODULE)), fetchFile(wasm, { code: 'fetch' })])
  try {
    await module.default({ module_or_path: response })
    return new module.Engine()
  } catch (error) {
    throw new EngineError({
      code: 'engine',
      message: `The engine could not be started: ${error instanceof Error ? error.message : error}`,
      hint: 'Try again. tabgrad needs a browser with WebAssembly SIMD: Chrome, Edge, Firefox or Safari of the last two years.',
    })
  }
}
