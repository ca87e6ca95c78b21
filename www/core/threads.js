/**
 * Starts the threads that share the engine's work. The page does so, not the engine's worker: in Firefox a worker that starts another one may hang for ever.
 * May import module.js and spawn.js.
 */
import { SHARED } from './module.js'
import { spawn } from './spawn.js'

/** A large product is cut for so many, the engine's own thread among them. */
const MOST = 8

/**
 * As many as this machine has use for; a page that is not isolated from others may have none.
 * @returns {{ ports: MessagePort[], stop: () => void }} ports: to each thread, for the engine (see `startEngine`)
 */
export function startThreads() {
  const count = SHARED && crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST) - 1 : 0
  const threads = Array.from({ length: count }, (_, n) => startThread(`tabgrad thread ${n + 1}`))
  return { ports: threads.map(({ port }) => port), stop: () => threads.forEach(({ worker }) => worker.terminate()) }
}

/** @param {string} name */
function startThread(name) {
  const worker = spawn(new URL('../thread.js', import.meta.url), name)
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }) => worker.postMessage(data)
  worker.onmessage = ({ data }) => port1.postMessage(data)
  // One that does not come is not missed, and one that breaks down in the middle of its work tells the engine.
  worker.onerror = (event) => {
    event.preventDefault()
    console.error(`${name}: ${event.message ?? 'did not start'}`)
    port1.postMessage('failed')
  }
  return { worker, port: port2 }
}
