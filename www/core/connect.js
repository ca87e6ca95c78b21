/**
 * Starts the engine where it can reach the most: in a worker, or on the main thread when only the page has WebGPU or, in Node, there are no such workers.
 * May import lib/i18n, client.js, load.js, module.js, protocol.js, spawn.js and threads.js; shell.js by loading it.
 *
 * @typedef {import('./host.js').Places} Places
 * @typedef {import('./client.js').Start} Start
 */
import { Client } from './client.js'
import { beside, loadModule } from './load.js'
import { MODULE } from './module.js'
import { EngineError, broken } from './protocol.js'
import { spawn } from './spawn.js'
import { startThreads } from './threads.js'
import { t } from '../lib/i18n.js'

const HINT = t('Try again. tabgrad needs a current browser: Chrome, Edge, Firefox or Safari of the last two years.')

/** @type {(places: Places) => Start} */
const inWorker = (places) => (client) => {
  const worker = spawn(new URL('../worker.js', import.meta.url), 'tabgrad engine')
  const threads = startThreads()
  worker.postMessage(places, threads.ports)
  worker.onmessage = (event) => client.receive(event.data)
  worker.onerror = ({ message }) => {
    const failed = new EngineError({ code: 'engine', message: t('The engine could not be started.'), hint: HINT })
    client.fail(message ? broken(t('The engine broke off: {message}.', { message })) : failed)
  }
  const stop = () => {
    threads.stop()
    worker.terminate()
  }
  return { send: (request, transfer) => worker.postMessage(request, transfer), stop }
}

/** @type {(places: Places) => Promise<Start>} */
async function onPage(places) {
  const { createShell } = await loadModule(beside('../shell.js', import.meta.url), () => import('../shell.js'))
  return (client) => {
    let on = true
    const shell = createShell((message) => on && client.receive(message), places, [])
    return { send: (request) => void shell(request), stop: () => (on = false) }
  }
}

/**
 * @param {string | null} site the address of a site of tabgrad, whose data sets Specs may name; null: there is none
 * @returns {Promise<Client>}
 */
export async function connect(site) {
  const places = { ...MODULE, site }
  if (!('Worker' in globalThis)) return new Client(await onPage(places))
  const client = new Client(inWorker(places))
  const { gpu } = await client.call('hello', {})
  if (gpu || !('gpu' in navigator)) return client
  client.stop()
  return new Client(await onPage(places))
}
