/**
 * The networks that the page offers and that can be embedded elsewhere: each is loaded when it is wanted. May import core/load, lib/i18n and, so, its neighbours.
 *
 * @typedef {import('../core/example.js').Offered} Offered
 */
import { beside, loadModule } from '../core/load.js'
import { t } from '../lib/i18n.js'

/** code: examples/<id>.js, which exports the example under its id @type {{ id: string, name: string, code: () => Promise<any> }[]} */
const CODE = [
  { id: 'first', name: t('First network'), code: () => import('./first.js') },
  { id: 'playground', name: t('2-D playground'), code: () => import('./playground.js') },
  { id: 'digits', name: t('Digits'), code: () => import('./digits.js') },
  { id: 'resnet', name: 'ResNet', code: () => import('./resnet.js') },
  { id: 'vgg', name: 'VGG', code: () => import('./vgg.js') },
  { id: 'gpt', name: 'GPT', code: () => import('./gpt.js') },
  { id: 'lstm', name: 'LSTM', code: () => import('./lstm.js') },
  { id: 'gru', name: 'GRU', code: () => import('./gru.js') },
]

export const EXAMPLES = CODE.map(({ id, name, code }) => {
  /** @returns {Promise<Offered>} */
  const load = async () => (await loadModule(beside(`${id}.js`, import.meta.url), code))[id]
  return { id, name, load }
})
