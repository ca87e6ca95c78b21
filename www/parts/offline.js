/**
 * The line in the footer on what works offline, with the button that fetches the data sets which are not here yet; and the word that there is a new
 * version. May import lib/, notice.js and core/.
 *
 * @typedef {import('../core/offline.js').State} State
 */
import { keepData, missingData } from '../core/dataset.js'
import { ROOT } from '../core/place.js'
import { problemOf } from '../core/protocol.js'
import { byId, h, say } from '../lib/dom.js'
import { bytes } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { noticePlace } from './notice.js'

const DATA = new URL('data/', ROOT)

/**
 * @param {import('../core/client.js').Client} client
 * @returns {(state: State) => void} shows it
 */
export function offline(client) {
  const text = h('p', { role: 'status' })
  const get = h('button', { type: 'button', class: 'small', hidden: true, on: { click: () => void keepAll() } })
  const bar = h('progress', { max: 1, value: 0, 'aria-label': t('Making everything available offline') })
  const amount = h('span')
  const stop = h('button', { type: 'button', class: 'small', on: { click: () => stopping?.abort() } }, t('Stop'))
  const progress = h('div', { class: 'loading', hidden: true }, bar, amount, stop)
  const notices = noticePlace()
  const news = noticePlace()
  /** While data sets are on their way. @type {AbortController | null} */
  let stopping = null

  byId('news').replaceChildren(news.element)

  async function draw() {
    if (stopping) return
    const { bytes: missing } = await missingData(DATA)
    if (navigator.onLine) say(text, missing ? t('Works offline, except for data sets that are not here yet.') : t('Works offline, with all data sets.'))
    else say(text, missing ? t('You are offline: the page works on, except for data sets that are not here yet.') : t('You are offline: the page works on, with all data sets.'))
    say(get, t('Make everything available offline ({size})', { size: bytes(missing) }))
    get.hidden = !missing
    get.disabled = !navigator.onLine
  }

  /** @param {boolean} busy */
  function working(busy) {
    // A button that has the focus and goes away would take it along.
    const focused = document.activeElement === (busy ? get : stop)
    progress.hidden = !busy
    get.hidden = busy
    if (focused) (busy ? stop : get).focus()
  }

  async function keepAll() {
    if (stopping) return
    stopping = new AbortController()
    const { signal } = stopping
    notices.clear()
    try {
      const { parts, bytes: total } = await missingData(DATA)
      let sum = 0
      /** @param {number} more */
      const received = (more) => {
        sum += more
        bar.max = total
        bar.value = sum
        say(amount, t('{part} of {whole}', { part: bytes(Math.min(sum, total)), whole: bytes(total) }))
      }
      received(0)
      working(true)
      // What a browser was asked to keep it does not throw away when the disk is full; it may say no.
      void navigator.storage.persist().catch(() => {})
      await keepData(DATA, parts, received, signal)
    } catch (error) {
      if (!signal.aborted) notices.problem(problemOf(error))
    }
    stopping = null
    working(false)
    update()
  }

  // The list of the data sets is kept with the page; should it not come, what stands there stays.
  const update = () => text.isConnected && void draw().catch(() => {})
  client.listen(({ event }) => event === 'kept' && update())
  for (const event of ['online', 'offline']) addEventListener(event, update)

  return ({ works, newer }) => {
    if (works) {
      byId('offline').replaceChildren(text, get, progress, notices.element)
      update()
    }
    if (!newer) return
    news.info(t('There is a new version of tabgrad. It comes with your next visit, or now; what is trained here goes on from where it was saved last.'), {
      name: t('Reload for the new version'),
      run: () => location.reload(),
    })
  }
}
