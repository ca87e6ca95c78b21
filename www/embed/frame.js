/** The page of a demo in an <iframe>: the options come from its address. May import embed.js, options.js and lib/. */
import '../embed.js'
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { OPTIONS } from './options.js'

document.title = t('tabgrad – a network to train')

/** All but the language, which lib/i18n.js has seen already. */
const given = [...new URLSearchParams(location.search)].filter(([name]) => name !== 'lang')
const unknown = given.find(([name]) => !(name in OPTIONS))

if (unknown) {
  document.body.append(h('p', { role: 'alert' }, t('The address has an option “{name}”, which does not exist. There are: {names}.', { name: unknown[0], names: Object.keys(OPTIONS).join(', ') })))
} else {
  const demo = document.createElement('tab-grad')
  for (const [name, text] of given) demo.setAttribute(name, text)
  // The page around it, too.
  document.documentElement.dataset.theme = demo.getAttribute('theme') ?? ''
  demo.style.margin = '0'
  document.body.append(demo)
}
