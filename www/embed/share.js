/**
 * The ways on from a demo: its experiment on tabgrad's own page, and the lines that embed it elsewhere.
 * May import lib/, core/share, parts/, options.js and source.js.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { toHash } from '../core/share.js'
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { OPTIONS } from './options.js'
import { addressOf } from './source.js'

/** @param {string} text */
const quoted = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

/**
 * Its attributes as they stand; addresses in full, as the other page lies elsewhere.
 * @param {Element} host
 * @returns {[string, string][]}
 */
function written(host) {
  const given = Object.keys(OPTIONS).filter((name) => host.hasAttribute(name))
  return given.map((name) => {
    const text = host.getAttribute(name) ?? ''
    return [name, name === 'src' ? (addressOf(text)?.href ?? text) : text]
  })
}

/**
 * @param {Element} host
 * @param {string} site
 */
function asElement(host, site) {
  const attributes = written(host).map(([name, text]) => (text ? `${name}="${quoted(text)}"` : name))
  return `<script type="module" src="${new URL('embed.js', site)}"></script>\n<tab-grad ${attributes.join(' ')}>\n</tab-grad>`
}

/**
 * @param {Element} host
 * @param {string} name
 * @param {string} site
 */
function asFrame(host, name, site) {
  const url = new URL(`embed.html?${new URLSearchParams(written(host))}`, site)
  return `<iframe src="${quoted(url.href)}" title="${quoted(name)}" width="100%" height="760" loading="lazy" allow="clipboard-write" style="border: 0"></iframe>`
}

/** @param {string} label */
function codeField(label) {
  const area = h('textarea', { readonly: true, rows: 5, spellcheck: 'false', 'aria-label': label })
  const said = h('span', { class: 'small-text muted', role: 'status' })
  const copy = h('button', { type: 'button', 'aria-label': t('Copy: {what}', { what: label }) }, t('Copy'))
  copy.addEventListener('click', async () => {
    area.select()
    try {
      await navigator.clipboard.writeText(area.value)
      said.textContent = t('Copied.')
    } catch {
      said.textContent = t('The browser does not let this page use the clipboard: the text is selected, copy it with the keyboard.')
    }
  })
  const element = h('div', { class: 'code' }, h('strong', {}, label), area, h('div', { class: 'buttons' }, copy, said))
  return {
    element,
    /** @param {string} text */
    show(text) {
      area.value = text
      said.textContent = ''
    },
  }
}

/**
 * @param {Element} host
 * @param {Experiment} experiment
 * @param {string} site the address of tabgrad's page
 */
export function waysOn(host, experiment, site) {
  const lines = codeField(t('In any page'))
  const frame = codeField(t('In a page that takes no scripts'))
  const dialog = h(
    'dialog',
    { part: 'dialog', 'aria-label': t('Embed this network') },
    h('form', { method: 'dialog' }, h('p', {}, t('These lines show this network, with these settings, in another page.')), lines.element, frame.element, h('button', {}, t('Close'))),
  )
  const embed = h('button', { type: 'button', class: 'small', part: 'embed', 'aria-haspopup': 'dialog' }, t('Embed code'))
  embed.addEventListener('click', () => {
    lines.show(asElement(host, site))
    frame.show(asFrame(host, experiment.spec.name, site))
    dialog.showModal()
  })

  const { example } = experiment
  const open = example.id ? h('a', { part: 'open', target: '_blank', rel: 'noopener' }, t('Open in tabgrad')) : null
  experiment.on('spec', (spec) => open?.setAttribute('href', new URL(toHash(example.id, example.spec, spec), site).href))
  return { buttons: [open, embed], dialog }
}
