/**
 * The element `<tab-grad>`: attributes and properties, events, and when its demo is there: from when it is seen, until it is taken out of the document.
 * All that is loaded before it is seen. May import options.js, core/load, core/protocol, lib/ and parts/notice; demo.js by loading it.
 *
 * @typedef {import('./demo.js').Demo} Demo
 * @typedef {import('./types.js').TabGradEvents} TabGradEvents
 */
import { beside, loadModule } from '../core/load.js'
import { problemOf } from '../core/protocol.js'
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { noticePlace } from '../parts/notice.js'
import { OPTIONS, propertyOf, valueOf } from './options.js'

/** Until its style is there: about the room that it will take. */
const RESERVED = ':host { display: block; min-height: 30em } :host([hidden]) { display: none }'

/** A server that renders pages may import it, too. @type {typeof HTMLElement} */
const Base = globalThis.HTMLElement ?? class {}

export class TabGrad extends Base {
  /** The address of a site of tabgrad, with a slash at its end: it has the data sets, and networks are opened there. Null: there is none. @type {string | null} */
  static site = null
  static observedAttributes = Object.keys(OPTIONS)

  #root = this.attachShadow({ mode: 'open' })
  #eye = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => isIntersecting) && void this.#load())
  /** The demo, or that it is on its way; null in it: it did not come, and that is said in its place. @type {Promise<Demo | null> | null} */
  #coming = null
  /** @type {Demo | null} */
  #demo = null
  /** Counts the demos: what is over is not heard any more. */
  #visit = 0

  connectedCallback() {
    // What was set on the element before it was one of these.
    for (const property of Object.keys(OPTIONS).map(propertyOf)) {
      if (!Object.hasOwn(this, property)) continue
      const value = Reflect.get(this, property)
      Reflect.deleteProperty(this, property)
      Reflect.set(this, property, value)
    }
    if (this.#coming) return // It was only moved.
    const reserved = new CSSStyleSheet()
    reserved.replaceSync(RESERVED)
    this.#root.adoptedStyleSheets = [reserved]
    this.#root.replaceChildren(h('slot'))
    this.#eye.observe(this)
  }

  disconnectedCallback() {
    // An element that is moved is taken out first.
    queueMicrotask(() => this.isConnected || this.#close())
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} now
   */
  attributeChangedCallback(name, before, now) {
    if (before === now || !this.#coming || name === 'autoplay') return
    void this.#coming.then((demo) => void (demo && name !== 'src' ? demo.apply() : this.#again()))
  }

  /** Trains, until it is at its end or paused. Resolves when it has begun, or when the error is shown. */
  async train() {
    await (await this.#load())?.experiment.play()
  }

  async pause() {
    await (await this.#coming)?.experiment.pause()
  }

  /** One step. */
  async step() {
    await (await this.#load())?.experiment.takeStep()
  }

  /** Fresh weights, step 0. */
  async reset() {
    await (await this.#load())?.reset()
  }

  /** How far it is, as the event `metrics` tells it; null: it is not loaded. */
  get metrics() {
    return this.#demo?.metrics() ?? null
  }

  get training() {
    return this.#demo?.experiment.playing ?? false
  }

  /** The experiment as one object, as the engine has it; null: it is not loaded. */
  get spec() {
    return this.#demo?.experiment.spec ?? null
  }

  /** @returns {Promise<Demo | null>} */
  #load() {
    this.#eye.disconnect()
    if (!this.isConnected) return Promise.resolve(null)
    return (this.#coming ??= this.#open())
  }

  /** @returns {Promise<Demo | null>} */
  async #open() {
    const visit = this.#visit
    /** @type {import('./demo.js').Tell} */
    const tell = (name, detail) => void (visit === this.#visit && this.dispatchEvent(new CustomEvent(name, { detail })))
    try {
      const { openDemo } = await loadModule(beside('demo.js', import.meta.url), () => import('./demo.js'))
      const demo = await openDemo(this, this.#root, TabGrad.site, tell)
      if (visit !== this.#visit) {
        demo.close()
        return null
      }
      this.#demo = demo
      this.#root.replaceChildren(demo.element)
      void demo.begin()
      return demo
    } catch (error) {
      if (visit === this.#visit) this.#failed(problemOf(error), tell)
      return null
    }
  }

  /**
   * @param {import('../core/protocol.js').Problem} problem
   * @param {import('./demo.js').Tell} tell
   */
  #failed(problem, tell) {
    const notices = noticePlace()
    notices.problem(problem, { name: t('Try again'), run: () => void this.#again() })
    this.#root.replaceChildren(notices.element, h('slot'))
    tell('error', problem)
  }

  #again() {
    this.#close()
    return this.#load()
  }

  #close() {
    this.#visit++
    this.#demo?.close()
    this.#demo = null
    this.#coming = null
    this.#eye.disconnect()
    this.#root.replaceChildren()
  }
}

// Properties mirror the attributes: text, numbers, and whether autoplay is there.
for (const attribute of Object.keys(OPTIONS)) {
  Object.defineProperty(TabGrad.prototype, propertyOf(attribute), {
    configurable: true,
    enumerable: true,
    /** @this {TabGrad} */
    get() {
      return valueOf(this, attribute)
    },
    /** @this {TabGrad} @param {unknown} value */
    set(value) {
      if (value === null || value === undefined || value === false) this.removeAttribute(attribute)
      else this.setAttribute(attribute, value === true ? '' : String(value))
    },
  })
}
