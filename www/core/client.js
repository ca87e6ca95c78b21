/**
 * The page's side of the protocol: gives each request its number, matches replies to it and hands events on. Knows nothing of
 * where the engine runs. May import protocol.js only.
 *
 * @typedef {(request: Request, transfer: Transferable[]) => void} Send
 * @typedef {(client: Client) => { send: Send, stop: () => void }} Start starts an engine, which answers to `client.receive` until it is stopped
 * @typedef {import('./protocol.js').Calls} Calls
 * @typedef {import('./protocol.js').EngineEvent} EngineEvent
 * @typedef {import('./protocol.js').Reply} Reply
 * @typedef {import('./protocol.js').Request} Request
 */
import { EngineError, problemOf } from './protocol.js'

export class Client {
  #next = 1
  /** @type {Map<number, { resolve: (value: any) => void, reject: (reason: EngineError) => void }>} */
  #waiting = new Map()
  /** @type {Set<(event: EngineEvent) => void>} */
  #listeners = new Set()
  /** @type {EngineError | null} */
  #broken = null
  #start
  #engine

  /** @param {Start} start */
  constructor(start) {
    this.#start = start
    this.#engine = start(this)
  }

  /**
   * @template {keyof Calls} K
   * @param {K} type
   * @param {Calls[K][0]} body
   * @param {Transferable[]} [transfer]
   * @returns {Promise<Calls[K][1]>}
   */
  call(type, body, transfer = []) {
    if (this.#broken) return Promise.reject(this.#broken)
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#engine.send(/** @type {Request} */ (/** @type {unknown} */ ({ ...body, type, id })), transfer)
    })
  }

  /**
   * @param {(event: EngineEvent) => void} listener
   * @returns {() => void} ends it
   */
  listen(listener) {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @param {Reply | EngineEvent} message */
  receive(message) {
    if ('event' in message) {
      if (message.event === 'gone') return this.fail(new EngineError(/** @type {import('./protocol.js').Problem} */ (message)))
      return this.#tell(/** @type {EngineEvent} */ (message))
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.ok) waiting?.resolve(message)
    else waiting?.reject(new EngineError(message))
  }

  /**
   * The engine itself is gone: every open and later request fails with this, and who listens hears of it.
   * @param {EngineError} error
   */
  fail(error) {
    if (this.#broken) return
    this.#broken = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#tell({ event: 'gone', ...problemOf(error) })
  }

  /** Puts a new engine in the place of one that is gone. Its sessions have to be made anew: who listens hears of it. */
  restart() {
    this.stop()
    this.#engine = this.#start(this)
    this.#broken = null
    this.#tell({ event: 'renewed' })
  }

  stop() {
    this.#engine.stop()
  }

  /** @param {EngineEvent} event */
  #tell(event) {
    for (const listener of this.#listeners) listener(event)
  }
}
