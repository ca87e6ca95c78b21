/** The page of a demo in an <iframe>: the options come from its address. May import embed.js, options.js and lib/dom. */
import '../embed.js'
import { h } from '../lib/dom.js'
import { OPTIONS } from './options.js'

const given = [...new URLSearchParams(location.search)]
const unknown = given.find(([name]) => !(name in OPTIONS))

if (unknown) {
  document.body.append(h('p', { role: 'alert' }, `The address has an option “${unknown[0]}”, which does not exist. There are: ${Object.keys(OPTIONS).join(', ')}.`))
} else {
  const demo = document.createElement('tab-grad')
  for (const [name, text] of given) demo.setAttribute(name, text)
  // The page around it, too.
  document.documentElement.dataset.theme = demo.getAttribute('theme') ?? ''
  demo.style.margin = '0'
  document.body.append(demo)
}
