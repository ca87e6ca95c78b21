/**
 * The first of the page's modules: has the engine, and the data set of the network that the address names, come while the other modules are still on
 * their way. May import core/connect.js, core/module.js, core/share.js and examples/index.js.
 */
import { connect } from './core/connect.js'
import { MODULE } from './core/module.js'
import { parseHash } from './core/share.js'
import { EXAMPLES } from './examples/index.js'

/** Data sets and all are beside this page. */
const SITE = new URL('./', import.meta.url).href

/** Starts the engine. */
export const start = () => connect(SITE)

export const started = start()

async function bringData() {
  const { id } = parseHash(location.hash)
  const example = await EXAMPLES.find((one) => one.id === id)?.load()
  const data = example?.spec.data
  if (data && 'name' in data) await (await started).call('dataset', { name: data.name })
}

/** Into the browser's cache: the engine's worker will ask for it, once it has started itself. */
async function bringEngine() {
  await (await fetch(MODULE.wasm)).arrayBuffer()
}

// What did not come is said by who waits for it.
bringEngine().catch(() => {})
bringData().catch(() => {})
started.catch(() => {})
