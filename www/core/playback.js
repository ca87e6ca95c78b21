/**
 * Whether a session trains: what the visitor asked for, and what the engine does. May import types.
 *
 * @typedef {import('./session.js').Session} Session
 * @typedef {Parameters<Session['play']>[0]} Orders
 */

export class Playback {
  /** What the visitor asked for last. `playing` follows, once the engine is there. */
  wanted = false
  playing = false
  #session
  #orders
  #changed

  /**
   * @param {Session} session
   * @param {() => Orders} orders that it is sent off with
   * @param {(playing: boolean) => void} changed
   */
  constructor(session, orders, changed) {
    this.#session = session
    this.#orders = orders
    this.#changed = changed
  }

  /** It plays, and nobody has asked it to stop. */
  get going() {
    return this.playing && this.wanted
  }

  /** Sends the engine off, or gives it new orders while it plays. */
  async start() {
    this.played(true)
    try {
      await this.#session.play(this.#orders())
    } catch (error) {
      this.played(false)
      throw error
    }
  }

  /**
   * Pauses for a change of the whole session and goes on after it, whether it worked or was refused.
   * @param {() => Promise<void>} change
   */
  async standingStill(change) {
    const { going } = this
    await this.#session.pause()
    try {
      await change()
    } finally {
      if (going && this.wanted) await this.start()
    }
  }

  /** What the engine does now. @param {boolean} playing */
  played(playing) {
    if (playing === this.playing) return
    this.playing = playing
    this.#changed(playing)
  }
}
