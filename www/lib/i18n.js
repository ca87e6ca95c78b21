/**
 * The page's words in the visitor's language. English stands in the sources; every other language is a catalogue, lang/CODE.json, from
 * the English text to its own. A new one is such a file and its line in LANGUAGES. The catalogue is there before any module that imports this one runs, so
 * texts may be constants. May import settings.js, and by loading them messages.js and the catalogues.
 *
 * - `t('Step {step}', { step: 3 })` for what stands in the sources: always a literal, found by tests/scripts/i18n.test.mjs.
 *   `t('[button] Step')` where the same English is another word elsewhere: what stands in brackets is not shown.
 * - `parts('Press {key}.', { key: h('kbd', {}, 'Space') })` for the same with elements in it.
 * - `said(text)` for what comes from elsewhere: the engine's messages, lessons, examples' names.
 *
 * @typedef {import('./messages.js').Catalogue} Catalogue
 * @typedef {import('./messages.js').Values} Values
 */
import { keep, kept } from './settings.js'

/** Besides English. @type {{ [code: string]: { name: string, load: () => Promise<{ default: Catalogue }> } }} */
const CATALOGUES = {
  'zh-Hans': { name: '简体中文', load: () => import('../lang/zh-Hans.json', { with: { type: 'json' } }) },
}

/** What each language calls itself, by its code. @type {ReadonlyMap<string, string>} */
export const LANGUAGES = new Map([['en', 'English'], ...Object.entries(CATALOGUES).map(([code, { name }]) => /** @type {[string, string]} */ ([code, name]))])

/** 'auto': the browser's languages decide. @type {readonly [string, ...string[]]} */
const CHOICES = ['auto', ...LANGUAGES.keys()]

export const languageChoice = () => kept('language', CHOICES)

/** Takes effect when the page is loaded again. @param {string} code */
export const keepLanguage = (code) => keep('language', code)

/**
 * The first of a reader's languages that there is. Chinese without a script that says otherwise is read in simplified characters.
 * @param {readonly string[]} wanted BCP 47 tags, the dearest first
 */
export function languageFor(wanted) {
  for (const tag of wanted) {
    const { language, script } = new Intl.Locale(tag).maximize()
    const found = [...LANGUAGES.keys()].find((code) => {
      const one = new Intl.Locale(code).maximize()
      return one.language === language && one.script === script
    })
    if (found) return found
  }
  return 'en'
}

/**
 * Pages of tabgrad's own say `data-language="auto"`: there the address (?lang=CODE), the visitor's choice and the browser's languages count, in this order. Another
 * site's page is in its own language, and so is what is embedded in it. Workers and Node speak English: what they say is put in words where it is shown.
 */
function wanted() {
  if (typeof document === 'undefined') return ['en']
  const root = document.documentElement
  if (root.dataset.language !== 'auto') return root.lang ? [root.lang] : navigator.languages
  const choice = languageChoice()
  return [new URLSearchParams(location.search).get('lang') ?? '', choice === 'auto' ? '' : choice, ...navigator.languages]
}

/** @param {string} tag */
function isTag(tag) {
  try {
    return Boolean(new Intl.Locale(tag))
  } catch {
    return false
  }
}

/** The code of the language in use. */
export let language = languageFor(wanted().filter(isTag))

/** @type {Catalogue} */
let catalogue = {}
/** In English the signs around holes stay as they are. @type {(text: string, values: Values) => string} */
let filled = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole))
/** @type {(text: string) => string} */
let find = String
try {
  const own = CATALOGUES[language]
  if (own) {
    const [loaded, messages] = await Promise.all([own.load(), import('./messages.js')])
    catalogue = loaded.default
    filled = messages.filled
    find = messages.reader(catalogue)
  }
} catch (error) {
  // Readable in English is better than no page.
  console.warn(error)
  language = 'en'
}

if (typeof document !== 'undefined' && document.documentElement.dataset.language === 'auto') document.documentElement.lang = language

/**
 * @param {string} english
 * @param {Values} [values] for {name} in it
 */
export const t = (english, values = {}) => filled(catalogue[english] ?? english.replace(/^\[\w+\] /, ''), values)

/**
 * The same, with elements among the values.
 * @template {import('./dom.js').Child} C
 * @param {string} english
 * @param {{ [name: string]: C }} values
 * @returns {(C | string)[]}
 */
export const parts = (english, values) =>
  (catalogue[english] ?? english).split(/\{(\w+)\}/).map((piece, i) => (i % 2 === 0 ? piece : piece in values ? /** @type {C} */ (values[piece]) : `{${piece}}`))

/**
 * A text that was written elsewhere, in the page's language if the catalogue has it, also with its holes filled already (see messages.js).
 * @param {string} text
 */
export const said = (text) => find(text)
