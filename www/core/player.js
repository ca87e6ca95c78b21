/**
 * Plays one session: trains in short turns, so that other messages get in between, posts what happened about ten times a second
 * and measures on the test data now and then. May import lib/macrotask, host.js and protocol.js.
 *
 * @typedef {import('./host.js').Host} Host
 * @typedef {import('./protocol.js').EngineEvent} EngineEvent
 * @typedef {import('./protocol.js').Pace} Pace
 * @typedef {import('./protocol.js').Trained} Trained
 * @typedef {{ until?: number, pace?: Pace, details?: boolean, glance?: number }} Orders glance: measure on so many test examples while it plays
 * @typedef {{ on: boolean, whole: boolean }} Run whole: when it stands still, measure on all test examples
 */
import { macrotask } from '../lib/macrotask.js'
import { problemOf } from './protocol.js'

const POST_EVERY_MS = 100
/** A turn on the page's own thread must leave time to draw. */
const TURN_MS = typeof document === 'undefined' ? 50 : 12
/** Measuring may take at most this share of the time. */
const MEASURE_SHARE = 0.1
const MEASURE_REST_MS = 400

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export class Player {
  #host
  #session
  #post
  /** @type {Orders} */
  #orders = {}
  /** The run under way, or the one that begins when the one before it is over. @type {Run | null} */
  #run = null
  /** @type {Promise<void>} */
  #done = Promise.resolve()
  /** The last turn, until what it reported was collected. @type {Promise<unknown>} */
  #turned = Promise.resolve()
  /** @type {Trained | null} */
  #unposted = null
  #postedAt = 0
  #measure = { at: 0, took: 0, epoch: /** @type {number | null} */ (null) }

  /**
   * @param {Host} host
   * @param {number} session
   * @param {(event: EngineEvent) => void} post
   */
  constructor(host, session, post) {
    this.#host = host
    this.#session = session
    this.#post = post
  }

  /**
   * Starts, or takes new orders while it runs.
   * @param {Orders} orders
   */
  play(orders) {
    this.#orders = orders
    if (this.#run) return
    const run = { on: true, whole: orders.glance !== undefined }
    this.#run = run
    this.#done = this.#done.then(() => this.#play(run))
  }

  /**
   * Resolves when it stands still.
   * @param {{ forGood?: boolean }} [how] forGood: its session ends, so nothing more need be known of it
   */
  pause({ forGood = false } = {}) {
    if (this.#run) Object.assign(this.#run, { on: false, ...(forGood && { whole: false }) })
    this.#run = null
    return this.#done
  }

  /**
   * Saves the session. Whatever happened until then is posted before.
   * @param {import('./host.js').Message} request
   */
  async save(request) {
    if (!this.#run) return this.#host.handle(request)
    // Asked for together, so that no turn comes between them.
    const report = this.#host.handle({ type: 'train', session: this.#session, steps: 0, sync: true })
    const saved = this.#host.handle(request)
    const told = this.#turned.then(async () => {
      this.#collect(/** @type {Trained} */ (await report))
      this.#flush()
    })
    const [reply] = await Promise.all([saved, told])
    return reply
  }

  /** @param {Run} run */
  async #play(run) {
    const session = this.#session
    try {
      if (run.on) await this.#train(run)
    } catch (error) {
      this.#post({ event: 'error', session, ...problemOf(error) })
    }
    if (this.#run === run) this.#run = null
    this.#post({ event: 'state', session, playing: false })
    // The button is free again; the long measurement comes after it.
    if (run.whole && !this.#run) await this.#measureNow(true).catch((error) => this.#post({ event: 'error', session, ...problemOf(error) }))
  }

  /** @param {Run} run */
  async #train(run) {
    const session = this.#session
    /** @type {number | null} */
    let step = null
    Object.assign(this.#measure, { at: performance.now(), epoch: null })
    this.#post({ event: 'state', session, playing: true })
    while (run.on) {
      const began = performance.now()
      const reply = await this.#turn(step)
      step = reply.step
      if (reply.status !== 'running' || step >= (this.#orders.until ?? Infinity)) break
      await this.#measureIfDue(reply.epoch)
      const { pace } = this.#orders
      await (pace ? sleep(Math.max(0, pace.every_ms - (performance.now() - began))) : macrotask())
    }
    this.#collect(/** @type {Trained} */ (await this.#host.handle({ type: 'train', session, steps: 0, sync: true })))
    this.#flush()
    await this.#measureNow(false)
  }

  /**
   * @param {number | null} step where the session stands; null when not yet known
   * @returns {Promise<Trained>}
   */
  async #turn(step) {
    const { until = Infinity, pace } = this.#orders
    // The first turn asks for nothing: it tells where the session stands.
    const left = step === null ? 0 : until - step
    const most = Math.min(left, pace?.steps ?? Infinity)
    const amount = Number.isFinite(most) ? { steps: most } : {}
    const limit = pace ? {} : { budget_ms: TURN_MS }
    const turn = /** @type {Promise<Trained>} */ (this.#host.handle({ type: 'train', session: this.#session, ...amount, ...limit }))
    const collected = turn.then((reply) => this.#collect(reply))
    this.#turned = collected.catch(() => {}) // said by whoever plays
    await collected
    return turn
  }

  /** @param {Trained} reply */
  #collect(reply) {
    const before = this.#unposted
    this.#unposted = before
      ? { ...reply, steps_done: before.steps_done + reply.steps_done, points: [...before.points, ...reply.points] }
      : reply
    // What broke training off is told at once, before a later reply can cover it.
    if (reply.status !== 'running' || performance.now() - this.#postedAt >= POST_EVERY_MS) this.#flush()
  }

  #flush() {
    if (!this.#unposted) return
    this.#post({ event: 'metrics', session: this.#session, ...this.#unposted })
    this.#unposted = null
    this.#postedAt = performance.now()
  }

  /** @param {number} epoch */
  async #measureIfDue(epoch) {
    const { at, took, epoch: last } = this.#measure
    const whole = this.#orders.glance !== undefined && last !== null && Math.floor(epoch) > last
    this.#measure.epoch = Math.floor(epoch)
    if (!whole && performance.now() - at < Math.max(MEASURE_REST_MS, took / MEASURE_SHARE)) return
    this.#flush()
    await this.#measureNow(whole)
  }

  /** @param {boolean} whole on all test examples, even if a glance is wanted otherwise */
  async #measureNow(whole) {
    const { details = false, glance } = this.#orders
    const amount = glance && !whole ? { start: 0, count: glance } : { details }
    const session = this.#session
    const began = performance.now()
    const reply = await this.#host.handle({ type: 'evaluate', session, split: 'test', ...amount })
    const ended = performance.now()
    Object.assign(this.#measure, { at: ended, took: whole ? this.#measure.took : ended - began })
    this.#post(/** @type {EngineEvent} */ ({ ...reply, event: 'evaluated', session }))
  }
}
