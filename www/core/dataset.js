/**
 * Fetches a data set, images or a text: with progress, checked against its hash, unpacked. Runs beside the engine, off the main thread
 * wherever there is a worker. What was loaded once is kept. May import lib/, fetch.js, data-cache.js and protocol.js.
 *
 * @typedef {{ images: Uint8Array, labels: Uint8Array }} Images
 * @typedef {{ train: Images, test: Images } | { text: Uint8Array }} Content as the engine takes it with `create` and `load`
 * @typedef {{ content: Content, count: number, licence: string, source: string, kept: Promise<unknown> }} Dataset count: of its images or characters;
 *   kept: resolves when its files are kept, or there is no room for them
 * @typedef {{ file: string, bytes: number, sha256: string, count: number }} Part
 * @typedef {{ received: (bytes: number) => void, signal: AbortSignal, keeping: Promise<unknown>[] }} Job received: called with each piece's length; keeping: files that are being kept
 * @typedef {({ train: Part, test: Part } | { text: Part }) & { license: string, source: string }} Listing
 */
import { t } from '../lib/i18n.js'
import { FormatError, byteTensor, readSafetensors } from '../lib/safetensors.js'
import { fetchFile } from './fetch.js'
import { keepFile, keptFile, missingOf } from './data-cache.js'
import { EngineError } from './protocol.js'

/**
 * @param {string} message
 * @param {string} hint
 */
const failure = (message, hint) => new EngineError({ code: 'data', message, hint })

/**
 * @param {URL} url of the part
 * @param {Part} part
 * @param {(bytes: number) => void} received called with each piece's length
 * @param {AbortSignal} signal
 */
async function download(url, part, received, signal) {
  const reader = ((await keptFile(part)) ?? (await fetchFile(url, { code: 'data', signal }))).body?.getReader()
  const pieces = []
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      pieces.push(piece.value)
      received(piece.value.length)
    }
  } catch {
    throw failure(t('The file {file} broke off while loading.', { file: part.file }), t('Check the connection, then try again.'))
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}

/**
 * A server may have unpacked the file on its way (Content-Encoding); then there is nothing left to do or to compare.
 * @param {Uint8Array} bytes
 */
const isPacked = ([first, second]) => first === 0x1f && second === 0x8b

/**
 * @param {Uint8Array<ArrayBuffer>} packed
 * @param {Part} part
 */
async function check(packed, part) {
  if (!globalThis.crypto?.subtle) return
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', packed))
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hex !== part.sha256) throw new FormatError(t('it is not the file that the site was built with'))
}

/** @param {Uint8Array<ArrayBuffer>} packed */
async function unpack(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch {
    throw new FormatError(t('it cannot be unpacked'))
  }
}

/**
 * What is wrong with a part's file, for people.
 * @param {Part} part
 * @returns {(error: unknown) => never}
 */
const unusable = (part) => (error) => {
  if (error instanceof FormatError) throw failure(t('The file {file} is not usable: {message}.', { file: part.file, message: error.message }), t('Reload the page; if it stays, rebuild the site.'))
  throw error
}

/**
 * What is in the part's file.
 * @template T
 * @param {URL} folder
 * @param {Part} part
 * @param {(file: Uint8Array) => T} read throws a FormatError
 * @param {Job} job
 */
async function loadPart(folder, part, read, { received, signal, keeping }) {
  const bytes = await download(new URL(part.file, folder), part, received, signal)
  if (!isPacked(bytes)) return read(bytes)
  await check(bytes, part)
  keeping.push(keepFile(part, bytes))
  return read(await unpack(bytes))
}

/**
 * @param {Part} part
 * @returns {(bytes: Uint8Array) => Images}
 */
const readImages = ({ count }) => (bytes) => {
  const file = readSafetensors(bytes)
  const images = byteTensor(file, 'images')
  const labels = byteTensor(file, 'labels')
  if (images.shape[0] !== count || labels.shape[0] !== count) {
    throw new FormatError(t('it holds {images} images and {labels} labels, not {count}', { images: Number(images.shape[0]), labels: Number(labels.shape[0]), count }))
  }
  return { images: images.data, labels: labels.data }
}

/**
 * @param {Part} part of a text in ASCII
 * @returns {(bytes: Uint8Array) => Uint8Array}
 */
const readText = ({ count }) => (bytes) => {
  if (bytes.length !== count) throw new FormatError(t('it holds {characters} characters, not {count}', { characters: bytes.length, count }))
  return bytes
}

/**
 * @param {URL} folder
 * @param {Listing} listing
 * @param {Job} job
 * @returns {Promise<Content>}
 */
async function loadContent(folder, listing, job) {
  if ('text' in listing) return { text: await loadPart(folder, listing.text, readText(listing.text), job).catch(unusable(listing.text)) }
  /** @param {Part} part */
  const images = (part) => loadPart(folder, part, readImages(part), job).catch(unusable(part))
  const [train, test] = await Promise.all([images(listing.train), images(listing.test)])
  return { train, test }
}

/**
 * @param {URL} folder
 * @returns {Promise<{ [name: string]: Listing }>} all data sets there
 */
const listings = async (folder) =>
  (await fetchFile(new URL('index.json', folder), { code: 'data' })).json().catch(() => {
    throw failure(t('The list of data sets, index.json, is not JSON.'), t('Rebuild the site.'))
  })

/** @param {Listing} listing */
const partsOf = (listing) => ('text' in listing ? [listing.text] : [listing.train, listing.test])

/** @param {Part[]} parts */
const sizeOf = (parts) => parts.reduce((sum, { bytes }) => sum + bytes, 0)

/**
 * @param {string} name
 * @param {string | null} site whose folder data/ has the data sets; null: there are none at hand
 * @param {(received: number, total: number) => void} progress
 * @returns {Promise<Dataset>}
 */
export async function loadDataset(name, site, progress) {
  if (!site) throw failure(t('The data set "{name}" is not here: the package has none.', { name }), t('Hand over own data, or say as `site` where a site of tabgrad is that has it.'))
  const folder = new URL('data/', site)
  const index = await listings(folder)
  const listing = index[name]
  if (!listing) throw failure(t('There is no data set "{name}".', { name }), t('There is: {names}.', { names: Object.keys(index).join(', ') }))
  const parts = partsOf(listing)
  const total = sizeOf(parts)
  let sum = 0
  /** @param {number} bytes */
  const received = (bytes) => progress(Math.min(total, (sum += bytes)), total)
  received(0)
  // One part is of no use without the other.
  const stop = new AbortController()
  /** @type {Job} */
  const job = { received, signal: stop.signal, keeping: [] }
  try {
    const content = await loadContent(folder, listing, job)
    const kept = Promise.allSettled(job.keeping)
    return { content, count: parts.reduce((sum, { count }) => sum + count, 0), licence: listing.license, source: listing.source, kept }
  } catch (error) {
    stop.abort()
    throw error
  }
}

/**
 * The files of all data sets that are not kept yet, and how many bytes they are.
 * @param {URL} folder
 */
export async function missingData(folder) {
  const parts = await missingOf(Object.values(await listings(folder)).flatMap(partsOf))
  return { parts, bytes: sizeOf(parts) }
}

/**
 * Keeps files of data sets, one after the other.
 * @param {URL} folder
 * @param {Part[]} parts
 * @param {(bytes: number) => void} received called with each piece's length
 * @param {AbortSignal} signal
 */
export async function keepData(folder, parts, received, signal) {
  for (const part of parts) {
    const bytes = await download(new URL(part.file, folder), part, received, signal)
    await check(bytes, part).catch(unusable(part))
    await keepFile(part, bytes).catch(() => {
      throw failure(t('The file {file} could not be kept.', { file: part.file }), t('Make room on this device, or allow this site to store data, then try again.'))
    })
  }
}
