/**
 * The one engine of all demos of a page: started for the first, stopped after the last; each has a session of its own. May import core/connect.
 *
 * @typedef {import('../core/client.js').Client} Client
 * @typedef {{ client: Promise<Client>, sessions: Set<number>, users: number }} Engine
 * @typedef {{ client: Client, session: number, leave: (close: () => Promise<void>) => void }} Seat leave: `close` ends the session, if the engine goes on
 */
import { connect } from '../core/connect.js'

/** @type {Engine | null} */
let running = null

/**
 * @param {string | null} site of the first demo
 * @returns {Promise<Seat>}
 */
export async function takeSeat(site) {
  const engine = (running ??= { client: connect(site), sessions: new Set(), users: 0 })
  let session = 1
  while (engine.sessions.has(session)) session++
  engine.sessions.add(session)
  engine.users++
  try {
    const client = await engine.client
    return { client, session, leave: (close) => leave(engine, client, session, close) }
  } catch (error) {
    // The next one tries again.
    if (running === engine) running = null
    throw error
  }
}

/**
 * @param {Engine} engine
 * @param {Client} client
 * @param {number} session
 * @param {() => Promise<void>} close
 */
function leave(engine, client, session, close) {
  engine.users--
  if (engine.users) {
    // Its number is free once it is closed; an engine that is gone has closed them all.
    const free = () => void engine.sessions.delete(session)
    return void close().then(free, free)
  }
  running = null
  client.stop()
}
