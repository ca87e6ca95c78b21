/**
 * What some networks have to show besides curves, loaded when it is wanted. May import core/load, and views/ by loading them.
 *
 * @typedef {import('../views/workbench.js').Setting} Setting
 * @typedef {(setting: Setting, failed: (error: unknown) => void) => Promise<HTMLElement>} Picture failed: what the engine could not answer
 */
import { loadModule } from '../core/load.js'

/** @param {string} file */
const view = (file) => loadModule(new URL(`../views/${file}`, import.meta.url))

/** By the example's id. @type {{ [id: string]: Picture }} */
const PICTURES = {
  /** The decision map. */
  async playground({ client, experiment }, failed) {
    const [{ decisionMap }, { maps }] = await Promise.all([view('playground/decision.js'), view('playground/maps.js')])
    const decision = decisionMap()
    maps(client, experiment, {
      picture: (/** @type {import('../views/playground/maps.js').Picture} */ { output, regression }) => decision.show(output, { caption: '', regression }),
      points: decision.showPoints,
      failed,
    })
    experiment.on('evaluated', decision.describe)
    return decision.element
  },
  /** A sheet to draw a digit on. */
  async digits(setting) {
    const { guess } = await view('digits/guess.js')
    return guess(setting)
  },
}

/** @type {(...given: Parameters<Picture>) => Promise<HTMLElement | null>} null: the network has none */
export const pictureOf = async (setting, failed) => (await PICTURES[setting.experiment.example.id]?.(setting, failed)) ?? null

/** How far images have come that are not there yet. @param {Setting} setting */
export const progressOf = async (setting) => (setting.experiment.spec.data.type === 'Images' ? (await view('digits/view.js')).loading(setting) : null)
