/**
 * Makes elements. Imports nothing.
 * Styles are never set through the `style` attribute: the page's Content-Security-Policy forbids it. Use classes, or CSSOM.
 *
 * @typedef {string | number | boolean | null | undefined} Attribute
 * @typedef {{ on?: { [event: string]: (event: any) => void }, [attribute: string]: any }} Props
 * @typedef {Node | string | null | undefined | false} Child
 */

const SVG = 'http://www.w3.org/2000/svg'

/**
 * @param {Element} element
 * @param {Props} props
 * @param {Child[]} children
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener)
    else attribute(element, name, value)
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
}

/**
 * Sets an attribute; false, null and undefined remove it, true sets it empty.
 * @param {Element} element
 * @param {string} name
 * @param {Attribute} value
 */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? '' : String(value))
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props] attributes, and `on` for listeners
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag)
  fill(element, props, children)
  return element
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag)
  fill(element, props, children)
  return element
}

/**
 * Writes a text only when it changed, so that nothing is laid out or announced again.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * An element of index.html.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`index.html has no element #${id}`)
  return element
}

let ids = 0

/**
 * An id no other element has.
 * @param {string} stem
 */
export function uniqueId(stem) {
  ids += 1
  return `${stem}-${ids}`
}
