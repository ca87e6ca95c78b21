/**
 * Starts the engine: its module, and the threads that share its work. May import lib/i18n, fetch.js, load.js, protocol.js and subgroups.js.
 *
 * @typedef {import('./protocol.js').Device} Device
 * @typedef {import('./protocol.js').Problem} Problem
 * @typedef {{ recovered?: { step: number, device: Device } }} Recovery a call that met a lost GPU brought the session back
 * @typedef {{ handle(message: object): Promise<Recovery & ({ ok: true, [field: string]: any } | ({ ok: false } & Problem))> }} Engine
 * @typedef {{ bindings: string, wasm: string }} Files addresses; the page finds them (see module.js)
 * @typedef {object} EngineModule
 * @property {(wasm: { module_or_path: Response }) => Promise<{ memory: WebAssembly.Memory }>} default
 * @property {new () => Engine} Engine
 * @property {() => WebAssembly.Module} [compiled] of the module with threads: itself, for them
 */
import { fetchFile } from './fetch.js'
import { loadModule } from './load.js'
import { EngineError } from './protocol.js'
import { askForSubgroups } from './subgroups.js'
import { t } from '../lib/i18n.js'

askForSubgroups()

/**
 * @param {Files} files
 * @param {readonly MessagePort[]} threads see threads.js; none on the page itself, which may not wait
 * @returns {Promise<Engine>}
 */
export async function startEngine({ bindings, wasm }, threads) {
  const [module, response] = await Promise.all([
    /** @type {Promise<EngineModule>} */ (loadModule(new URL(bindings))),
    fetchFile(new URL(wasm), { code: 'fetch' }),
  ])
  const { memory } = await module.default({ module_or_path: response }).catch(notStarted)
  const engine = new module.Engine()
  // Sessions are made ready for as many threads as have joined by then.
  await Promise.all(threads.map((thread) => join(thread, { module: module.compiled?.(), memory })))
  return engine
}

/**
 * Resolves when the thread takes part in the engine's work, or never will.
 * @param {MessagePort} thread
 * @param {{ module: WebAssembly.Module | undefined, memory: WebAssembly.Memory }} engine
 */
function join(thread, engine) {
  return new Promise((resolve) => {
    thread.onmessage = resolve
    thread.postMessage(engine)
  })
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function notStarted(error) {
  throw new EngineError({
    code: 'engine',
    message: t('The engine could not be started: {message}', { message: String(error instanceof Error ? error.message : error) }),
    hint: t('Try again. tabgrad needs a browser with WebAssembly SIMD: Chrome, Edge, Firefox or Safari of the last two years.'),
  })
}
