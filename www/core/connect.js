/**
 * Starts the engine where it can reach the most: in a worker, or on the main thread when only the page has WebGPU.
 * May import client.js, protocol.js and (on the main thread) shell.js.
 */
import { Client } from './client.js'
import { EngineError } from './protocol.js'

const GONE = 'Reload the page. tabgrad needs a current browser: Chrome, Edge, Firefox or Safari of the last two years.'

/**
 * A worker from a blob inherits this page's Content-Security-Policy on every host; one loaded by its URL would only have the
 * policy that its own response carries, and a static host sends none.
 */
function startWorker() {
  const source = `import ${JSON.stringify(new URL('../worker.js', import.meta.url).href)}`
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  return new Worker(url, { type: 'module', name: 'tabgrad engine' })
}

/** @returns {Promise<{ client: Client, place: 'worker' | 'page' }>} */
export async function connect() {
  const worker = startWorker()
  const client = new Client((request, transfer) => worker.postMessage(request, transfer))
  worker.onmessage = (event) => client.receive(event.data)
  worker.onerror = (event) => {
    client.fail(new EngineError({ code: 'engine', message: event.message ? `The engine broke off: ${event.message}` : 'The engine could not be started.', hint: GONE }))
  }
  const { gpu } = await client.call('hello', {})
  if (gpu || !('gpu' in navigator)) return { client, place: 'worker' }
  worker.terminate()
  return { client: await connectHere(), place: 'page' }
}

async function connectHere() {
  const { createShell } = await import('../shell.js')
  /** @type {Client} */
  const client = new Client((request) => void shell(request))
  const shell = createShell((message) => client.receive(message))
  return client
}
