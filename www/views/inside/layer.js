/**
 * One layer in view: what it gives for the input, one channel of that, and its weights. May import lib/, parts/field, core/protocol and its neighbours.
 *
 * @typedef {import('../../core/protocol.js').LayerOutput} LayerOutput
 * @typedef {import('../../core/protocol.js').LayerReport} LayerReport
 * @typedef {import('../../core/protocol.js').Named} Named
 *
 * @typedef {object} Look what the engine said of one input, and of one layer's tensors
 * @property {import('../../core/spec.js').Spec} spec
 * @property {readonly LayerReport[]} layers
 * @property {Map<string, LayerOutput>} outputs by the layer's name
 * @property {{ shape: number[], data: Float32Array }} input as the first layer gets it
 * @property {readonly string[] | null} characters of a text, at its places
 * @property {readonly Named[]} tensors of the layer in view, and one that it shares
 * @property {readonly string[]} vocabulary of a text: its characters by their numbers
 * @property {boolean} settled it does not train
 */
import { refusal } from '../../core/protocol.js'
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { listed } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { figuresOf } from '../../lib/numbers.js'
import { numberField } from '../../parts/field.js'
import { activations } from './activations.js'
import { ATTENTION, attention } from './attention.js'
import { channelDetail } from './channel.js'
import { characterMap } from './characters.js'
import { before, channelOf, layoutOf, lookedAt, optionsAt, own } from './flow.js'
import { convSum, linearSum } from './formula.js'
import { sizes } from './pictures.js'
import { weights } from './weights.js'
import { does } from './words.js'

/** Layers that hand on a state from place to place. */
const RECURRENT = ['RNN', 'GRU', 'LSTM']

/** Where the size of a value is largest. @param {Float32Array} values */
const peakOf = (values) => values.reduce((best, value, i) => (Math.abs(value) > Math.abs(at(values, best)) ? i : best), 0)

/**
 * The name of the weight that a layer uses: its own, or another's.
 * @param {string} name
 * @param {{ [option: string]: unknown } | undefined} options
 */
export const weightOf = (name, options) => `${options?.tied_to ?? name}.weight`

/**
 * The sum that the chosen channel's largest value is; of a sequence, its value at the last place.
 * @param {Look} look
 * @param {LayerReport} layer
 * @param {import('./activations.js').Shown} shown
 */
function sumIn({ spec, layers, outputs, input, tensors }, { name, type, path }, { layout, data, channel }) {
  const options = optionsAt(spec.layers, path)
  const find = (/** @type {string} */ wanted) => tensors.find((one) => one.name === wanted)
  const weight = find(weightOf(name, options))
  const bias = find(`${name}.bias`)
  const from = before(layers, name)
  const given = from === null ? input : outputs.get(from)
  if (!options || !weight || !given) return null
  const shape = from === null ? given.shape : given.shape.slice(1)
  const { kind, width } = layout
  if (type === 'Conv2d' && kind === 'maps') {
    const place = peakOf(channelOf(layout, data, channel))
    const [row, column] = [Math.floor(place / width), place % width]
    return { sum: convSum(weight, bias, { shape, data: given.data }, options, { channel, row, column }), where: t('Row {row}, column {column}, where it is strongest', { row, column }) }
  }
  const features = shape.at(-1) ?? 0
  if (type !== 'Linear' || kind === 'maps') return null
  const last = kind === 'places' ? width - 1 : 0
  const row = given.data.subarray(last * features, (last + 1) * features)
  return { sum: linearSum(weight, bias, row, channel), where: kind === 'places' ? t('At the last place, {place}', { place: last }) : t('Its value') }
}

export function layerDetail() {
  const title = h('h3', {})
  const text = h('p', { class: 'muted' })
  const states = h(
    'div',
    { hidden: true },
    h('h3', {}, t('Hidden state over time')),
    h(
      'p',
      { class: 'muted' },
      t('A column for each character that it has read, a row for each unit of its state. Rows that look alike are units that do the same. Choose a row to see the text in its colours: some units count, some mark the ends of words or lines.'),
    ),
  )
  let channel = 0
  /** @type {{ look: Look, layer: LayerReport } | null} */
  let now = null

  const number = numberField({
    label: t('Look closer at number'),
    min: 0,
    step: 1,
    change(value) {
      const most = now ? channels(now.layer) - 1 : 0
      if (!Number.isInteger(value) || value < 0 || value > most) throw refusal(t('The numbers here are 0 to {most}.', { most }))
      choose(value)
    },
  })
  /** @param {LayerReport} layer */
  const channels = ({ output }) => layoutOf(output).channels
  const picture = activations(choose)
  const detail = channelDetail()
  const looks = attention()
  const letters = characterMap()
  const numbers = weights()

  /** @param {number} next */
  function choose(next) {
    channel = next
    if (now) show(now.look, now.layer)
  }

  /**
   * @param {Look} look
   * @param {LayerReport} layer
   */
  function show(look, layer) {
    if (now?.layer.name !== layer.name || channel >= channels(layer)) channel = 0
    now = { look, layer }
    const { name, type, output } = layer
    const given = look.outputs.get(name)
    if (!given) return
    say(title, listed([`${name} ${type}`, sizes(output)]))
    say(text, does(type))
    // What is behind a text's last character is filler.
    const { characters } = look
    const layout = layoutOf(output, look.spec.input[0] === output[0] ? characters?.length : undefined)
    const data = lookedAt(layout, given.data)
    const recurrent = RECURRENT.includes(type)
    states.hidden = !recurrent
    /** @type {import('./activations.js').Shown} */
    const shown = { layout, data, figures: figuresOf(data), characters, channel, rows: { of: name, order: recurrent ? 'similar' : 'numbered', settled: look.settled } }
    picture.show(shown)
    number.set(channel)
    detail.show(shown, sumIn(look, layer, shown))
    looks.show([...look.outputs.values()].find((one) => one.type === ATTENTION && one.name.startsWith(`${name}.`)), characters)
    letters.show(type === 'Embedding' ? look.tensors.find((one) => one.name === `${name}.weight`) : undefined, look.vocabulary)
    numbers.show(own(look.layers, name, look.tensors), channel)
  }

  const element = h(
    'div',
    { class: 'stack layer-detail' },
    title,
    text,
    states,
    picture.element,
    h('div', { class: 'channel-choice' }, number.element),
    detail.element,
    looks.element,
    letters.element,
    h('h3', {}, t('What it has learnt')),
    numbers.element,
  )
  return { element, show, redraw: () => now && show(now.look, now.layer) }
}
