/**
 * Owns the wasm engine: loads it once, lets one call in at a time, and brings a session back when its GPU is lost.
 * May import protocol.js and dataset.js.
 *
 * @typedef {import('./protocol.js').Device} Device
 * @typedef {import('./protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('./protocol.js').Problem} Problem
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {import('./dataset.js').Dataset} Dataset
 *
 * @typedef {{ type: string, session?: number, [field: string]: any }} Message
 * @typedef {{ handle(message: object): Promise<{ ok: true, [field: string]: any } | ({ ok: false } & Problem)> }} Engine
 * @typedef {{ default(): Promise<unknown>, Engine: new () => Engine }} EngineModule
 *
 * @typedef {object} Backup what it takes to open a session again
 * @property {Spec} spec
 * @property {DeviceChoice} choice
 * @property {Device} device
 * @property {Uint8Array | null} bytes its last checkpoint
 * @property {number} at when that was taken
 */
import { loadDataset } from './dataset.js'
import { EngineError } from './protocol.js'

const BACKUP_EVERY_MS = 5000

export class Host {
  /** @type {Promise<Engine> | null} */
  #engine = null
  /** @type {Promise<unknown>} */
  #last = Promise.resolve()
  /** @type {Map<number, Backup>} */
  #backups = new Map()
  /** @type {Map<string, Promise<Dataset>>} */
  #datasets = new Map()
  #post

  /** @param {(event: import('./protocol.js').EngineEvent) => void} post */
  constructor(post) {
    this.#post = post
  }

  /**
   * One call of the engine, after the one before it.
   * @param {Message} message
   * @returns {Promise<{ [field: string]: any }>}
   */
  #ask(message) {
    const result = this.#last.then(async () => {
      const reply = await (await (this.#engine ??= start())).handle(message)
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
    const { type, session = 0 } = message
    if (type === 'create') return this.#open(message, message.spec, message.device)
    if (type === 'load') return this.#open(message, message.spec, message.device)
    try {
      const reply = await this.#ask(message)
      const backup = this.#backups.get(session)
      if (type === 'set' && backup) {
        backup.spec = message.spec
        if (!reply.kept) backup.bytes = null
      }
      if (type === 'close') this.#backups.delete(session)
      return reply
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'device_lost' || !this.#backups.has(session)) throw error
      await this.#recover(session)
      return this.#ask(message)
    }
  }

  /**
   * Takes a checkpoint of a GPU session now and then, to return to should the GPU be lost.
   * @param {number} session
   */
  async backUp(session) {
    const backup = this.#backups.get(session)
    if (!backup || backup.device.kind === 'cpu' || performance.now() - backup.at < BACKUP_EVERY_MS) return
    const { bytes } = await this.handle({ type: 'save', session })
    Object.assign(backup, { bytes, at: performance.now() })
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

  /**
   * @param {Message} message create or load
   * @param {Spec} spec
   * @param {DeviceChoice} choice
   */
  async #open(message, spec, choice) {
    const { data } = spec
    const images = data.type === 'Images' ? await this.dataset(data.name) : null
    const reply = await this.#ask(images ? { ...message, train: images.train, test: images.test } : message)
    const bytes = message.type === 'load' ? message.bytes : null
    this.#backups.set(message.session ?? 0, { spec, choice, device: reply.device, bytes, at: performance.now() })
    return reply
  }

  /** @param {number} session */
  async #recover(session) {
    const backup = /** @type {Backup} */ (this.#backups.get(session))
    const { bytes, spec, choice } = backup
    const message = bytes ? { type: 'load', session, spec, bytes } : { type: 'create', session, spec }
    const reply = await this.#open({ ...message, device: choice }, spec, choice).catch(() =>
      this.#open({ ...message, device: 'cpu' }, spec, 'cpu'),
    )
    // The checkpoint may be older than the last change of the settings.
    if (bytes) await this.#ask({ type: 'set', session, spec })
    this.#post({ event: 'recovered', session, step: reply.step ?? 0, device: reply.device })
  }
}

/** @returns {Promise<Engine>} */
async function start() {
  const url = new URL('../engine/tabgrad.js', import.meta.url).href
  try {
    /** @type {EngineModule} */
    const module = await import(url)
    await module.default()
    return new module.Engine()
  } catch (error) {
    throw new EngineError({
      code: 'engine',
      message: `The engine could not be started: ${error instanceof Error ? error.message : error}`,
      hint: 'Reload the page. tabgrad needs a browser with WebAssembly SIMD: Chrome, Edge, Firefox or Safari of the last two years.',
    })
  }
}
