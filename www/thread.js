/** A thread of the engine: says that it has loaded; given the engine's module and memory, takes a share of its work as long as it lives. Imports the engine's bindings. */
import { broke, initSync, join } from './engine/threads/tabgrad.js'

self.onmessage = ({ data }) => {
  initSync(data)
  try {
    join()
  } catch (error) {
    broke()
    throw error
  }
}
self.postMessage('loaded')
