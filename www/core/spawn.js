/** Starts workers. May import place.js. */
import { KEPT } from './place.js'

/**
 * A worker from a blob inherits its maker's Content-Security-Policy on every host; one loaded by its URL would only have the
 * policy that its own response carries, and a static host sends none. The service worker does; and what a blob imports Firefox asks of the host.
 * @param {URL} module
 * @param {string} name
 */
export function spawn(module, name) {
  const source = new Blob([`import ${JSON.stringify(module.href)}`], { type: 'text/javascript' })
  return new Worker(KEPT ? module : URL.createObjectURL(source), { type: 'module', name })
}
