/**
 * Starts the engine: the one of its two modules that this browser can run, and the threads that share its work. May import fetch.js, load.js,
 * protocol.js, spawn.js and subgroups.js.
 *
 * @typedef {import('./protocol.js').Device} Device
 * @typedef {import('./protocol.js').Problem} Problem
 * @typedef {{ recovered?: { step: number, device: Device } }} Recovery a call that met a lost GPU brought the session back
 * @typedef {{ handle(message: object): Promise<Recovery & ({ ok: true, [field: string]: any } | ({ ok: false } & Problem))> }} Engine
 * @typedef {object} EngineModule
 * @property {(wasm: { module_or_path: Response }) => Promise<{ memory: WebAssembly.Memory }>} default
 * @property {new () => Engine} Engine
 * @property {() => WebAssembly.Module} [compiled] of the module with threads: itself, for them
 */
import { fetchFile } from './fetch.js'
import { loadModule } from './load.js'
import { EngineError } from './protocol.js'
import { spawn } from './spawn.js'
import { askForSubgroups } from './subgroups.js'

askForSubgroups()

/** The smallest module with an instruction of relaxed SIMD: a function that gives f32x4.relaxed_madd(0, 0, 0). */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic number and version
  ...[1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0], // one function, () -> v128
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
)

/** Whether there is memory that threads could share, as much as the engine may ask for. It is there on pages that may not share it, too. */
function sharable() {
  try {
    return Boolean(new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }))
  } catch {
    return false
  }
}

const shared = WebAssembly.validate(RELAXED) && sharable()
const FOLDER = new URL(shared ? '../engine/threads/' : '../engine/', import.meta.url)

/** Where the engine's bindings are. */
export const MODULE = new URL('tabgrad.js', FOLDER)

/** A large product is cut for so many. */
const MOST_THREADS = 8

/** Threads beside this one. The page itself may not wait, so it has none; nor has a page that is not isolated from others. */
const others = shared && crossOriginIsolated && !('document' in globalThis) ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) - 1 : 0

/** @returns {Promise<Engine>} */
export async function startEngine() {
  // They load while the engine does: once it is busy, a browser gives its workers nothing more.
  const threads = Array.from({ length: others }, (_, n) => new Thread(n + 1))
  try {
    const [module, response] = await Promise.all([
      /** @type {Promise<EngineModule>} */ (loadModule(MODULE)),
      fetchFile(new URL('tabgrad_bg.wasm', FOLDER), { code: 'fetch' }),
    ])
    const { memory } = await module.default({ module_or_path: response }).catch(notStarted)
    const engine = new module.Engine()
    // Sessions are made ready for as many threads as have joined by then.
    await Promise.all(threads.map((thread) => thread.join({ module: module.compiled?.(), memory })))
    return engine
  } catch (error) {
    threads.forEach((thread) => thread.stop())
    throw error
  }
}

/** A worker that shares the engine's work. */
class Thread {
  #worker
  #failed
  #loaded

  /** @param {number} n */
  constructor(n) {
    const worker = spawn(new URL('../thread.js', import.meta.url), `tabgrad thread ${n}`)
    this.#worker = worker
    this.#failed = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        // One that does not come is not missed, and one that breaks down in the middle of its work tells the engine.
        worker.onerror = (event) => {
          event.preventDefault()
          console.error(`tabgrad thread ${n}: ${event.message ?? 'did not start'}`)
          resolve()
        }
      })
    )
    this.#loaded = this.#said()
  }

  /** Resolves at its next message, or when it has failed. */
  #said() {
    return Promise.race([this.#failed, new Promise((resolve) => this.#worker.addEventListener('message', resolve, { once: true }))])
  }

  /**
   * Resolves when it takes part in the engine's work, or never will.
   * @param {{ module: WebAssembly.Module | undefined, memory: WebAssembly.Memory }} engine
   */
  async join(engine) {
    await this.#loaded
    const joined = this.#said()
    this.#worker.postMessage(engine)
    await joined
  }

  stop() {
    this.#worker.terminate()
  }
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function notStarted(error) {
  throw new EngineError({
    code: 'engine',
    message: `The engine could not be started: ${error instanceof Error ? error.message : error}`,
    hint: 'Try again. tabgrad needs a browser with WebAssembly SIMD: Chrome, Edge, Firefox or Safari of the last two years.',
  })
}
