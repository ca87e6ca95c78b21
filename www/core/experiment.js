/**
 * One experiment as the page sees it: its spec, its session in the engine, its run. Every button and field acts through this; views
 * listen to it. May import the rest of core/ and lib/ without DOM.
 *
 * @typedef {import('./client.js').Client} Client
 * @typedef {import('./example.js').Example} Example
 * @typedef {import('./protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('./protocol.js').Evaluation} Evaluation
 * @typedef {import('./protocol.js').Opened} Opened
 * @typedef {import('./protocol.js').Point} Point
 * @typedef {import('./protocol.js').Trained} Trained
 * @typedef {import('./spec.js').Spec} Spec
 *
 * @typedef {object} Events
 * @property {Opened} opened a session was made or changed; the weights may be new
 * @property {null} refused no session could be made; what there was goes on
 * @property {{ received: number, total: number }} loading its data set is on its way
 * @property {null} ending what was trained is about to be past: the run, its settings and its curves are there for the last time
 * @property {null} restarted step 0 with fresh weights: what was shown is past
 * @property {Point[]} progress the steps since the last time
 * @property {Evaluation} evaluated
 * @property {boolean} playing
 * @property {Spec} spec
 * @property {null} history there is something else to undo or redo
 * @property {import('./protocol.js').Problem | null} problem training broke off, or it is well again
 * @property {string} notice something to know, nothing to do
 * @property {Uint8Array<ArrayBuffer>} kept a saved file of now, the run being as far as it: made some seconds after it was trained or changed
 */
import { at } from '../lib/at.js'
import { Emitter } from '../lib/emitter.js'
import { said, t } from '../lib/i18n.js'
import { queue } from '../lib/queue.js'
import { nameOfChange } from './change-name.js'
import { specIn } from './example.js'
import { History } from './history.js'
import { Keeper } from './keeper.js'
import { Playback } from './playback.js'
import { problemOf } from './protocol.js'
import { Run } from './run.js'
import { Session } from './session.js'

/** @extends {Emitter<Events>} */
export class Experiment extends Emitter {
  run = new Run()
  speed = 0
  /** @type {Opened | null} */
  opened = null
  #session
  #playback
  /** The step that the visitor sent it off to. */
  #stopAt = Infinity
  #keeper
  #stopListening
  /** Changes of the session happen one after another. */
  #inTurn = queue()

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
    /** Of the spec: each change that was taken. A file, or another experiment from elsewhere, begins a new one. */
    this.history = new History(spec)
    this.#session = new Session(client, session, example)
    this.#playback = new Playback(this.#session, () => this.#orders(), (playing) => this.emit('playing', playing))
    this.#keeper = new Keeper(
      () => this.save(),
      (bytes) => this.emit('kept', bytes),
    )
    this.#stopListening = client.listen((event) => this.#receive(event))
  }

  get playing() {
    return this.#playback.playing
  }

  /** The steps that training stops after, and after as many again; 0: it never stops by itself. */
  get round() {
    const { epochs = 0, steps } = this.example
    return steps ?? epochs * (this.opened?.steps_per_epoch ?? 0)
  }

  /** What the schedule of `spec` has to last for: the steps of the example's epochs. 0: it has none, or its data is not there yet. @param {Spec} spec */
  scheduleSteps({ batch_size, accumulate = 1 }) {
    const { epochs = 0 } = this.example
    return epochs && this.opened ? Math.max(1, epochs * Math.floor(this.opened.train_count / (batch_size * accumulate))) : 0
  }

  /** Training has come to the end that it was sent off to. */
  get complete() {
    const { playing, run, round } = this
    return !playing && run.step > 0 && round > 0 && run.step % round === 0
  }

  /** Makes the session, or makes it anew: fresh weights, step 0. */
  open() {
    this.#playback.wanted = false
    return this.#inTurn(async () => {
      await this.#createAfresh(this.spec)
      this.#beginHistory()
    })
  }

  /** Where the spec came from elsewhere: what was before it is another experiment's. */
  #beginHistory() {
    if (JSON.stringify(this.history.now) === JSON.stringify(this.spec)) return
    this.history.begin(this.spec)
    this.emit('history', null)
  }

  /** Ends it: nothing more is heard of it. */
  close() {
    this.#stopListening()
    this.#keeper.begin(null)
    return this.#inTurn(() => this.#session.close())
  }

  play() {
    this.#stopAt = Infinity
    return this.#play()
  }

  /** To the end of the epoch. */
  playEpoch() {
    const { run, opened } = this
    const steps = opened?.steps_per_epoch ?? Infinity
    this.#stopAt = (Math.floor(run.step / steps) + 1) * steps
    return this.#play()
  }

  async #play() {
    this.#playback.wanted = true
    // In turn: what was asked for before it, such as a reset, comes before it.
    await this.#guard(this.#inTurn(() => this.#start()))
  }

  async pause() {
    this.#playback.wanted = false
    await this.#guard(this.#session.pause())
  }

  toggle() {
    return this.#playback.going ? this.pause() : this.play()
  }

  /** @param {number} speed index into the example's speeds */
  async setSpeed(speed) {
    this.speed = speed
    if (this.#playback.going) await this.#play()
  }

  async takeStep() {
    this.emit('problem', null)
    await this.pause()
    await this.#guard(this.#inTurn(() => this.#train(1)))
  }

  /**
   * Changes the spec. Rejects when the engine refuses it; the experiment then goes on as it was.
   * @param {(spec: Spec) => Spec} change
   */
  edit(change) {
    return this.#inTurn(async () => {
      const before = this.spec
      const spec = change(before)
      if (JSON.stringify(spec) === JSON.stringify(before)) return
      try {
        await this.#change(spec)
      } finally {
        // It was taken, even if the engine broke when it measured it.
        if (this.spec === spec) {
          this.history.record(spec, nameOfChange(before, spec))
          this.emit('history', null)
        }
      }
    })
  }

  undo() {
    return this.#travel(-1)
  }

  redo() {
    return this.#travel(1)
  }

  /**
   * To the spec before or after this one in its history. Rejects when the engine refuses it; the experiment then goes on as it was.
   * @param {-1 | 1} by
   * @returns {Promise<string | null>} the name of what was taken back or done again; null: there was nothing
   */
  #travel(by) {
    return this.#inTurn(async () => {
      const { history } = this
      const entry = by < 0 ? history.back : history.forth
      if (!entry) return null
      try {
        await this.#change(entry.state)
      } finally {
        if (this.spec === entry.state) {
          history.step(by)
          this.emit('history', null)
        }
      }
      return entry.name
    })
  }

  /** @param {Spec} spec */
  async #change(spec) {
    if (!this.opened) return this.#create(spec)
    // Another seed is another run, from its first step.
    if (spec.seed !== this.spec.seed) return this.#playback.standingStill(() => this.#createAfresh(spec).then(() => this.#keeper.changed()))
    this.#opened(await this.#session.set(spec), spec)
    this.#keeper.changed()
    if (this.#playback.going) await this.#start()
    else await this.#measure()
  }

  /** Goes on elsewhere, from where it is. @param {DeviceChoice} device */
  move(device) {
    return this.#inTurn(async () => {
      if (!this.opened) return this.#create(this.spec, device)
      await this.#playback.standingStill(async () => {
        const bytes = await this.save()
        this.#opened(await this.#session.load(bytes, this.spec, device), this.spec, device)
      })
    })
  }

  /** A safetensors file: weights, the optimiser's state, settings. */
  save() {
    return this.#session.save()
  }

  /** Makes sure that what is new has been kept, as far as it can be. */
  keep() {
    return this.#keeper.now()
  }

  /** Keeps it once more, some seconds from now, though nothing is new. */
  keepAgain() {
    this.#keeper.changed()
  }

  /**
   * Goes on from a saved file. Rejects, and leaves everything as it is, when the file is not one of this example.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {import('./run.js').CurveStates} [curves] of the run that it was saved from; without them, it is a change made here
   */
  load(bytes, curves) {
    return this.#inTurn(async () => {
      const spec = specIn(this.example, bytes)
      await this.#playback.standingStill(async () => {
        await this.keep()
        const opened = await this.#orRefused(this.#session.load(bytes, spec, this.device))
        this.#playback.wanted = false
        this.#end()
        this.#restart()
        this.#keeper.begin(bytes)
        if (curves) this.run.takeUp(curves)
        else this.#keeper.changed()
        this.#opened(opened, spec)
        this.history.begin(spec)
        this.emit('history', null)
        this.emit('progress', this.run.points)
        await this.#train(0)
      })
    })
  }

  /** Makes the session in a new engine, from the last state that was kept of it, with the settings as they are now. */
  async #bringBack() {
    const { spec, run } = this
    const { bytes } = this.#keeper
    if (!bytes) {
      const lost = run.step > 0
      await this.#create()
      if (lost) this.emit('notice', t('The engine was started anew, with fresh weights: none had been kept yet.'))
      return
    }
    const saved = specIn(this.example, bytes)
    const opened = await this.#session.load(bytes, saved, this.device)
    run.rewind(opened.step)
    this.#opened(opened, saved)
    if (JSON.stringify(spec) !== JSON.stringify(saved)) this.#opened(await this.#session.set(spec), spec)
    await this.#train(0)
    this.emit('notice', t('The engine was started anew, with this network as it was at step {step}.', { step: run.step }))
  }

  /** @param {number} steps 0: only learns how far it is */
  async #train(steps) {
    this.#advance(await this.#session.train(steps))
    await this.#measure()
  }

  /** Sends the engine off, or gives it new orders while it plays. */
  async #start() {
    if (!this.opened || !this.#playback.wanted) return
    this.emit('problem', null)
    await this.#playback.start()
  }

  #orders() {
    const { round, run, example, speed } = this
    const end = round ? (Math.floor(run.step / round) + 1) * round : Infinity
    const until = Math.min(end, this.#stopAt > run.step ? this.#stopAt : Infinity)
    return { until: until === Infinity ? undefined : until, pace: at(example.speeds, speed).pace }
  }

  /**
   * @param {Spec} [spec]
   * @param {DeviceChoice} [device]
   */
  async #create(spec = this.spec, device = this.device) {
    const opened = await this.#orRefused(this.#session.create(spec, device))
    this.#opened({ ...opened, kept: false }, spec, device)
    await this.#measure()
  }

  /**
   * @template T
   * @param {Promise<T>} session
   */
  #orRefused(session) {
    return session.catch((error) => {
      this.emit('refused', null)
      throw error
    })
  }

  /** What there was is kept before. @param {Spec} spec */
  async #createAfresh(spec) {
    await this.keep()
    await this.#create(spec)
  }

  async #measure() {
    this.#evaluated(await this.#session.measure())
  }

  /**
   * @param {Opened} opened
   * @param {Spec} spec
   * @param {DeviceChoice} [device]
   */
  #opened(opened, spec, device = this.device) {
    if (!opened.kept) this.#end()
    this.opened = opened
    this.spec = spec
    this.device = device
    if (!opened.kept) this.#restart()
    this.emit('opened', opened)
    this.emit('spec', spec)
  }

  #end() {
    if (this.run.step > 0) this.emit('ending', null)
  }

  #restart() {
    this.run.restart()
    this.#keeper.begin(null)
    this.emit('problem', null)
    this.emit('restarted', null)
  }

  /** @param {import('./protocol.js').EngineEvent} event */
  #receive(event) {
    if (event.event === 'gone') {
      this.#playback.wanted = false
      this.#playback.played(false)
      return this.emit('problem', event)
    }
    if (event.event === 'renewed') {
      this.emit('problem', null)
      // Should it not work, it may be tried again.
      return void this.#inTurn(() => this.#bringBack()).catch((error) => this.emit('problem', { ...problemOf(error), code: 'gone' }))
    }
    if (event.event === 'dataset') return void ('name' in this.spec.data && this.spec.data.name === event.name && this.emit('loading', event))
    if (!('session' in event) || event.session !== this.session) return
    switch (event.event) {
      case 'metrics':
        return this.#advance(event)
      case 'evaluated':
        return this.#evaluated(event)
      case 'state':
        return this.#playback.played(event.playing)
      case 'error':
        return this.emit('problem', event)
      case 'recovered':
        this.run.rewind(event.step)
        if (this.opened) this.#opened({ ...this.opened, device: event.device, kept: true }, this.spec)
        return this.emit('notice', t('The graphics device was lost. Training continues from step {step} on {device}.', { step: event.step, device: said(event.device.name) }))
    }
  }

  /** @param {Trained} trained */
  #advance(trained) {
    this.run.advance(trained)
    if (trained.steps_done) this.#keeper.changed()
    this.emit('progress', trained.points)
    if (trained.status === 'non_finite') {
      const { tensor, step } = trained.problem ?? { tensor: t('a value'), step: trained.step }
      this.emit('problem', {
        code: 'non_finite',
        message: t('Training stopped: {tensor} became infinite or not a number at step {step}.', { tensor: said(tensor), step }),
        hint: t('Lower the learning rate, then press Reset.'),
      })
    }
  }

  /** @param {Evaluation & { step?: number }} evaluation */
  #evaluated(evaluation) {
    this.run.measured(evaluation)
    this.emit('evaluated', evaluation)
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
