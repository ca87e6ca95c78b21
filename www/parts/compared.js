/** How a run that is kept looks among the curves: told apart by colour, for every kind of colour vision, and by dashes. May import core/pins' types and lib/at. */
import { at } from '../lib/at.js'

const COLOURS = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5']
const DASHES = [[7, 3], [2, 3], [10, 3, 2, 3], [4, 2, 1, 2]]
/** Of the one that was kept by itself. */
const EARLIER = { colour: 'ink-2', dash: [1, 3] }

/** @param {import('../core/pins.js').Pin} pin */
export const strokeOf = ({ slot }) => (slot < 0 ? EARLIER : { colour: at(COLOURS, slot % COLOURS.length), dash: at(DASHES, slot % DASHES.length) })
