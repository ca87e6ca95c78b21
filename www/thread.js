/**
 * A thread of the engine: given the engine's module and memory, says that it joins, and then takes a share of its work as long as it lives.
 * Imports the engine's bindings.
 */
import { broke, initSync, join } from './engine/threads/tabgrad.js'

self.onmessage = ({ data }) => {
  initSync(data)
  self.postMessage('joins')
  try {
    join()
  } catch (error) {
    broke()
    throw error
  }
}
