/**
 * How fast the devices of this machine are, so that the automatic choice goes by figures: the engine measures it once, and this browser keeps it between
 * visits. In pages of others it is kept for as long as they are open. May import lib/settings, place.js and quiet.js.
 *
 * @typedef {import('./experiment.js').Experiment} Experiment
 */
import { keep, keptJson } from '../lib/settings.js'
import { AT_HOME } from './place.js'
import { leftAlone } from './quiet.js'

/** With threads the CPU is another one. */
const KEY = crossOriginIsolated ? 'probe' : 'probe.one-thread'

const known = () => (AT_HOME ? keptJson(KEY) : null)

/**
 * The least milliseconds that a device of this machine takes for 10⁹ operations, as far as it was measured.
 * @returns {number | null}
 */
export function fastest() {
  const figures = /** @type {{ ms?: unknown } | null} */ (known())
  const [, cpu, , , gpu] = Array.isArray(figures?.ms) ? figures.ms : []
  const ms = Math.min(cpu, gpu)
  return ms > 0 ? ms : null
}

/**
 * To be called before anything is opened: the engine answers in turn.
 * @param {import('./client.js').Client} client
 * @param {{ atWork: () => boolean, open: () => Experiment[] }} experiments atWork: see leftAlone; open: those that may move to a faster device
 * @param {() => void} [measured] there are new figures
 * @returns {Promise<void>} resolves when they are known, or will not be
 */
export function probe(client, { atWork, open }, measured = () => {}) {
  /** Tells the engine what is known from before, and resolves to whether that was of use. */
  async function recall() {
    const before = known()
    return before !== null && (await client.call('probe', { known: before })).probe !== null
  }

  async function measure() {
    await leftAlone(atWork)
    const { probe } = await client.call('probe', {})
    if (!probe) return
    if (AT_HOME) keep(KEY, JSON.stringify(probe))
    measured()
    // A network that has not begun to train is where it is by mere guess.
    for (const experiment of open()) if (experiment.device === 'auto' && experiment.run.step === 0 && !experiment.playing) await experiment.move('auto')
  }

  // Without figures the engine goes by those of other machines; a failure is not worth a word.
  const start = async () => {
    if (!(await recall().catch(() => false))) await measure().catch(() => {})
  }
  client.listen(({ event }) => event === 'renewed' && void start())
  return start()
}
