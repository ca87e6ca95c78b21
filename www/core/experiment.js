/**
 * One experiment as the page sees it: its spec, its session in the engine, how far it is, its curves. Every button and field acts
 * through this; views listen to it. May import the rest of core/ and lib/ without DOM.
 *
 * @typedef {import('./client.js').Client} Client
 * @typedef {import('./protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('./protocol.js').Evaluation} Evaluation
 * @typedef {import('./protocol.js').Opened} Opened
 * @typedef {import('./protocol.js').Pace} Pace
 * @typedef {import('./protocol.js').Point} Point
 * @typedef {import('./protocol.js').Trained} Trained
 * @typedef {import('./spec.js').Spec} Spec
 *
 * @typedef {object} Example a network the page offers
 * @property {string} id
 * @property {Spec} spec
 * @property {number} [epochs] training stops after so many, and after each further press after as many again
 * @property {{ name: string, pace?: Pace }[]} speeds the first is the default
 * @property {string} [measured] what test figures are measured on, where that is not separate test data
 * @property {boolean} [details] measure with the confusion matrix and the worst mistakes
 * @property {number} [glance] while training, measure on so many test examples: all of them take long
 * @property {(spec: Spec) => void} accept throws a SpecError for a spec that the example's view cannot show
 *
 * @typedef {object} Events
 * @property {Opened} opened a session was made or changed; the weights may be new
 * @property {null} refused no session could be made; what there was goes on
 * @property {null} restarted step 0 with fresh weights: what was shown is past
 * @property {Point[]} progress the steps since the last time
 * @property {Evaluation} evaluated
 * @property {boolean} playing
 * @property {Spec} spec
 * @property {import('./protocol.js').Problem | null} problem training broke off, or it is well again
 * @property {string} notice something to know, nothing to do
 */
import { at } from '../lib/at.js'
import { Emitter } from '../lib/emitter.js'
import { FormatError, readSafetensors } from '../lib/safetensors.js'
import { EngineError, problemOf } from './protocol.js'
import { Series } from './series.js'
import { formOf } from './spec.js'

/** @extends {Emitter<Events>} */
export class Experiment extends Emitter {
  step = 0
  epoch = 0
  stepsPerSecond = 0
  playing = false
  speed = 0
  /** @type {Opened | null} */
  opened = null
  /** @type {Evaluation | null} */
  evaluation = null
  curves = { loss: new Series(), accuracy: new Series(), testLoss: new Series(), testAccuracy: new Series() }
  /** What the visitor asked for last. `playing` follows, once the engine is there. */
  #wanted = false
  /** @type {Promise<unknown>} */
  #last = Promise.resolve()

  /**
   * @param {Client} client
   * @param {number} session
   * @param {Example} example
   * @param {Spec} spec
   * @param {DeviceChoice} device
   */
  constructor(client, session, example, spec, device) {
    super()
    this.client = client
    this.session = session
    this.example = example
    this.spec = spec
    this.device = device
    client.listen((event) => this.#receive(event))
  }

  /** Makes the session, or makes it anew: fresh weights, step 0. */
  open() {
    this.#wanted = false
    return this.#inTurn(() => this.#create())
  }

  async play() {
    this.#wanted = true
    // In turn: what was asked for before it, such as a reset, comes before it.
    await this.#guard(this.#inTurn(() => this.#start()))
  }

  async pause() {
    this.#wanted = false
    await this.#guard(this.client.call('pause', { session: this.session }))
  }

  toggle() {
    return this.#going ? this.pause() : this.play()
  }

  /** @param {number} speed index into the example's speeds */
  async setSpeed(speed) {
    this.speed = speed
    if (this.#going) await this.play()
  }

  async takeStep() {
    const { session, client } = this
    this.emit('problem', null)
    await this.pause()
    await this.#guard(
      this.#inTurn(async () => {
        this.#advance(await client.call('train', { session, steps: 1, sync: true }))
        await this.#measure()
      }),
    )
  }

  /**
   * Changes the spec. Rejects when the engine refuses it; the experiment then goes on as it was.
   * @param {(spec: Spec) => Spec} change
   */
  edit(change) {
    return this.#inTurn(async () => {
      const spec = change(this.spec)
      if (JSON.stringify(spec) === JSON.stringify(this.spec)) return
      if (!this.opened) return this.#create(spec)
      // Another seed is another run, from its first step.
      if (spec.seed !== this.spec.seed) return this.#standingStill(() => this.#create(spec))
      this.#opened(await this.client.call('set', { session: this.session, spec }), spec)
      if (this.#going) await this.#start()
      else await this.#measure()
    })
  }

  /** Goes on elsewhere, from where it is. @param {DeviceChoice} device */
  move(device) {
    return this.#inTurn(async () => {
      const { client, session } = this
      if (!this.opened) return this.#create(this.spec, device)
      await this.#standingStill(async () => {
        const { bytes } = await client.call('save', { session })
        this.#opened({ ...(await client.call('load', { ...this.#place(device), bytes })), kept: true }, this.spec, device)
      })
    })
  }

  /** @returns {Promise<Uint8Array<ArrayBuffer>>} a safetensors file */
  async save() {
    const { bytes } = await this.client.call('save', { session: this.session })
    return new Uint8Array(bytes)
  }

  /**
   * Goes on from a saved file. Rejects, and leaves everything as it is, when the file is not one of this example.
   * @param {Uint8Array} bytes
   */
  load(bytes) {
    return this.#inTurn(async () => {
      const spec = this.#specOf(bytes)
      const { session, client } = this
      await this.#standingStill(async () => {
        const opened = await client.call('load', { ...this.#place(this.device), spec, bytes })
        this.#wanted = false
        this.#restart()
        this.#opened({ ...opened, kept: true }, spec)
        this.#advance(await client.call('train', { session, steps: 0, sync: true }))
        await this.#measure()
      })
    })
  }

  /** The steps that training stops after, and after as many again; 0: it never stops by itself. */
  get round() {
    return (this.example.epochs ?? 0) * (this.opened?.steps_per_epoch ?? 0)
  }

  /** It plays, and nobody has asked it to stop. */
  get #going() {
    return this.playing && this.#wanted
  }

  /** Sends the engine off, or gives it new orders while it plays. */
  async #start() {
    const { client, session, opened, example, step, round } = this
    if (!opened || !this.#wanted) return
    this.emit('problem', null)
    const until = round ? (Math.floor(step / round) + 1) * round : undefined
    const orders = { until, pace: at(example.speeds, this.speed).pace, details: example.details, glance: example.glance }
    this.#played(true)
    await client.call('play', { session, ...orders }).catch((error) => {
      this.#played(false)
      throw error
    })
  }

  /**
   * Pauses for a change of the whole session and goes on after it, whether it worked or was refused.
   * @param {() => Promise<void>} change
   */
  async #standingStill(change) {
    const going = this.#going
    await this.client.call('pause', { session: this.session })
    try {
      await change()
    } finally {
      if (going) await this.#start()
    }
  }

  /** @param {boolean} playing */
  #played(playing) {
    if (playing === this.playing) return
    this.playing = playing
    this.emit('playing', playing)
  }

  /** @param {Uint8Array} bytes */
  #specOf(bytes) {
    try {
      const { metadata } = readSafetensors(bytes)
      if (!metadata.spec) throw new FormatError('it was not saved by tabgrad: it holds no experiment')
      const spec = formOf(JSON.parse(metadata.spec))
      this.example.accept(spec)
      return spec
    } catch (error) {
      const message = `This file cannot be used here: ${error instanceof Error ? error.message : error}.`
      throw new EngineError({ code: 'checkpoint', message, hint: 'Choose a file that was saved from this network on this page.' })
    }
  }

  /** @param {DeviceChoice} device */
  #place(device) {
    return { session: this.session, spec: this.spec, device }
  }

  /**
   * @param {Spec} [spec]
   * @param {DeviceChoice} [device]
   */
  async #create(spec = this.spec, device = this.device) {
    const { client, session } = this
    const opened = await client.call('create', { session, spec, device }).catch((error) => {
      this.emit('refused', null)
      throw error
    })
    this.#opened({ ...opened, kept: false }, spec, device)
    await this.#measure()
  }

  async #measure() {
    const { client, session, example } = this
    const amount = example.glance ? { start: 0, count: example.glance } : { details: example.details }
    this.#evaluated(await client.call('evaluate', { session, split: 'test', ...amount }))
  }

  /**
   * @param {Opened} opened
   * @param {Spec} spec
   * @param {DeviceChoice} [device]
   */
  #opened(opened, spec, device = this.device) {
    this.opened = opened
    this.spec = spec
    this.device = device
    if (!opened.kept) this.#restart()
    this.emit('opened', opened)
    this.emit('spec', spec)
  }

  #restart() {
    this.step = 0
    this.epoch = 0
    this.stepsPerSecond = 0
    this.evaluation = null
    for (const curve of Object.values(this.curves)) curve.clear()
    this.emit('problem', null)
    this.emit('restarted', null)
  }

  /** @param {import('./protocol.js').EngineEvent} event */
  #receive(event) {
    if (event.event === 'gone') {
      this.#played(false)
      return this.emit('problem', event)
    }
    if (!('session' in event) || event.session !== this.session) return
    switch (event.event) {
      case 'metrics':
        return this.#advance(event)
      case 'evaluated':
        return this.#evaluated(event)
      case 'state':
        return this.#played(event.playing)
      case 'error':
        return this.emit('problem', event)
      case 'recovered':
        this.step = event.step
        for (const curve of Object.values(this.curves)) curve.rewind(event.step)
        if (this.opened) this.#opened({ ...this.opened, device: event.device, kept: true }, this.spec)
        return this.emit('notice', `The graphics device was lost. Training continues from step ${event.step} on ${event.device.name}.`)
    }
  }

  /** @param {Trained} trained */
  #advance(trained) {
    this.step = trained.step
    this.epoch = trained.epoch
    this.stepsPerSecond = trained.steps_per_second
    for (const { step, loss, accuracy } of trained.points) {
      this.curves.loss.push(step, loss)
      if (accuracy !== null) this.curves.accuracy.push(step, accuracy)
    }
    this.emit('progress', trained.points)
    if (trained.status === 'non_finite') {
      const { tensor, step } = trained.problem ?? { tensor: 'a value', step: trained.step }
      this.emit('problem', {
        code: 'non_finite',
        message: `Training stopped: ${tensor} became infinite or not a number at step ${step}.`,
        hint: 'Lower the learning rate, then press Reset.',
      })
    }
  }

  /** @param {Evaluation & { step?: number }} evaluation */
  #evaluated(evaluation) {
    this.evaluation = evaluation
    const step = evaluation.step ?? this.step
    this.curves.testLoss.push(step, evaluation.loss)
    if (evaluation.accuracy !== null) this.curves.testAccuracy.push(step, evaluation.accuracy)
    this.emit('evaluated', evaluation)
  }

  /**
   * Changes of the session happen one after another.
   * @template T
   * @param {() => Promise<T>} job
   * @returns {Promise<T>}
   */
  #inTurn(job) {
    const result = this.#last.then(job)
    this.#last = result.catch(() => {})
    return result
  }

  /**
   * Shows a failure beside the play button.
   * @param {Promise<unknown>} work
   */
  async #guard(work) {
    try {
      await work
    } catch (error) {
      this.emit('problem', problemOf(error))
    }
  }
}
