/** Keeps a copy of a session's state on the page, from which it goes on should the engine break. Imports nothing. */

/** No more of the training than this is lost: as much as when a GPU is lost. */
const EVERY_MS = 3000

export class Keeper {
  /** A saved file; null: the state is the one that the session began with. @type {Uint8Array | null} */
  bytes = null
  #timer = 0
  #save

  /** @param {() => Promise<Uint8Array>} save */
  constructor(save) {
    this.#save = save
  }

  /** There is something new to keep. */
  changed() {
    if (this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = 0
      // What cannot be saved now is saved after the next change.
      this.#save().then((bytes) => (this.bytes = bytes), () => {})
    }, EVERY_MS)
  }

  /** What was kept is past. */
  forget() {
    clearTimeout(this.#timer)
    this.#timer = 0
    this.bytes = null
  }
}
