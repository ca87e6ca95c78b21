/**
 * Starts the engine where it can reach the most: in a worker, or on the main thread when only the page has WebGPU.
 * May import client.js, load.js, protocol.js, spawn.js and threads.js; shell.js by loading it.
 */
import { Client } from './client.js'
import { loadModule } from './load.js'
import { EngineError, broken } from './protocol.js'
import { spawn } from './spawn.js'
import { startThreads } from './threads.js'

const HINT = 'Try again. tabgrad needs a current browser: Chrome, Edge, Firefox or Safari of the last two years.'

/** @type {import('./client.js').Start} */
function inWorker(client) {
  const worker = spawn(new URL('../worker.js', import.meta.url), 'tabgrad engine')
  const threads = startThreads()
  worker.postMessage({}, threads.ports)
  worker.onmessage = (event) => client.receive(event.data)
  worker.onerror = ({ message }) => {
    const failed = new EngineError({ code: 'engine', message: 'The engine could not be started.', hint: HINT })
    client.fail(message ? broken(`The engine broke off: ${message}.`) : failed)
  }
  const stop = () => {
    threads.stop()
    worker.terminate()
  }
  return { send: (request, transfer) => worker.postMessage(request, transfer), stop }
}

/** @returns {Promise<import('./client.js').Start>} */
async function onPage() {
  /** @type {typeof import('../shell.js')} */
  const { createShell } = await loadModule(new URL('../shell.js', import.meta.url))
  return (client) => {
    let on = true
    const shell = createShell((message) => on && client.receive(message), [])
    return { send: (request) => void shell(request), stop: () => (on = false) }
  }
}

/** @returns {Promise<Client>} */
export async function connect() {
  const client = new Client(inWorker)
  const { gpu } = await client.call('hello', {})
  if (gpu || !('gpu' in navigator)) return client
  client.stop()
  return new Client(await onPage())
}
