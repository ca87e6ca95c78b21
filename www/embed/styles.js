/** The style sheets of the demos' shadow trees, read once for a page. May import core/fetch and lib/dom. */
import { fetchFile } from '../core/fetch.js'
import { h } from '../lib/dom.js'

/** Each address is written out, as other sites' bundlers find files by that. */
const FILES = [
  new URL('../style/tokens.css', import.meta.url),
  new URL('../style/base.css', import.meta.url),
  new URL('../style/parts.css', import.meta.url),
  new URL('../style/views.css', import.meta.url),
  new URL('../style/embed.css', import.meta.url),
]

/** @type {Promise<CSSStyleSheet[]> | null} */
let sheets = null

/**
 * The size of text that this browser's user chose. `rem` is what the page around makes of it, which may be anything.
 * @param {ShadowRoot} root
 */
function textSize(root) {
  const probe = h('span')
  probe.style.font = 'medium serif'
  root.append(probe)
  const { fontSize } = getComputedStyle(probe)
  probe.remove()
  return fontSize
}

/**
 * @param {URL} file
 * @param {string} rem
 */
async function sheet(file, rem) {
  const response = await fetchFile(file, { code: 'fetch' })
  const css = await response.text()
  // In the conditions of @media, rem is what the user chose anyway, and nothing else is allowed.
  const own = css.replace(/(@media[^{]*)|([\d.]+)rem\b/g, (_, media, size) => media ?? `calc(${size} * ${rem})`)
  return new CSSStyleSheet().replace(own)
}

/** @param {ShadowRoot} root */
export async function style(root) {
  if (!sheets) {
    const rem = textSize(root)
    sheets = Promise.all(FILES.map((file) => sheet(file, rem)))
    sheets.catch(() => (sheets = null))
  }
  root.adoptedStyleSheets = await sheets
}
