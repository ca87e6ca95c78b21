/**
 * The networks that the page offers and that can be embedded elsewhere: each is loaded when it is wanted. May import core/load and, so, its neighbours.
 *
 * @typedef {import('../core/example.js').Example} Example
 */
import { loadModule } from '../core/load.js'

/** @type {(id: string) => Promise<Example>} examples/<id>.js exports the example under its id */
const load = async (id) => (await loadModule(new URL(`${id}.js`, import.meta.url)))[id]

export const EXAMPLES = [
  { id: 'first', name: 'First network' },
  { id: 'playground', name: '2-D playground' },
  { id: 'digits', name: 'Digits' },
].map((entry) => ({ ...entry, load: () => load(entry.id) }))
