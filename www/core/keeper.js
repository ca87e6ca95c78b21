/** Keeps a copy of a session's state on the page, from which it goes on should the engine break or the page be left. Imports nothing. */

/** No more of the training than this is lost. */
const EVERY_MS = 5000

export class Keeper {
  /** A saved file; null: the state is the one that the session began with. @type {Uint8Array<ArrayBuffer> | null} */
  bytes = null
  /** 0: there is nothing new. @type {ReturnType<typeof setTimeout> | 0} */
  #timer = 0
  #save
  #kept

  /**
   * @param {() => Promise<Uint8Array<ArrayBuffer>>} save
   * @param {(bytes: Uint8Array<ArrayBuffer>) => void} kept hears of each copy that is made
   */
  constructor(save, kept) {
    this.#save = save
    this.#kept = kept
  }

  /** There is something new to keep. */
  changed() {
    this.#timer ||= setTimeout(() => void this.now(), EVERY_MS)
  }

  /** Keeps at once what is new. What cannot be saved now is saved after the next change. */
  async now() {
    if (!this.#timer) return
    this.#stop()
    await this.#save().then(
      (bytes) => this.#kept((this.bytes = bytes)),
      () => {},
    )
  }

  /** The state is that of a saved file; what was kept is past. @param {Uint8Array<ArrayBuffer> | null} bytes null: a fresh one */
  begin(bytes) {
    this.#stop()
    this.bytes = bytes
  }

  #stop() {
    clearTimeout(this.#timer)
    this.#timer = 0
  }
}
