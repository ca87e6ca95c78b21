/**
 * What an attention looks at: for each head a map whose rows are the places that look and whose columns the places they look at, and one row in words.
 * May import lib/, parts/field, core/protocol and its neighbours.
 */
import { refusal } from '../../core/protocol.js'
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { listed, percent } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { figuresOf } from '../../lib/numbers.js'
import { numberField } from '../../parts/field.js'
import { activations, signs } from './activations.js'
import { channelOf } from './flow.js'
import { canvasOf, paintBars } from './pictures.js'

/** The type that the engine gives such weights in a prediction's layers. */
export const ATTENTION = 'attn_output_weights'
/** Places named in words. */
const MOST = 3

/**
 * The weights between the places that are no filler, `[heads, places, places]`.
 * @param {{ shape: number[], data: Float32Array }} given [1, heads, places, places looked at]
 * @param {number} places
 */
function between({ shape, data }, places) {
  const [heads, length] = [at(shape, 1), at(shape, 2)]
  const kept = new Float32Array(heads * places * places)
  for (let row = 0; row < heads * places; row++) {
    const from = (Math.floor(row / places) * length + (row % places)) * length
    kept.set(data.subarray(from, from + places), row * places)
  }
  return { layout: /** @type {const} */ ({ kind: 'maps', channels: heads, height: places, width: places }), data: kept }
}

export function attention() {
  let [head, place] = [0, Infinity]
  /** @type {{ weights: ReturnType<typeof between>, characters: readonly string[] | null } | null} */
  let now = null
  const maps = activations((next) => {
    head = next
    if (now) draw(now)
  })
  const number = numberField({
    label: t('What place number … looks at'),
    min: 0,
    step: 1,
    change(value) {
      const most = (now?.weights.layout.height ?? 1) - 1
      if (!Number.isInteger(value) || value < 0 || value > most) throw refusal(t('The places here are 0 to {most}.', { most }))
      place = value
      if (now) draw(now)
    },
  })
  const bars = canvasOf('bars-line')
  const text = h('div', {})
  const along = h('div', { class: 'along', tabindex: 0, role: 'region', 'aria-label': t('How much it looks at each place') }, bars, text)
  const words = h('p', { class: 'attention-words' })
  const element = h(
    'section',
    { class: 'stack attention', hidden: true },
    h('h3', {}, t('What it looks at')),
    h('p', { class: 'muted' }, t('A map for each head: a row for each place, with what it takes from each other place; a row adds up to 1.')),
    maps.element,
    h('div', { class: 'channel-choice' }, number.element),
    along,
    words,
  )

  /** @param {NonNullable<typeof now>} given */
  function draw({ weights: { layout, data }, characters }) {
    head = Math.min(head, layout.channels - 1)
    const shown = Math.min(place, layout.height - 1)
    number.set(shown)
    maps.show({ layout, data, figures: figuresOf(data), characters, channel: head })
    const row = channelOf(layout, data, head).subarray(shown * layout.width, (shown + 1) * layout.width)
    paintBars(bars, row, 1)
    bars.style.setProperty('--places', String(layout.width))
    text.replaceChildren(...(characters ? [signs(characters)] : []))
    const named = (/** @type {number} */ n) => (characters ? t('“{character}” at {n}', { character: at(characters, n), n }) : t('place {n}', { n }))
    const most = [...row.keys()].sort((a, b) => at(row, b) - at(row, a)).slice(0, MOST)
    say(words, t('Head {head}: {place} looks at {places}.', { head, place: named(shown), places: listed(most.map((n) => `${named(n)} (${percent(at(row, n))})`)) }))
  }

  return {
    element,
    /**
     * @param {{ shape: number[], data: Float32Array } | undefined} given without one there is nothing to show
     * @param {readonly string[] | null} characters
     */
    show(given, characters) {
      element.hidden = !given
      if (!given) return
      now = { weights: between(given, characters?.length ?? at(given.shape, 2)), characters }
      draw(now)
    },
  }
}
