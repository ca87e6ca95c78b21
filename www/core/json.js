/**
 * JSON that people write: set in one form, and read with the place of everything in it. May import lib/i18n, load.js, and momoa's types.
 *
 * @typedef {import('@humanwhocodes/momoa').ValueNode} ValueNode
 * @typedef {{ line: number, column: number, from: number, to: number }} Place line and column count from 1; from and to are offsets in the text
 */
import { loadModule } from './load.js'
import { t } from '../lib/i18n.js'

const WIDTH = 100

/** A mistake in a text, where it is, and the remedy. */
export class JsonError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   * @param {Place} place
   */
  constructor(message, hint, place) {
    super(message)
    this.hint = hint
    this.place = place
  }
}

/**
 * @param {any} value
 * @returns {[key: string, entry: any][] | null} what is in a list or an object; null: it is neither
 */
function entriesOf(value) {
  if (Array.isArray(value)) return value.map((entry) => ['', entry])
  if (typeof value !== 'object' || value === null) return null
  return Object.entries(value).map(([key, entry]) => [`${JSON.stringify(key)}: `, entry])
}

/**
 * @param {any} value
 * @returns {string}
 */
function oneLine(value) {
  const entries = entriesOf(value)?.map(([key, entry]) => key + oneLine(entry))
  if (!entries) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${entries.join(', ')}]`
  return entries.length ? `{ ${entries.join(', ')} }` : '{}'
}

/**
 * What fits on a line stands on one.
 * @param {any} value
 * @param {string} [indent]
 * @param {string} [key] what stands before it
 * @returns {string}
 */
export function format(value, indent = '', key = '') {
  const line = oneLine(value)
  const entries = entriesOf(value)
  if (!entries?.length || (indent && indent.length + key.length + line.length < WIDTH)) return line
  const inner = `${indent}  `
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${entries.map(([name, entry]) => inner + name + format(entry, inner, name)).join(',\n')}\n${indent}${close}`
}

/**
 * @param {string} text
 * @param {{ line: number, column: number, offset: number }} found where it can no longer be JSON
 */
function mistake(text, { line, column, offset }) {
  const found = text.slice(offset, offset + 1)
  const before = text.slice(0, offset).trimEnd().slice(-1)
  const place = { line, column, from: offset, to: offset + 1 }
  if (!found) return new JsonError(t('the text ends too early'), t('A bracket, a brace or a quote is still open.'), place)
  const hint =
    before === ',' && '}]'.includes(found)
      ? t('Take away the comma before it.')
      : found === '"' && /["\w}\]]/.test(before)
        ? t('Put a comma before it.')
        : found === '/'
          ? t('JSON has no comments.')
          : '{,'.includes(before)
            ? t('Names stand in double quotes.')
            : t('Values are numbers, texts in double quotes, true, false, null, [lists] and {objects}.', { objects: `{${t('objects')}}` })
  return new JsonError(t('“{found}” cannot stand here', { found }), hint, place)
}

/** A sign that can stand nowhere in JSON. */
const NEVER = '\0'

/**
 * Where a text ends too early, momoa names its last token: what can never follow shows the place after it.
 * @param {string} text that is no JSON
 * @param {typeof import('@humanwhocodes/momoa').parse} parse
 */
function mistakeIn(text, parse) {
  /** @type {unknown} */
  let error
  try {
    parse(text + NEVER, { mode: 'json' })
  } catch (thrown) {
    error = thrown
  }
  return error instanceof Error && 'offset' in error ? mistake(text, /** @type {any} */ (error)) : error
}

/** @param {import('@humanwhocodes/momoa').LocationRange} range */
const placeOf = ({ start, end }) => ({ line: start.line, column: start.column, from: start.offset, to: end.offset })

/**
 * A key that is there twice would hide what stands under the first.
 * @param {ValueNode} node
 */
function refuseDoubles(node) {
  if (node.type === 'Array') return node.elements.forEach(({ value }) => refuseDoubles(value))
  if (node.type !== 'Object') return
  const names = new Set()
  for (const { name, value } of node.members) {
    const key = nameOf(name)
    if (names.has(key)) throw new JsonError(t('“{key}” is there twice', { key }), t('Take one of them away.'), placeOf(name.loc))
    names.add(key)
    refuseDoubles(value)
  }
}

/** @param {import('@humanwhocodes/momoa').MemberNode['name']} name */
const nameOf = (name) => (name.type === 'String' ? name.value : name.name)

/**
 * @param {ValueNode} node
 * @param {string} step
 */
function partOf(node, step) {
  if (node.type === 'Object') return node.members.find(({ name }) => nameOf(name) === step)
  return node.type === 'Array' ? node.elements[Number(step)] : undefined
}

/**
 * Where a path stands, or as much of it as there is.
 * @param {ValueNode} root
 * @param {string} path as the engine writes it: "layers[2].kernel_size"
 * @returns {Place | null} null: nothing of it is there
 */
function find(root, path) {
  let node = root
  let place = null
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    const part = partOf(node, step)
    if (!part) break
    place = placeOf(part.loc)
    node = part.value
  }
  return place
}

/**
 * @param {string} text
 * @returns {Promise<{ value: unknown, place: (path: string) => Place | null }>}
 */
export async function readJson(text) {
  /** @type {typeof import('@humanwhocodes/momoa')} */
  const { evaluate, parse } = await loadModule(new URL('../vendor/momoa.js', import.meta.url))
  let document
  try {
    document = parse(text, { mode: 'json' })
  } catch {
    throw mistakeIn(text, parse)
  }
  const { body } = document
  refuseDoubles(body)
  return { value: evaluate(body), place: (path) => find(body, path) }
}
