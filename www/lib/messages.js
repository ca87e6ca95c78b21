/**
 * A catalogue's texts with something in their holes, and texts that were filled elsewhere found in it again. Pure. Imports nothing.
 *
 * @typedef {{ [english: string]: string }} Catalogue
 * @typedef {{ [name: string]: string | number }} Values
 */

const HOLE = /\{(\w+)\}/
const HAN = /\p{Script=Han}/u

/**
 * A catalogue has spaces around holes, as between Chinese signs and what fills most of them; between two Chinese signs there is none.
 * @param {string} text
 * @param {Values} values
 */
export function filled(text, values) {
  const [first = '', ...rest] = text.split(HOLE)
  let all = first
  for (let i = 0; i < rest.length; i += 2) {
    const [name = '', after = ''] = rest.slice(i, i + 2)
    const value = String(values[name] ?? `{${name}}`)
    if (all.endsWith(' ') && HAN.test(all.at(-2) ?? '') && HAN.test(value.charAt(0))) all = all.slice(0, -1)
    all += value
    all += after.startsWith(' ') && HAN.test(value.slice(-1)) && HAN.test(after.charAt(1)) ? after.slice(1) : after
  }
  return all
}

/** What stands between the holes, and their names. @param {string} text */
function template(text) {
  const pieces = text.split(HOLE)
  return { fixed: pieces.filter((_, i) => i % 2 === 0), names: pieces.filter((_, i) => i % 2 === 1) }
}

/** A template with fewer signs of its own says nothing of what a text is. */
const LEAST_SIGNS = 4

/** @param {string[]} fixed */
const signs = (fixed) => fixed.join('').replaceAll(' ', '').length

/** @param {string} text */
const quoted = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** The one with the most signs of its own comes first, as it is the one that is meant. @param {Catalogue} catalogue */
const templatesOf = (catalogue) =>
  Object.entries(catalogue)
    .filter(([english]) => HOLE.test(english))
    .map(([english, own]) => ({ own, ...template(english) }))
    .filter(({ fixed }) => signs(fixed) >= LEAST_SIGNS)
    .sort((a, b) => signs(b.fixed) - signs(a.fixed))
    .map(({ own, fixed, names }) => ({ own, names, pattern: new RegExp(`^${fixed.map(quoted).join('(.+?)')}$`, 's') }))

/**
 * @param {Catalogue} catalogue
 * @returns {(text: string) => string} a text as it is in the catalogue, or as it came. What fills a hole is looked for there, too; a single word, which
 *   may be a name, as "[hole] word"
 */
export function reader(catalogue) {
  /** Made when they are wanted. @type {ReturnType<typeof templatesOf> | null} */
  let templates = null

  /** @param {string} text @returns {string} */
  function said(text) {
    const own = catalogue[text]
    if (own !== undefined || !text) return own ?? text
    // "layers[2].stride: ..."
    const [, place = '', message = ''] = /^([\w.]+[.[][\w.[\]]+): (.+)$/s.exec(text) ?? []
    if (place) return `${place}: ${said(message)}`
    templates ??= templatesOf(catalogue)
    for (const { own, names, pattern } of templates) {
      const found = pattern.exec(text)
      if (!found) continue
      return filled(own, Object.fromEntries(names.map((name, i) => [name, part(found[i + 1] ?? '')])))
    }
    return within(text)
  }

  /** @param {string} value of a hole */
  const part = (value) => (value.includes(' ') ? said(value) : (catalogue[`[hole] ${value}`] ?? value))

  /** "place: message" and "message (hint)", where what stands inside is known. @param {string} text */
  function within(text) {
    for (const [pattern, join] of FORMS) {
      const found = pattern.exec(text)
      const [one, other] = found?.slice(1) ?? []
      if (!one || !other) continue
      const [first, second] = [said(one), said(other)]
      if (first !== one || second !== other) return join(first, second)
    }
    return text
  }

  return said
}

/** How the engine puts texts together. @type {[RegExp, (first: string, second: string) => string][]} */
const FORMS = [
  [/^([^:]+): (.+)$/s, (place, message) => `${place}: ${message}`],
  [/^(.+) \((.+)\)$/s, (message, hint) => `${message} (${hint})`],
]
