/**
 * What some networks have to show besides curves, loaded when it is wanted. May import core/load, and views/ by loading them.
 *
 * @typedef {import('../views/workbench.js').Setting} Setting
 * @typedef {(setting: Setting, failed: (error: unknown) => void) => Promise<HTMLElement>} Picture failed: what the engine could not answer
 */
import { beside, loadModule } from '../core/load.js'

/**
 * @template M
 * @param {string} file
 * @param {() => Promise<M>} load
 */
const view = (file, load) => loadModule(beside(`../views/${file}`, import.meta.url), load)

/** By the view that shows the example. @type {{ [id: string]: Picture }} */
const PICTURES = {
  /** The decision map. */
  async playground({ client, experiment }, failed) {
    const [{ decisionMap }, { maps }] = await Promise.all([
      view('playground/decision.js', () => import('../views/playground/decision.js')),
      view('playground/maps.js', () => import('../views/playground/maps.js')),
    ])
    const decision = decisionMap()
    maps(client, experiment, {
      picture: (/** @type {import('../views/playground/maps.js').Picture} */ { output, regression }) => decision.show(output, { caption: '', regression }),
      points: decision.showPoints,
      failed,
    })
    experiment.on('evaluated', decision.describe)
    return decision.element
  },
  /** A sheet to draw on, or test images. */
  async images(setting) {
    const { guess } = await view('images/guess.js', () => import('../views/images/guess.js'))
    return guess(setting, /** @type {import('../examples/images.js').ImagesExample} */ (setting.experiment.example).pictures)
  },
  /** What it writes. */
  async text(setting) {
    const { writer } = await view('text/writer.js', () => import('../views/text/writer.js'))
    return writer(setting).element
  },
}

/** @type {(...given: Parameters<Picture>) => Promise<HTMLElement | null>} null: the network has none */
export async function pictureOf(setting, failed) {
  const { id, view = id } = setting.experiment.example
  return (await PICTURES[view]?.(setting, failed)) ?? null
}

/** How far data has come that is not there yet. @param {Setting} setting */
export async function progressOf({ experiment }) {
  if (!('name' in experiment.spec.data)) return null
  const { loading } = await loadModule(beside('../parts/loading.js', import.meta.url), () => import('../parts/loading.js'))
  return loading(experiment)
}
