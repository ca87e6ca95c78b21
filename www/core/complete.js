/**
 * What can be written at a place in the experiment's text, from the schema: types, options and their values. Reads text that is not JSON yet. Pure. May
 * import json.js and schema.js.
 *
 * @typedef {{ mark: string, value: string, from: number, to: number }} Token mark: a bracket, a comma, a colon, '"' for a string, 'a' for another value
 * @typedef {{ open: '{' | '[', role: string, after: number, key: string, expects: 'key' | 'value' | 'nothing' }} Frame role: what it is the value of; after: the
 *   token behind its bracket
 * @typedef {{ label: string, text: string }} Suggestion text: what is put in
 * @typedef {{ from: number, to: number, suggestions: Suggestion[] }} Completion of what stands between from and to
 */
import { format } from './json.js'
import { EXPERIMENT, LAYERS, STARTS, TYPED } from './schema.js'

/** @param {string} text @returns {Token[]} */
const tokensOf = (text) =>
  [...text.matchAll(/"(?:\\.|[^"\\\n])*"?|[{}[\]:,]|[^\s{}[\]:,"]+/g)].map(({ 0: all, index: from }) => {
    const first = all.charAt(0)
    const mark = first === '"' || '{}[]:,'.includes(first) ? first : 'a'
    return { mark, value: mark === '"' ? all.replace(/^"|"$/g, '') : all, from, to: from + all.length }
  })

/**
 * The strings in an object by their keys; other values are there as ''.
 * @param {readonly Token[]} tokens
 * @param {number} start the token behind its brace
 */
function membersOf(tokens, start) {
  /** @type {Map<string, string>} */
  const members = new Map()
  let depth = 0
  for (let n = start; n < tokens.length && depth >= 0; n++) {
    const [token, colon, value] = tokens.slice(n, n + 3)
    if (token && '{['.includes(token.mark)) depth++
    if (token && '}]'.includes(token.mark)) depth--
    if (depth === 0 && token?.mark === '"' && colon?.mark === ':') members.set(token.value, value?.mark === '"' ? value.value : '')
  }
  return members
}

/** The brackets that are open behind these tokens. @param {readonly Token[]} tokens */
function framesOf(tokens) {
  /** @type {Frame[]} */
  const frames = []
  for (const [n, { mark, value }] of tokens.entries()) {
    const top = frames.at(-1)
    if ('"a'.includes(mark)) {
      if (top?.expects === 'key') top.key = value
      if (top) top.expects = 'nothing'
    } else if (mark === '{' || mark === '[') {
      const role = top ? (top.open === '[' ? top.role : top.key) : ''
      if (top) top.expects = 'nothing'
      frames.push({ open: mark, role, after: n + 1, key: '', expects: mark === '{' ? 'key' : 'value' })
    } else if (mark === '}' || mark === ']') frames.pop()
    else if (top) top.expects = mark === ':' || top.open === '[' ? 'value' : 'key'
  }
  return frames
}

/** @param {string} text */
const quoted = (text) => ({ label: text, text: JSON.stringify(text) })

/**
 * @param {Frame} frame
 * @param {readonly Token[]} tokens
 * @param {string | null} current what stands there, if anything
 * @param {boolean} named whether a colon comes after it
 * @returns {Suggestion[]}
 */
function suggested({ open, role, after, key, expects }, tokens, current, named) {
  const types = /** @type {{ [role: string]: import('./schema.js').Types }} */ (TYPED)[role]
  if (expects === 'nothing') return []
  if (open === '[') return types === LAYERS ? Object.keys(LAYERS).map((type) => ({ label: type, text: format({ type, ...STARTS[type] }, '  ') })) : []
  const members = membersOf(tokens, after)
  const options = types ? (types[members.get('type') ?? ''] ?? {}) : role ? {} : EXPERIMENT
  if (expects === 'value') {
    if (key === 'type') return Object.keys(types ?? {}).map(quoted)
    const { kind, choices = [] } = options[key] ?? {}
    return kind === 'flag' ? ['true', 'false'].map((text) => ({ label: text, text })) : choices.map(quoted)
  }
  const colon = named ? '' : ': '
  const names = [...(types ? ['type'] : []), ...Object.keys(options)]
  return names.filter((name) => name === current || !members.has(name)).map((name) => ({ label: name, text: JSON.stringify(name) + colon }))
}

/**
 * @param {string} text
 * @param {number} caret
 * @returns {Completion | null} null: nothing is known of this place
 */
export function completionAt(text, caret) {
  const before = tokensOf(text.slice(0, caret))
  const last = before.at(-1)
  const open = last?.to === caret && (last.mark === 'a' || (last.mark === '"' && !/^".*"$/.test(text.slice(last.from, caret)))) ? last : null
  // A quote that is not closed yet takes no more than the word that is behind it.
  const to = caret + (open ? (/^\w*"?/.exec(text.slice(caret))?.[0].length ?? 0) : 0)
  const top = framesOf(open ? before.slice(0, -1) : before).at(-1)
  if (!top) return null
  const behind = tokensOf(text.slice(to))
  const current = open && text.slice(open.from, to).replaceAll('"', '')
  if (open) open.value = current ?? ''
  const typed = open ? text.slice(open.from, caret).replace(/^"/, '').toLowerCase() : ''
  const fitting = suggested(top, [...before, ...behind], current, behind[0]?.mark === ':').filter(({ label }) => label.toLowerCase().includes(typed))
  // What begins so comes first.
  const suggestions = fitting.toSorted((a, b) => Number(b.label.toLowerCase().startsWith(typed)) - Number(a.label.toLowerCase().startsWith(typed)))
  return suggestions.length ? { from: open?.from ?? caret, to, suggestions } : null
}
