/**
 * A session for programs: one network with its data, which trains, is measured, predicts and is saved. What it says is in core/protocol's words.
 * May import core/ and lib/macrotask.
 *
 * @typedef {import('../core/client.js').Client} Client
 * @typedef {import('../core/protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('../core/protocol.js').Evaluation} Evaluation
 * @typedef {import('../core/protocol.js').Examples} Examples
 * @typedef {import('../core/protocol.js').Opened} Opened
 * @typedef {import('../core/protocol.js').Point} Point
 * @typedef {import('../core/protocol.js').Prediction} Prediction
 * @typedef {import('../core/protocol.js').Split} Split
 * @typedef {import('../core/protocol.js').Trained} Trained
 * @typedef {import('../core/spec.js').ImagesData} ImagesData
 * @typedef {import('../core/spec.js').PointsData} PointsData
 * @typedef {import('../core/spec.js').Spec} FullSpec
 * @typedef {import('../core/spec.js').TableData} TableData
 * @typedef {import('../core/spec.js').TextData} TextData
 *
 * @typedef {Pick<PointsData, 'type' | 'shape'> & Partial<PointsData>} Points
 * @typedef {Pick<ImagesData, 'type' | 'name'> & Partial<ImagesData>} Images
 * @typedef {{ data: TableData | Points | Images | TextData }} SpecData
 * @typedef {Omit<FullSpec, 'name' | 'batch_size' | 'seed' | 'data'> & Partial<Pick<FullSpec, 'name' | 'batch_size' | 'seed'>> & SpecData} Spec an
 *   experiment: network, loss, optimizer, data; batches of 32 and the seed 0, where it does not say otherwise
 *
 * @typedef {{ images: Uint8Array, labels: Uint8Array }} LabelledImages all pixels, 0 to 255, one image after another as the Spec's `input` says
 *   ([channels, height, width]), and the number of each image's class
 * @typedef {{ train: LabelledImages, test: LabelledImages } | { text: string | Uint8Array }} Data what a Spec's data of the type Images or Text is
 *
 * @typedef {object} OpenOptions
 * @property {DeviceChoice} [device] "auto", if it is left out: the one that is predicted to be faster
 * @property {Data} [data] own images or an own text; without it, the Spec's data set comes from the engine's `site`
 *
 * @typedef {object} Progress
 * @property {number} step steps since the weights were made
 * @property {number} epoch
 * @property {Point[]} points what the steps since the last time report
 * @property {number} steps_per_second
 *
 * @typedef {object} TrainOptions
 * @property {number} [steps] this, or `epochs`
 * @property {number} [epochs]
 * @property {AbortSignal} [signal] stops it, soon: the promise is rejected with the signal's reason, and the session stays as it is by then
 * @property {(progress: Progress) => void} [onProgress] called some twenty times a second
 */
import { EngineError } from '../core/protocol.js'
import { macrotask } from '../lib/macrotask.js'

/** Other requests get in between turns, and where there is no worker, everything else. */
const TURN_MS = 50

/**
 * @param {string} message
 * @param {string} hint
 */
const mistake = (message, hint) => new EngineError({ code: 'option', message, hint })

/**
 * What an engine answers, without the protocol's own fields; that it is gone, with what a program can do about it.
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T>}
 */
export async function asked(answer) {
  try {
    const { id: _id, ok: _ok, ...reply } = /** @type {any} */ (await answer)
    return reply
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'gone') throw error
    throw new EngineError({ code: 'gone', message: error.message, hint: 'Start another one with createEngine(), and load what was saved.' })
  }
}

/**
 * In Node there is the CPU alone, and the engine must not look for more.
 * @param {DeviceChoice} device
 */
function within(device) {
  if ('Worker' in globalThis) return device
  if (device === 'webgpu') throw new EngineError({ code: 'device', message: 'There is no WebGPU in Node.', hint: 'Leave device out, or choose "cpu".' })
  return 'cpu'
}

/**
 * @param {Data | undefined} data
 * @returns {object} as the engine takes it
 */
function content(data) {
  if (!data) return {}
  if ('text' in data) return { text: typeof data.text === 'string' ? new TextEncoder().encode(data.text) : data.text }
  return data
}

/** @typedef {ArrayLike<number> | readonly Nested[]} Nested numbers, or lists of them */

/** @type {(example: any) => ArrayLike<number>} its numbers in a row */
const flat = (example) => (Array.isArray(example) ? example.flat(Infinity) : example)

/** @param {readonly Nested[]} examples */
function inputsOf(examples) {
  const loose = !Array.isArray(examples) || examples.some((example) => typeof example !== 'object')
  if (loose) throw mistake('predict takes a list of examples, and each is a list of numbers.', 'For a single example write predict([example]).')
  const rows = examples.map(flat)
  const inputs = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const row of rows) {
    inputs.set(row, at)
    at += row.length
  }
  return inputs
}

export class Session {
  #client
  #session
  /** @type {Spec} */
  #spec
  /** @type {Opened} */
  #opened
  #step

  /**
   * @param {Client} client
   * @param {number} session
   * @param {Spec} spec
   * @param {Opened} opened
   */
  constructor(client, session, spec, opened) {
    this.#client = client
    this.#session = session
    this.#spec = spec
    this.#opened = opened
    this.#step = opened.step ?? 0
  }

  /**
   * @param {Client} client
   * @param {number} session
   * @param {Spec} given
   * @param {Uint8Array | null} bytes null: with fresh weights
   * @param {OpenOptions} [options]
   */
  static async open(client, session, given, bytes, { device = 'auto', data } = {}) {
    const spec = /** @type {FullSpec} */ (given)
    const start = { session, spec, device: within(device), ...content(data) }
    return new Session(client, session, spec, await asked(bytes ? client.call('load', { ...start, bytes }) : client.call('create', start)))
  }

  /** The experiment. */
  get spec() {
    return this.#spec
  }

  /** What it runs on, and why. */
  get device() {
    return this.#opened.device
  }

  /** Layers, parameters and memory of the network. */
  get report() {
    return this.#opened.report
  }

  /** How many examples it is trained on. */
  get train_count() {
    return this.#opened.train_count
  }

  /** How many it is tested on. */
  get test_count() {
    return this.#opened.test_count
  }

  get steps_per_epoch() {
    return this.#opened.steps_per_epoch
  }

  /** Of a text: its characters, in the order of their numbers. */
  get vocabulary() {
    return this.#opened.vocabulary ?? null
  }

  /** Steps since the weights were made. */
  get step() {
    return this.#step
  }

  /**
   * Trains on. Rejects with the code `non_finite` when a value is no longer finite: the weights are those of before that step.
   * @param {TrainOptions} options
   * @returns {Promise<Progress>} with the points of all these steps
   */
  async train({ steps, epochs, signal, onProgress }) {
    const amount = steps ?? Math.round((epochs ?? NaN) * this.steps_per_epoch)
    if (!Number.isSafeInteger(amount) || amount < 0 || (steps !== undefined && epochs !== undefined)) {
      throw mistake('train takes either a whole number of steps, or epochs.', 'Write train({ steps: 100 }) or train({ epochs: 1 }).')
    }
    const until = this.#step + amount
    /** @type {Point[]} */
    const points = []
    for (;;) {
      signal?.throwIfAborted()
      const left = until - this.#step
      // The last one waits for what is under way on the device, and brings the points that are still out.
      const turn = await this.#call('train', left > 0 ? { steps: left, budget_ms: TURN_MS } : { steps: 0, sync: true })
      this.#step = turn.step
      points.push(...turn.points)
      onProgress?.({ step: turn.step, epoch: turn.epoch, points: turn.points, steps_per_second: turn.steps_per_second })
      if (turn.status === 'non_finite') throw this.#broke(turn)
      if (left > 0) await macrotask()
      else return { step: turn.step, epoch: turn.epoch, points, steps_per_second: turn.steps_per_second }
    }
  }

  /**
   * Loss and accuracy over all examples of a part of the data, or some of them.
   * @param {Split} [split] "test", if it is left out
   * @param {{ start?: number, count?: number, details?: boolean }} [options] details: also which classes are taken for which, and the worst mistakes
   * @returns {Promise<Evaluation>}
   */
  evaluate(split = 'test', options) {
    return this.#call('evaluate', { ...options, split })
  }

  /**
   * What the network gives for examples that need not be of its data: points, rows of a table, pixels from 0 to 1, numbers of characters.
   * @param {readonly Nested[]} examples each a list of its numbers, flat or nested
   * @param {{ layers?: boolean }} [options] layers: also what each layer gives
   * @returns {Promise<Prediction>}
   */
  async predict(examples, options) {
    return await this.#call('predict', { ...options, inputs: inputsOf(examples), count: examples.length })
  }

  /**
   * The numbers of a text's characters, to predict from.
   * @param {string} text
   * @returns {Promise<Float32Array>}
   */
  async encode(text) {
    return (await this.#call('encode', { text })).ids
  }

  /**
   * Examples of its data, as people see them.
   * @param {Split} split
   * @param {{ start?: number, count?: number }} [options]
   * @returns {Promise<Examples>}
   */
  examples(split, { start = 0, count = 1 } = {}) {
    return this.#call('data', /** @type {any} */ ({ split, start, count }))
  }

  /**
   * The values of a parameter, as PyTorch names it: "0.weight".
   * @param {string} name
   * @returns {Promise<{ shape: number[], data: Float32Array }>}
   */
  async read(name) {
    const { shape, data } = await this.#call('read', { name })
    return { shape, data }
  }

  /**
   * Sets a parameter.
   * @param {string} name
   * @param {Float32Array} data row-major
   */
  async write(name, data) {
    await this.#call('write', { name, data })
  }

  /**
   * Changes the experiment, such as its learning rate.
   * @param {Spec} spec
   * @returns {Promise<boolean>} whether the weights live on: they do, if they fit
   */
  async set(spec) {
    this.#opened = await this.#call('set', { spec: /** @type {FullSpec} */ (spec) })
    this.#spec = spec
    const kept = this.#opened.kept ?? false
    if (!kept) this.#step = 0
    return kept
  }

  /**
   * Everything that it takes to go on: weights, the optimizer's state, the experiment.
   * @returns {Promise<Uint8Array<ArrayBuffer>>} a safetensors file
   */
  async save() {
    return new Uint8Array((await this.#call('save', {})).bytes)
  }

  /** Ends it, and frees its memory. */
  async close() {
    await this.#call('close', {})
  }

  /** @param {Trained} trained */
  #broke({ problem, step }) {
    const { tensor, step: at } = problem ?? { tensor: 'a value', step }
    return new EngineError({ code: 'non_finite', message: `Training stopped: ${tensor} became infinite or not a number at step ${at}.`, hint: 'Lower the learning rate.' })
  }

  /**
   * @template {keyof import('../core/protocol.js').Calls} K
   * @param {K} type
   * @param {Omit<import('../core/protocol.js').Calls[K][0], 'session'>} fields
   * @returns {Promise<import('../core/protocol.js').Calls[K][1]>}
   */
  #call(type, fields) {
    return asked(this.#client.call(type, /** @type {any} */ ({ ...fields, session: this.#session })))
  }
}
