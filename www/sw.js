/**
 * The service worker: keeps the page's files in this browser, so that the page works offline, and isolates the page where its host does not, so
 * that the engine has threads on any host. Imports nothing. scripts/offline.mjs writes the list of the files, site.json, with their hashes.
 *
 * Each version of the site has a cache, whose name is the address where its files are served from it: `v/<version>/`, below the page. A page from a
 * cache names its files by that address (the document is rewritten, all else is relative), so it is of one version however long it is open, and
 * several versions may be open at a time. Files are checked against their hashes, and a version is served once it is whole.
 *
 * At each visit the list is asked for. If it is that of a version which is here, that one is served. If it is a new one, the visitor waits for it a
 * while, then gets the one before, and the new one at the next visit; as is an offline visitor. On a developer's own machine nobody waits for long, so
 * there the page is what the server has. A site without a list (www/ served as it is) is left to the server altogether.
 *
 * Left to the server is also what is not the page's: embed.html, embed.js and whatever they load. Data sets are kept by core/kept.js.
 *
 * @typedef {{ version: string, files: { [file: string]: string } }} List files: their SHA-256
 */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

const SITE = worker.registration.scope
const VERSIONS = `${SITE}v/`

/** How long a visitor waits for a new version. */
const PATIENCE_MS = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname) ? 60_000 : 3000

/** So many files come at a time: the page goes on meanwhile. */
const LANES = 4

/** The server is there, but has no list. */
class NoList extends Error {}

/** @returns {Promise<List>} of the server's version */
async function currentList() {
  const response = await fetch(`${SITE}site.json`, { cache: 'no-cache' })
  if (response.ok) return response.json()
  throw response.status < 500 ? new NoList() : new Error(`the server says ${response.status}`)
}

/**
 * @param {Response} response
 * @param {BodyInit | null} body
 * @param {{ [header: string]: string }} [more]
 */
function remade(response, body, more = {}) {
  const headers = new Headers(response.headers)
  for (const name of ['vary', 'content-encoding', 'content-length']) headers.delete(name)
  for (const [name, value] of Object.entries(more)) headers.set(name, value)
  return new Response(body, { status: response.status, statusText: response.statusText, headers })
}

/** What isolates a page and its workers. */
const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/**
 * A file as the list has it.
 * @param {string} file
 * @param {string} hash
 */
async function listed(file, hash) {
  const response = await fetch(SITE + file, { cache: 'no-cache' })
  const bytes = await response.arrayBuffer()
  const found = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  if (!response.ok || found !== hash) throw new Error(`${SITE}${file} is not the file of site.json`)
  return remade(response, bytes)
}

/** @param {string} root */
const whole = async (root) => Boolean(await caches.match(root, { cacheName: root }))

/** The newest version that is here. Caches are told in the order in which they were made. */
async function newest() {
  for (const name of (await caches.keys()).reverse()) {
    if (name.startsWith(VERSIONS) && (await whole(name))) return name
  }
  return null
}

/**
 * @param {string} root
 * @param {List} list
 */
async function fill(root, list) {
  const before = await newest()
  /** @type {List | undefined} */
  const known = before && (await (await caches.match(`${before}site.json`, { cacheName: before }))?.json())
  const cache = await caches.open(root)
  const { 'index.html': hash = '', ...files } = list.files
  const document = await listed('index.html', hash)
  const text = await document.text()
  // Workers have no other policy than that of their file.
  const policy = /content="(default-src [^"]+)"/.exec(text)?.[1] ?? ''
  const rest = Object.entries(files).values()
  const lane = async () => {
    for (const [file, hash] of rest) {
      if (await cache.match(root + file)) continue // from a time when it broke off
      const same = known?.files[file] === hash && (await caches.match(before + file))
      const response = same || (await listed(file, hash))
      await cache.put(root + file, remade(response, response.body, { ...ISOLATED, 'content-security-policy': policy }))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await cache.put(`${root}site.json`, Response.json(list))
  // The document comes last: with it, the version is whole. All its files are named by the version; the manifest is none of them.
  const own = text.replace(/(src|href)="([^"#]+)"/g, (as, name, file) => (file in files ? `${name}="v/${list.version}/${file}"` : as))
  await cache.put(root, remade(document, own, ISOLATED))
  return root
}

/** The versions that are on their way. @type {Map<string, Promise<string>>} */
const coming = new Map()

/** Keeps the server's version, and tells where it is. */
async function current() {
  const list = await currentList()
  const root = `${VERSIONS}${list.version}/`
  if (await whole(root)) return root
  const filling = coming.get(root) ?? fill(root, list).finally(() => coming.delete(root))
  coming.set(root, filling)
  return filling
}

/**
 * Removes the versions that nobody has open: a page holds a lock of its version's name.
 * @param {string} root stays
 */
async function clean(root) {
  const { held = [] } = await navigator.locks.query()
  const open = held.map(({ name }) => name)
  const over = (await caches.keys()).filter((name) => name.startsWith(VERSIONS) && name !== root && !coming.has(name) && !open.includes(name))
  await Promise.all(over.map((name) => caches.delete(name)))
}

/** @param {FetchEvent} event a visit to the page */
async function visit(event) {
  let root = await newest()
  if (root) {
    const now = current()
    event.waitUntil(now.catch(() => {}))
    const late = new Promise((_, reject) => void setTimeout(reject, PATIENCE_MS))
    root = await Promise.race([now, /** @type {Promise<never>} */ (late)]).catch((why) => (why instanceof NoList ? null : root))
  }
  const kept = root && (await caches.match(root, { cacheName: root }))
  if (kept) return kept
  const response = await fetch(event.request)
  return response.type === 'basic' ? remade(response, response.body, ISOLATED) : response
}

/**
 * @param {Request} request of a file by its version's address
 * @param {string} path of the version and the file
 */
async function file({ url, signal }, path) {
  const root = VERSIONS + path.slice(0, path.indexOf('/') + 1)
  const kept = await caches.match(url, { cacheName: root, ignoreSearch: true })
  if (kept) return kept
  const name = url.slice(root.length)
  // Data sets are too large to come along, and checked by who asked for them. Of all else the server may have another version.
  return name.startsWith('data/') ? fetch(SITE + name, { signal }) : Response.error()
}

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.url.startsWith(VERSIONS)) event.respondWith(file(request, request.url.slice(VERSIONS.length)))
  else if (request.mode === 'navigate' && [SITE, `${SITE}index.html`].includes(origin + pathname)) event.respondWith(visit(event))
})

/** @param {MessagePort | undefined} port to a page that asks for the version which is here now */
async function answer(port) {
  try {
    const root = await current()
    await clean(root)
    port?.postMessage(root)
  } catch {
    port?.postMessage(await newest())
  }
}

worker.addEventListener('message', (event) => event.waitUntil(answer(event.ports[0])))
worker.addEventListener('install', () => void worker.skipWaiting())
