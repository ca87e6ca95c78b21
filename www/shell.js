/**
 * What answers the page's messages, in a worker or, where only the page has WebGPU, on the page itself: most go to the engine as
 * they are; play, pause, data sets and the question where we are end here, and a session that plays is saved between two turns. May import core/host, core/player and core/protocol.
 *
 * @typedef {import('./core/protocol.js').EngineEvent} EngineEvent
 * @typedef {import('./core/protocol.js').Reply} Reply
 * @typedef {import('./core/protocol.js').Request} Request
 */
import { Host } from './core/host.js'
import { Player } from './core/player.js'
import { problemOf } from './core/protocol.js'

/**
 * The buffers of a reply that can be handed over instead of copied.
 * @param {object} reply
 * @returns {Transferable[]}
 */
function buffers(reply) {
  /** @type {Set<ArrayBuffer>} */
  const found = new Set()
  /** @param {unknown} value */
  const search = (value) => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
    } else if (value && typeof value === 'object') Object.values(value).forEach(search)
  }
  search(reply)
  return [...found]
}

/**
 * @param {(message: Reply | EngineEvent, transfer: Transferable[]) => void} post
 * @param {import('./core/host.js').Places} places
 * @param {readonly MessagePort[]} threads of the engine
 * @returns {(request: Request) => Promise<void>}
 */
export function createShell(post, places, threads) {
  /** @param {EngineEvent} event */
  const tell = (event) => post(event, buffers(event))
  const host = new Host(tell, places, threads)
  host.start()
  /** @type {Map<number, Player>} */
  const players = new Map()

  /** @param {number} session */
  const player = (session) => {
    let one = players.get(session)
    if (!one) players.set(session, (one = new Player(host, session, tell)))
    return one
  }

  /**
   * @param {Request} request
   * @returns {Promise<object>}
   */
  async function answer(request) {
    switch (request.type) {
      case 'hello':
        return { gpu: 'gpu' in navigator }
      case 'play':
        player(request.session).play(request)
        return {}
      case 'pause':
        await player(request.session).pause()
        return {}
      case 'save':
        return player(request.session).save(request)
      case 'dataset': {
        const { count, licence, source } = await host.dataset(request.name)
        return { count, licence, source }
      }
      case 'create':
      case 'load':
      case 'close':
        await player(request.session).pause({ forGood: true })
        return host.handle(request)
      default:
        return host.handle(request)
    }
  }

  return async (request) => {
    const { id } = request
    try {
      const reply = await answer(request)
      post({ ...reply, id, ok: true }, buffers(reply))
    } catch (error) {
      post({ id, ok: false, ...problemOf(error) }, [])
    }
  }
}
