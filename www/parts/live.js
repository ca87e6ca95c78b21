/** Tells screen readers how it goes: the latest news, and not more often than can be listened to. May import lib/dom. */
import { byId } from '../lib/dom.js'

const REST_MS = 8000

/** Where to say it in a page that is not ours: in the networks that are embedded there. Null: the page is ours. @type {Set<Element> | null} */
let places = null

let saidAt = -Infinity
let timer = 0
let waiting = ''

function speak() {
  timer = 0
  saidAt = performance.now()
  const place = places ? [...places].at(-1) : byId('live')
  if (place) place.textContent = waiting
}

/**
 * Where to say it, instead of the page's own place.
 * @param {Element} place
 * @returns {() => void} gives it up
 */
export function speakIn(place) {
  const all = (places ??= new Set())
  all.add(place)
  return () => void all.delete(place)
}

/**
 * @param {string} text
 * @param {{ soon?: boolean }} [how] soon: an answer to what the visitor just did
 */
export function announce(text, { soon = false } = {}) {
  waiting = text
  if (soon) {
    clearTimeout(timer)
    timer = 0
  }
  if (!timer) timer = window.setTimeout(speak, soon ? 50 : Math.max(0, saidAt + REST_MS - performance.now()))
}
