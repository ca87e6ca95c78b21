/**
 * A network while it is edited: a draft of its layers, which the engine is asked about at each change. One that is right is put to use at once; one that is not stays
 * as it is, with what is wrong with it, while the network in use goes on. May import the rest of core/ and lib/ without DOM.
 *
 * @typedef {import('./draft.js').Node} Node
 * @typedef {import('./experiment.js').Experiment} Experiment
 * @typedef {import('./protocol.js').LayerReport} LayerReport
 * @typedef {import('./protocol.js').Problem} Problem
 * @typedef {import('./spec.js').Layer} Layer
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {{ problem: Problem, id: number | null, option: string }} Mistake id: of the layer that it is about; null: of none
 * @typedef {{ rows: ReadonlyMap<string, LayerReport>, memory: ReadonlyMap<string, number> }} Figures by the layers' paths; of layers behind a mistake there are none
 */
import { Emitter } from '../lib/emitter.js'
import { nameOfChange } from './change-name.js'
import { memoryOf } from './costs.js'
import { blamed, layersOf, stands, treeOf } from './draft.js'
import { History } from './history.js'
import { problemOf } from './protocol.js'
import { SpecError, formOf } from './spec.js'

/** @type {Figures} */
const NONE = { rows: new Map(), memory: new Map() }
/** Any network that ends so has a gradient and a loss: what comes before it is reckoned alone. */
const END = { layers: [{ type: 'Linear', out_features: 1 }], loss: { type: 'MSELoss' } }

/** @param {Spec} spec @param {import('./protocol.js').Report} report @returns {Figures} */
const figuresOf = (spec, report) => ({ rows: new Map(report.layers.map((row) => [row.path, row])), memory: memoryOf(spec, report).layers })

/** @param {unknown} error @returns {Problem} */
const whatIsWrong = (error) => (error instanceof SpecError ? { code: 'spec', message: error.message, at: error.at } : problemOf(error))

/** @extends {Emitter<{ changed: null, history: null }>} changed: the draft, or what is known of it */
export class Drafting extends Emitter {
  /** @type {Node[]} */
  tree
  /** @type {Mistake | null} */
  mistake = null
  /** @type {Figures} */
  figures = NONE
  /** Of the draft since it was last as the network in use. @type {History<Node[]>} */
  history
  #experiment
  /** The layers in use, in the one form. */
  #inUse
  /** The newest change of the draft. */
  #turn = 0
  #judging = 0

  /** @param {Experiment} experiment */
  constructor(experiment) {
    super()
    this.#experiment = experiment
    this.tree = treeOf(experiment.spec.layers)
    this.history = new History(this.tree)
    this.#inUse = this.#formOf(this.tree)
    this.#measure()
    experiment.on('spec', (spec) => this.#follow(spec))
  }

  /** Whether the draft is the network in use. */
  get inUse() {
    return this.#formOf(this.tree) === this.#inUse
  }

  /**
   * @param {(tree: Node[]) => Node[] | null} change null: nothing
   * @returns {Promise<void>} over when it is in use, or refused
   */
  edit(change) {
    const next = change(this.tree)
    if (!next) return Promise.resolve()
    const name = nameOfChange(this.#with(this.tree), this.#with(next))
    this.history.record(next, name)
    return this.#become(next)
  }

  /** To the layers in use. The draft can be brought back. */
  goBack() {
    return this.edit(() => treeOf(this.#experiment.spec.layers, this.tree))
  }

  undo() {
    return this.#travel(-1)
  }

  redo() {
    return this.#travel(1)
  }

  /** Forgets the draft: the network in use is about to be another one. */
  drop() {
    this.#begin(treeOf(this.#experiment.spec.layers, this.tree))
  }

  /** @param {-1 | 1} by @returns {Promise<string | null>} the name of what was taken back or done again */
  async #travel(by) {
    const entry = by < 0 ? this.history.back : this.history.forth
    if (!entry) return null
    this.history.step(by)
    await this.#become(entry.state)
    return entry.name
  }

  /** @param {Node[]} tree */
  #become(tree) {
    this.tree = tree
    this.emit('history', null)
    this.emit('changed', null)
    return this.#judge()
  }

  /** @param {Node[]} tree @returns {Spec} */
  #with(tree) {
    return formOf({ ...this.#experiment.spec, layers: layersOf(tree) })
  }

  /** @param {Node[]} tree */
  #formOf(tree) {
    return JSON.stringify(this.#with(tree).layers)
  }

  /** @param {Node[]} tree that is in use */
  #begin(tree) {
    this.tree = tree
    this.mistake = null
    this.history.begin(tree)
    this.emit('history', null)
    this.#measure()
    this.emit('changed', null)
  }

  #measure() {
    const { opened, spec } = this.#experiment
    this.figures = opened ? figuresOf(spec, opened.report) : NONE
  }

  /**
   * Another experiment is in use. A draft that is not gives way only to what it has become.
   * @param {Spec} spec
   */
  #follow(spec) {
    const followed = this.inUse
    this.#inUse = JSON.stringify(formOf(spec).layers)
    if (this.inUse) this.#begin(this.tree)
    else if (followed) this.#begin(treeOf(spec.layers, this.tree))
    else if (!this.#judging) void this.#judge()
  }

  async #judge() {
    const turn = ++this.#turn
    const newest = () => turn === this.#turn
    if (this.inUse) {
      this.mistake = null
      this.#measure()
      return this.emit('changed', null)
    }
    const { client, example } = this.#experiment
    const { layers } = this.#with(this.tree)
    const change = (/** @type {Spec} */ spec) => formOf({ ...spec, layers })
    this.#judging++
    try {
      const spec = change(this.#experiment.spec)
      const { report } = await client.call('check', { spec })
      if (!newest()) return
      this.figures = figuresOf(spec, report)
      example.accept(spec)
      await this.#experiment.edit((now) => change(now))
    } catch (error) {
      if (newest()) await this.#refuse(whatIsWrong(error), newest)
    } finally {
      this.#judging--
    }
  }

  /**
   * @param {Problem} problem
   * @param {() => boolean} newest
   */
  async #refuse(problem, newest) {
    const mistake = { problem, ...blamed(this.tree, problem.at ?? '') }
    // What the loss does not take, all layers have made.
    const figures = await this.#upTo(problem.at === 'loss' ? null : mistake.id)
    if (!newest()) return
    this.mistake = mistake
    this.figures = figures
    this.emit('changed', null)
  }

  /**
   * The figures of the layers before the one with this id, or the block that it is in.
   * @param {number | null} id null: all
   */
  async #upTo(id) {
    const index = this.tree.findIndex((node) => stands([node]).some((stand) => stand.node.id === id))
    const layers = layersOf(index < 0 ? this.tree : this.tree.slice(0, index))
    const spec = { ...this.#with(this.tree), ...END, layers: [...layers, ...END.layers] }
    try {
      const { report } = await this.#experiment.client.call('check', { spec })
      const figures = figuresOf(spec, report)
      return { ...figures, rows: new Map([...figures.rows].filter(([path]) => path !== `layers[${layers.length}]`)) }
    } catch {
      return NONE
    }
  }
}
