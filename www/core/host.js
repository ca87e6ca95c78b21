/**
 * Owns the wasm engine: loads it once, lets one call in at a time, and tells when a session had to go on after its GPU was lost.
 * May import protocol.js, fetch.js and dataset.js.
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
import { loadDataset } from './dataset.js'
import { FETCH_HINT, fetchFile } from './fetch.js'
import { EngineError } from './protocol.js'

export class Host {
  /** @type {Promise<Engine> | null} */
  #engine = null
  /** @type {Promise<unknown>} */
  #last = Promise.resolve()
  /** @type {Map<string, Promise<Dataset>>} */
  #datasets = new Map()
  #post

  /** @param {(event: import('./protocol.js').EngineEvent) => void} post */
  constructor(post) {
    this.#post = post
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
   * One call of the engine, after the one before it.
   * @param {Message} message
   * @returns {Promise<{ [field: string]: any }>}
   */
  #ask(message) {
    const result = this.#last.then(async () => {
      const reply = await (await this.#started()).handle(message)
      if (reply.recovered) this.#post({ event: 'recovered', session: message.session ?? 0, ...reply.recovered })
      if (!reply.ok) throw new EngineError(reply)
      return reply
    })
    this.#last = result.catch(() => {})
    return result
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

const FOLDER = new URL('../engine/', import.meta.url)

/** How often the module did not come: a browser remembers that for an address, so each further try has an address of its own. */
let misses = 0

/** @returns {Promise<EngineModule>} */
async function loadModule() {
  const url = new URL(misses ? `tabgrad.js?again=${misses}` : 'tabgrad.js', FOLDER)
  try {
    return await import(url.href)
  } catch {
    misses += 1
    throw new EngineError({ code: 'engine', message: 'The file tabgrad.js could not be loaded.', hint: FETCH_HINT })
  }
}

/** @returns {Promise<Engine>} */
async function start() {
  const wasm = new URL('tabgrad_bg.wasm', FOLDER)
  const [module, response] = await Promise.all([loadModule(), fetchFile(wasm, { code: 'engine' })])
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
