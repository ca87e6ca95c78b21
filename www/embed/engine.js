/**
 * The one engine of all demos of a page: started for the first, stopped after the last; each has a session of its own. Which device is the faster it knows
 * from visits of the site itself, or finds out when the demos have been left alone. May import core/connect, core/probe and core/quiet.
 *
 * @typedef {import('../core/client.js').Client} Client
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 * @typedef {{ client: Promise<Client>, sessions: Set<number>, users: number, experiments: Set<Experiment> }} Engine users: demos; some may have no experiment yet
 * @typedef {{ client: Client, session: number, take: (experiment: Experiment) => void, leave: (close: () => Promise<void>) => void }} Seat take: that it has this experiment; leave: `close` ends the session, if the engine goes on
 */
import { connect } from '../core/connect.js'
import { probe } from '../core/probe.js'
import { busy } from '../core/quiet.js'

/** @type {Engine | null} */
let running = null

/**
 * @param {string | null} site
 * @returns {Engine}
 */
function start(site) {
  /** @type {Set<Experiment>} */
  const experiments = new Set()
  const client = connect(site).then((client) => {
    const atWork = () => experiments.size < engine.users || [...experiments].some(busy)
    void probe(client, { atWork, open: () => [...experiments] })
    return client
  })
  const engine = { client, sessions: new Set(), users: 0, experiments }
  return engine
}

/**
 * @param {string | null} site of the first demo
 * @returns {Promise<Seat>}
 */
export async function takeSeat(site) {
  const engine = (running ??= start(site))
  let session = 1
  while (engine.sessions.has(session)) session++
  engine.sessions.add(session)
  engine.users++
  try {
    const client = await engine.client
    /** @type {Experiment | null} */
    let own = null
    return {
      client,
      session,
      take: (experiment) => void engine.experiments.add((own = experiment)),
      leave(close) {
        if (own) engine.experiments.delete(own)
        leave(engine, client, session, close)
      },
    }
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
