/** For what can wait until the visitor is served. Imports types only. */

/** The engine has been left alone for so long. */
const QUIET_MS = 1000

/** Of an experiment that is being opened, or trains. @param {import('./experiment.js').Experiment} experiment */
export const busy = ({ opened, playing }) => !opened || playing

/**
 * Resolves when nothing has been opened or trained for a second.
 * @param {() => boolean} atWork whether something is, now
 */
export async function leftAlone(atWork) {
  do await new Promise((resolve) => setTimeout(resolve, QUIET_MS))
  while (atWork())
}
