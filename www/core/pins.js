/**
 * Runs that are kept to be compared: their curves, settings and figures, not their weights. They lie in the browser beside the saved runs.
 * May import the rest of core/ and lib/ without DOM.
 *
 * @typedef {import('./run.js').CurveStates} CurveStates
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {{ loss: number | null, accuracy: number | null }} Figures null: not measured
 *
 * @typedef {object} Pin
 * @property {string} id
 * @property {string} network the example's id
 * @property {string} name
 * @property {string} note
 * @property {boolean} shown among the curves
 * @property {number} slot the lowest that no other one had: it decides about how the curves look; -1: it was not kept by the visitor, but is the run
 *   before this one; the next such run takes its place
 * @property {Spec} spec
 * @property {number} step
 * @property {Figures} train
 * @property {Figures} test
 * @property {number | null} best the least loss on the test data
 * @property {CurveStates} curves
 * @property {number} when in ms, as of Date.now
 */
import { Emitter } from '../lib/emitter.js'
import { t } from '../lib/i18n.js'
import { problemOf } from './protocol.js'
import { onCleared, transact } from './store.js'

const EARLIER = -1
/** It is there without having been kept by the visitor. @param {Pin} pin */
export const isEarlier = ({ slot }) => slot === EARLIER

/**
 * Where a run stands.
 * @param {import('./run.js').Run} run
 */
export function standOf({ step, evaluation, curves }) {
  const tested = curves.testLoss.y.filter(Number.isFinite)
  return {
    step,
    train: { loss: curves.loss.y.at(-1) ?? null, accuracy: curves.accuracy.y.at(-1) ?? null },
    test: { loss: evaluation?.loss ?? null, accuracy: evaluation?.accuracy ?? null },
    best: tested.length ? Math.min(...tested) : null,
  }
}

/** @extends {Emitter<{ changed: null, problem: import('./protocol.js').Problem }>} problem: why the browser does not keep them */
export class Pins extends Emitter {
  /** Those of its network, in the order in which they were made. @type {Pin[]} */
  list = []
  #experiment
  #loaded
  /** Of the run that goes on, the step at which it was kept last. */
  #keptAt = 0

  /** @param {import('./experiment.js').Experiment} experiment */
  constructor(experiment) {
    super()
    this.#experiment = experiment
    this.#loaded = this.#load()
    experiment.on('ending', () => void (experiment.run.step !== this.#keptAt && this.#add(EARLIER)))
    experiment.on('restarted', () => (this.#keptAt = 0))
    onCleared(() => {
      this.list = []
      this.emit('changed', null)
    })
  }

  /** The run as it is now. @returns {Promise<Pin>} */
  keep() {
    this.#keptAt = this.#experiment.run.step
    return this.#add(null)
  }

  /** The run before this one stays, whatever comes after it. @param {Pin} pin */
  async keepEarlier(pin) {
    const { id, network } = pin
    const slot = this.#freeSlot()
    // Under an id of its own: the next such run takes the place under the old one.
    Object.assign(pin, { id: freshId(network), slot, name: nameOf(slot), shown: true })
    this.emit('changed', null)
    await this.#stored(({ pins }) => Promise.all([pins.delete(/** @type {any} */ (id)), pins.put(pin)]))
  }

  /** @param {Pin} pin @param {Partial<Pin>} change */
  async change(pin, change) {
    Object.assign(pin, change)
    this.emit('changed', null)
    await this.#stored(({ pins }) => pins.put(pin))
  }

  /** @param {Pin} pin */
  async remove(pin) {
    this.list = this.list.filter((one) => one !== pin)
    this.emit('changed', null)
    await this.#stored(({ pins }) => pins.delete(/** @type {any} */ (pin.id)))
  }

  /** @param {number | null} slot null: the next */
  async #add(slot) {
    const { example, spec, run } = this.#experiment
    const network = example.id
    const now = { network, note: '', spec, ...standOf(run), curves: run.curveStates, when: Date.now() }
    await this.#loaded
    const own = slot ?? this.#freeSlot()
    const kept = own !== EARLIER
    const id = kept ? freshId(network) : `${network} earlier`
    /** @type {Pin} */
    const pin = { ...now, id, slot: own, shown: kept, name: kept ? nameOf(own) : t('The run before') }
    this.list = [...this.list.filter((one) => one.id !== id), pin]
    this.emit('changed', null)
    // What the visitor did not ask for is not worth a complaint.
    await this.#stored(({ pins }) => pins.put(pin), kept)
    return pin
  }

  #freeSlot() {
    const used = new Set(this.list.map(({ slot }) => slot))
    let slot = 0
    while (used.has(slot)) slot++
    return slot
  }

  /** Where nothing can be saved, nothing can have been: that is said when there is something to save. */
  async #load() {
    const { id } = this.#experiment.example
    const found = await transact('readonly', ({ pins }) => /** @type {any} */ (pins).index('network').getAll(id)).catch(() => [])
    this.list = found.sort((/** @type {Pin} */ a, /** @type {Pin} */ b) => a.when - b.when)
    if (found.length) this.emit('changed', null)
  }

  /** @param {(tables: import('./store.js').Tables) => Promise<unknown>} job @param {boolean} [asked] by the visitor */
  async #stored(job, asked = true) {
    await transact('readwrite', job).catch((error) => {
      if (asked) this.emit('problem', { ...problemOf(error), hint: t('The runs to compare are there until this page is closed.') })
    })
  }
}

/** @param {string} network */
const freshId = (network) => `${network} ${Date.now()}.${Math.random().toString(36).slice(2)}`
/** @param {number} slot */
const nameOf = (slot) => t('Run {number}', { number: slot + 1 })
