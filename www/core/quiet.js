/** For what can wait until the visitor is served. Imports types only. */

/** The engine has been left alone for so long. */
const QUIET_MS = 1000

/**
 * Resolves when nothing has been opened or trained for a second.
 * @param {() => import('./experiment.js').Experiment | null} inView
 */
export async function leftAlone(inView) {
  let experiment
  do {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
    experiment = inView()
  } while (experiment && (!experiment.opened || experiment.playing))
}
