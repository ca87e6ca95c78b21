/**
 * Keeps a network's run between visits: each copy that its experiment makes of itself goes to the store, and comes back from there.
 * May import the rest of core/ and lib/ without DOM.
 *
 * @typedef {import('./experiment.js').Experiment} Experiment
 * @typedef {import('./store.js').Saved} Saved
 * @typedef {{ version: string, next: { facts: import('./store.js').Facts, state: import('./store.js').State } | null }} Line
 *   a run as it was saved last ('': it was not yet), and what is to be written of it
 */
import { Emitter } from '../lib/emitter.js'
import { queue } from '../lib/queue.js'
import { keepInTab, keptInTab } from '../lib/settings.js'
import { specIn } from './example.js'
import { problemOf } from './protocol.js'
import { bringForward, savedOf, setAside, stateOf, write } from './store.js'

/** What does not change while the page is open. */
const LASTING = ['store-denied', 'store-newer']

/** @extends {Emitter<{ problem: import('./protocol.js').Problem | null, met: Saved }>} problem: why saving does not work, or that it does again; met: another tab trains it too; said once */
export class Keeping extends Emitter {
  /** @type {Line} */
  #line = { version: '', next: null }
  /** The versions that this tab knows of without having written them. @type {Set<string>} */
  #known = new Set()
  #met = false
  #experiment
  #network
  #inTurn = queue()

  /** @param {Experiment} experiment */
  constructor(experiment) {
    super()
    this.#experiment = experiment
    this.#network = experiment.example.id
    experiment.on('kept', (file) => this.#keep(file))
    experiment.on('restarted', () => this.#begin())
  }

  /**
   * What its network is taken up from in this tab: the run that the tab itself saved, or the newest.
   * @returns {Promise<{ saved: Saved | null, foreign: boolean }>} foreign: this tab's own has given way to it
   */
  async find() {
    const { now, before, refused } = await savedOf(this.#network)
    for (const one of [now, before, refused]) if (one) this.#known.add(one.version)
    const own = keptInTab(this.#key)
    const saved = [now, before].find((one) => one?.version === own) ?? now
    return { saved, foreign: Boolean(own && saved && saved.version !== own) }
  }

  /** What was put aside last: by a reset, by another file, by another tab. */
  async earlier() {
    await this.#inTurn(() => Promise.resolve())
    return (await savedOf(this.#network)).before
  }

  /**
   * Goes on from a saved run. What there is now is kept in its place. Rejects, and leaves everything as it is, when it cannot be opened.
   * @param {Saved} saved
   */
  async takeUp(saved) {
    const experiment = this.#experiment
    if (experiment.opened) await experiment.pause()
    await experiment.keep()
    await this.#inTurn(() => Promise.resolve())
    const { file, curves } = await stateOf(saved)
    const past = this.#line
    // It is put aside by what comes forward, not by the restart.
    this.#line = { version: '', next: null }
    try {
      await experiment.load(file, curves)
    } catch (error) {
      this.#line = past
      throw error
    }
    this.#wrote(this.#line, saved.version)
    await this.#inTurn(() => bringForward(saved)).catch((error) => this.emit('problem', problemOf(error)))
  }

  /** Under which its run was saved last; '': it was not. */
  get version() {
    return this.#line.version
  }

  get #key() {
    return `run.${this.#network}`
  }

  /** @param {Uint8Array<ArrayBuffer>} file */
  #keep(file) {
    const { example, run } = this.#experiment
    const { step, evaluation } = run
    const score = evaluation && { loss: evaluation.loss, accuracy: evaluation.accuracy }
    const facts = { network: this.#network, spec: specIn(example, file), step, score, when: Date.now(), size: file.length }
    const line = this.#line
    line.next = { facts, state: { file, curves: run.curveStates } }
    void this.#inTurn(() => this.#write(line))
  }

  /** Another run begins. */
  #begin() {
    const past = this.#line
    this.#line = { version: '', next: null }
    keepInTab(this.#key, '')
    void this.#inTurn(async () => {
      await this.#write(past)
      if (past.version) await setAside(this.#network, past.version).catch((error) => this.emit('problem', problemOf(error)))
    })
  }

  /**
   * What cannot be written now is copied and written again, where that may help.
   * @param {Line} line
   */
  async #write(line) {
    if (!line.next) return
    const { facts, state } = line.next
    line.next = null
    try {
      const { saved, other } = await write(facts, state, line.version)
      this.#wrote(line, saved.version)
      this.emit('problem', null)
      if (!other || this.#met || this.#known.has(other.version)) return
      this.#met = true
      this.emit('met', other)
    } catch (error) {
      const problem = problemOf(error)
      this.emit('problem', problem)
      if (line === this.#line && !LASTING.includes(problem.code)) this.#experiment.keepAgain()
    }
  }

  /**
   * @param {Line} line
   * @param {string} version
   */
  #wrote(line, version) {
    line.version = version
    if (line === this.#line) keepInTab(this.#key, version)
  }
}
