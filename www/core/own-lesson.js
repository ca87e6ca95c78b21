/**
 * A lesson that somebody wrote and shares by its link, `#lesson/<packed>`: its JSON in base64url, behind a dot where it is compressed, as it is wherever that is
 * shorter. The packed lesson is the id of its network, so a saved run knows its lesson. May import lib/i18n, lesson.js, protocol.js, share.js and spec.js.
 *
 * @typedef {import('./example.js').Offered} Offered
 */
import { t } from '../lib/i18n.js'
import { exampleOf, lessonOf } from './lesson.js'
import { refusal } from './protocol.js'
import { LONGEST, LinkError, fromBase64Url, toBase64Url, toBytes, toText } from './share.js'
import { SpecError } from './spec.js'

/** What their ids begin with. */
export const OWN = 'lesson/'

/** No lesson is longer, as JSON. */
const LONGEST_JSON = 200_000

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {TransformStream<BufferSource, Uint8Array>} through
 */
async function* piped(bytes, through) {
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader()
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value
}

/**
 * @param {AsyncIterable<Uint8Array>} pieces
 * @param {number} [most] bytes
 */
async function joined(pieces, most = Infinity) {
  /** @type {number[]} */
  const all = []
  for await (const piece of pieces) {
    if (all.length + piece.length > most) throw new LinkError(t('it is too long'))
    for (const byte of piece) all.push(byte)
  }
  return Uint8Array.from(all)
}

/**
 * @param {unknown} lesson
 * @returns {Promise<string>} its id; the address is `#` and that
 */
export async function packed(lesson) {
  const bytes = toBytes(JSON.stringify(lesson))
  const plain = toBase64Url(bytes)
  const short = `.${toBase64Url(await joined(piped(bytes, new CompressionStream('deflate-raw'))))}`
  const text = short.length < plain.length ? short : plain
  if (text.length > LONGEST) throw refusal(t('The lesson is too long for a link.'), t('Shorten its texts, or make two lessons of it.'))
  return OWN + text
}

/**
 * @param {string} id
 * @returns {Promise<unknown>}
 */
export async function unpacked(id) {
  const text = id.slice(OWN.length)
  if (text.length > LONGEST) throw new LinkError(t('it is too long'))
  try {
    const bytes = fromBase64Url(text.replace(/^\./, ''))
    return JSON.parse(toText(text.startsWith('.') ? await joined(piped(bytes, new DecompressionStream('deflate-raw')), LONGEST_JSON) : bytes))
  } catch (error) {
    throw error instanceof LinkError ? error : new LinkError(t('it is damaged or cut off'))
  }
}

/**
 * The network of a lesson, as it begins. Throws a SpecError that names the place in the lesson.
 * @param {unknown} value
 * @param {readonly Offered[]} networks
 * @param {string} id see above
 */
export function ownExample(value, networks, id) {
  const lesson = lessonOf(value)
  const network = networks.find((one) => one.id === lesson.network && !one.lesson)
  if (!network) throw new SpecError(`network names none of this page; there are: ${networks.flatMap(({ id, lesson }) => (lesson ? [] : id)).join(', ')}`, 'network')
  try {
    // How far one is in it is kept apart from lessons of this page.
    return exampleOf({ ...lesson, id, own: true }, network, id)
  } catch (error) {
    throw error instanceof SpecError ? inChanges(error) : error
  }
}

/**
 * What is wrong with the experiment that a lesson makes of its network.
 * @param {{ message: string, at?: string }} problem
 */
export const inChanges = ({ message, at }) => new SpecError(`changes make no experiment of it: ${message}`, at ? `changes.${at}` : 'changes')

/** Whether a file's JSON is meant as a lesson. @param {any} value */
export const isLesson = (value) => Array.isArray(value?.steps) && !('layers' in value)
