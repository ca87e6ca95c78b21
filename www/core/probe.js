/**
 * How fast the devices of this machine are, so that the automatic choice goes by figures: the engine measures it once, and this browser keeps it between
 * visits. May import lib/settings and quiet.js.
 */
import { keep, keptJson } from '../lib/settings.js'
import { leftAlone } from './quiet.js'

/** With threads the CPU is another one. */
const KEY = crossOriginIsolated ? 'probe' : 'probe.one-thread'

/**
 * The least milliseconds that a device of this machine takes for 10⁹ operations, as far as it was measured.
 * @returns {number | null}
 */
export function fastest() {
  const known = /** @type {{ ms?: unknown } | null} */ (keptJson(KEY))
  const [, cpu, , , gpu] = Array.isArray(known?.ms) ? known.ms : []
  const ms = Math.min(cpu, gpu)
  return ms > 0 ? ms : null
}

/**
 * To be called before anything is opened: the engine answers in turn.
 * @param {import('./client.js').Client} client
 * @param {() => import('./experiment.js').Experiment | null} inView
 * @param {() => void} measured there are new figures
 * @returns {Promise<void>} resolves when they are known, or will not be
 */
export function probe(client, inView, measured) {
  /** Tells the engine what is known from before, and resolves to whether that was of use. */
  async function recall() {
    const known = keptJson(KEY)
    return known !== null && (await client.call('probe', { known })).probe !== null
  }

  async function measure() {
    await leftAlone(inView)
    const { probe } = await client.call('probe', {})
    if (!probe) return
    keep(KEY, JSON.stringify(probe))
    measured()
    const experiment = inView()
    // A network that has not begun to train is where it is by mere guess.
    if (experiment?.device === 'auto' && experiment.run.step === 0 && !experiment.playing) await experiment.move('auto')
  }

  // Without figures the engine goes by those of other machines; a failure is not worth a word.
  const start = async () => {
    if (!(await recall().catch(() => false))) await measure().catch(() => {})
  }
  client.listen(({ event }) => event === 'renewed' && void start())
  return start()
}
