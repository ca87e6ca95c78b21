/**
 * A session of the engine by its messages: what is sent for what is wanted of it. Keeps nothing. May import types.
 *
 * @typedef {import('./client.js').Client} Client
 * @typedef {import('./example.js').Example} Example
 * @typedef {import('./protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('./protocol.js').Pace} Pace
 * @typedef {import('./spec.js').Spec} Spec
 */

export class Session {
  #client
  #session
  #example

  /**
   * @param {Client} client
   * @param {number} session
   * @param {Example} example says how it is measured
   */
  constructor(client, session, example) {
    this.#client = client
    this.#session = session
    this.#example = example
  }

  /**
   * With fresh weights, at step 0.
   * @param {Spec} spec
   * @param {DeviceChoice} device
   */
  create(spec, device) {
    return this.#client.call('create', { session: this.#session, spec, device })
  }

  /**
   * From a saved file, at the step at which it was saved.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {Spec} spec the one in the file
   * @param {DeviceChoice} device
   */
  async load(bytes, spec, device) {
    const opened = await this.#client.call('load', { session: this.#session, spec, bytes, device })
    return { ...opened, kept: true }
  }

  /** @param {Spec} spec */
  set(spec) {
    return this.#client.call('set', { session: this.#session, spec })
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer>>} a safetensors file */
  async save() {
    const { bytes } = await this.#client.call('save', { session: this.#session })
    return new Uint8Array(bytes)
  }

  /** @param {number} steps 0: only tells how far it is */
  train(steps) {
    return this.#client.call('train', { session: this.#session, steps, sync: true })
  }

  /** On the test data, or a part where all of it takes long. */
  measure() {
    const { glance, details } = this.#example
    const amount = glance ? { start: 0, count: glance } : { details }
    return this.#client.call('evaluate', { session: this.#session, split: 'test', ...amount })
  }

  /** @param {{ until?: number, pace?: Pace }} orders */
  async play(orders) {
    const { glance, details } = this.#example
    await this.#client.call('play', { session: this.#session, ...orders, details, glance })
  }

  async pause() {
    await this.#client.call('pause', { session: this.#session })
  }

  async close() {
    await this.#client.call('close', { session: this.#session })
  }
}
