/**
 * An engine for programs: opens sessions, each of which trains a network. May import session.js and core/.
 *
 * @typedef {import('../core/client.js').Client} Client
 * @typedef {import('../core/protocol.js').Report} Report
 * @typedef {import('./session.js').OpenOptions} OpenOptions
 * @typedef {import('./session.js').Spec} Spec
 *
 * @typedef {object} EngineOptions
 * @property {string | URL} [site] the address of a site of tabgrad, with a slash at its end: a Spec may then name the data sets that it has
 */
import { connect } from '../core/connect.js'
import { savedSpec } from '../core/example.js'
import { EngineError } from '../core/protocol.js'
import { Session, asked } from './session.js'

export class Engine {
  #client
  #sessions = 0

  /** @param {Client} client */
  constructor(client) {
    this.#client = client
  }

  /**
   * What a network is and needs, without opening it: its layers, their shapes and parameters, and its memory.
   * @param {Spec} spec
   * @returns {Promise<Report>}
   */
  async check(spec) {
    return (await asked(this.#client.call('check', { spec: /** @type {any} */ (spec) }))).report
  }

  /**
   * A session with fresh weights, at step 0.
   * @param {Spec} spec
   * @param {OpenOptions} [options]
   * @returns {Promise<Session>}
   */
  open(spec, options) {
    return Session.open(this.#client, ++this.#sessions, spec, null, options)
  }

  /**
   * A session from a saved file, at the step at which it was saved: `session.spec` is the experiment in it.
   * @param {Uint8Array} bytes what `session.save()` gave, or a file that was saved on tabgrad's page
   * @param {OpenOptions} [options] images and texts are not in the file: `data` has to be given again
   * @returns {Promise<Session>}
   */
  async load(bytes, options) {
    return await Session.open(this.#client, ++this.#sessions, specIn(bytes), bytes, options)
  }

  /** Ends it, and its sessions with it. */
  close() {
    this.#client.stop()
    this.#client.fail(new EngineError({ code: 'gone', message: 'The engine was closed.' }))
  }
}

/** @param {Uint8Array} bytes */
function specIn(bytes) {
  try {
    return savedSpec(bytes)
  } catch (error) {
    const message = `This file cannot be loaded: ${error instanceof Error ? error.message : error}.`
    throw new EngineError({ code: 'checkpoint', message, hint: 'Give the bytes of a file that tabgrad saved.' })
  }
}

/** @param {string | URL} site */
function addressOf(site) {
  const base = globalThis.document?.baseURI
  if (URL.canParse(site, base)) return new URL(site, base).href
  throw new EngineError({ code: 'option', message: `site: “${site}” is no address.`, hint: 'Give the address of a site of tabgrad, with a slash at its end, or leave site out.' })
}

/**
 * Starts an engine: in a worker, where there are workers. One is enough for any number of sessions.
 * @param {EngineOptions} [options]
 * @returns {Promise<Engine>}
 */
export async function createEngine({ site } = {}) {
  return new Engine(await connect(site === undefined ? null : addressOf(site)))
}
