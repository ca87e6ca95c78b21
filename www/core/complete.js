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

/**
 * The open brackets at a place, and the string or word that it is in or behind.
 * @param {readonly Token[]} tokens
 * @param {number} caret
 */
function whereIs(tokens, caret) {
  /** @type {Frame[]} */
  const frames = []
  for (const [n, token] of tokens.entries()) {
    if (token.from >= caret) break
    const top = frames.at(-1)
    const { mark } = token
    if ('"a'.includes(mark)) {
      if (token.to >= caret) return { frames, current: token }
      if (!top) continue
      if (top.expects === 'key') top.key = token.value
      top.expects = 'nothing'
    } else if (mark === '{' || mark === '[') {
      const role = top ? (top.open === '[' ? top.role : top.key) : ''
      if (top) top.expects = 'nothing'
      frames.push({ open: mark, role, after: n + 1, key: '', expects: mark === '{' ? 'key' : 'value' })
    } else if (mark === '}' || mark === ']') frames.pop()
    else if (top) top.expects = mark === ':' || top.open === '[' ? 'value' : 'key'
  }
  return { frames, current: null }
}

/** @param {string} text */
const quoted = (text) => ({ label: text, text: JSON.stringify(text) })

/**
 * @param {Frame} frame
 * @param {readonly Token[]} tokens
 * @param {Token | null} current
 * @returns {Suggestion[]}
 */
function suggested({ open, role, after, key, expects }, tokens, current) {
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
  const colon = current && tokens[tokens.indexOf(current) + 1]?.mark === ':' ? '' : ': '
  const names = [...(types ? ['type'] : []), ...Object.keys(options)]
  return names.filter((name) => name === current?.value || !members.has(name)).map((name) => ({ label: name, text: JSON.stringify(name) + colon }))
}

/**
 * @param {string} text
 * @param {number} caret
 * @returns {Completion | null} null: nothing is known of this place
 */
export function completionAt(text, caret) {
  const tokens = tokensOf(text)
  const { frames, current } = whereIs(tokens, caret)
  const top = frames.at(-1)
  if (!top) return null
  const typed = current ? text.slice(current.from, caret).replace(/^"/, '').toLowerCase() : ''
  const fitting = suggested(top, tokens, current).filter(({ label }) => label.toLowerCase().includes(typed))
  // What begins so comes first.
  const suggestions = fitting.toSorted((a, b) => Number(b.label.toLowerCase().startsWith(typed)) - Number(a.label.toLowerCase().startsWith(typed)))
  return suggestions.length ? { from: current?.from ?? caret, to: current?.to ?? caret, suggestions } : null
}
