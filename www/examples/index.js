/**
 * The networks that the page offers and that can be embedded elsewhere: each is loaded when it is wanted. May import core/load and, so, its neighbours.
 *
 * @typedef {import('../core/example.js').Offered} Offered
 */
import { loadModule } from '../core/load.js'

/** @type {(id: string) => Promise<Offered>} examples/<id>.js exports the example under its id */
const load = async (id) => (await loadModule(new URL(`${id}.js`, import.meta.url)))[id]

export const EXAMPLES = [
  { id: 'first', name: 'First network' },
  { id: 'playground', name: '2-D playground' },
  { id: 'digits', name: 'Digits' },
  { id: 'resnet', name: 'ResNet' },
  { id: 'vgg', name: 'VGG' },
  { id: 'gpt', name: 'GPT' },
  { id: 'lstm', name: 'LSTM' },
  { id: 'gru', name: 'GRU' },
].map((entry) => ({ ...entry, load: () => load(entry.id) }))
