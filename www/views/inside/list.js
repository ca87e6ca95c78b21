/** The layers in their order, each with a glimpse of what it gives; one is chosen. May import lib/, core's types and its neighbours. */
import { h } from '../../lib/dom.js'
import { t } from '../../lib/i18n.js'
import { figuresOf, reachOf } from '../../lib/numbers.js'
import { channelOf, layoutOf } from './flow.js'
import { canvasOf, paintHeat, sizes } from './pictures.js'

/** @typedef {import('../../core/protocol.js').LayerReport} LayerReport */

/** Maps in a glimpse. */
const MAPS = 4
/** Channels of others, and places. */
const FEW = 64

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import('../../core/protocol.js').LayerOutput} output
 */
function glimpse(canvas, { shape: [, ...shape], data }) {
  const layout = layoutOf(shape)
  const reach = reachOf(figuresOf(data))
  if (layout.kind === 'vector') return paintHeat(canvas, data.subarray(0, FEW), { width: Math.min(FEW, layout.channels), height: 1, reach })
  const { height, width } = layout
  if (layout.kind === 'places') {
    const count = Math.min(FEW, layout.channels)
    const values = new Float32Array(count * width)
    for (let channel = 0; channel < count; channel++) values.set(channelOf(layout, data, channel), channel * width)
    return paintHeat(canvas, values, { width, height: count, reach })
  }
  // Side by side, with a line of nothing between them.
  const count = Math.min(MAPS, layout.channels)
  const wide = count * (width + 1) - 1
  const values = new Float32Array(height * wide)
  for (let channel = 0; channel < count; channel++) {
    const map = channelOf(layout, data, channel)
    for (let y = 0; y < height; y++) values.set(map.subarray(y * width, (y + 1) * width), y * wide + channel * (width + 1))
  }
  paintHeat(canvas, values, { width: wide, height, reach })
}

/** @param {(name: string) => void} choose */
export function layerList(choose) {
  const element = h('ol', { class: 'layer-list', 'aria-label': t('Layers') })
  let form = ''
  /** @type {{ name: string, button: HTMLButtonElement, canvas: HTMLCanvasElement }[]} */
  let rows = []
  return {
    element,
    /**
     * @param {readonly LayerReport[]} layers
     * @param {Map<string, import('../../core/protocol.js').LayerOutput>} outputs
     * @param {string} chosen
     */
    show(layers, outputs, chosen) {
      const needed = JSON.stringify(layers.map(({ name, type, output }) => [name, type, output]))
      if (form !== needed) {
        form = needed
        rows = layers.map(({ name, type, output }) => {
          const canvas = canvasOf('glimpse heat')
          const text = h('span', {}, h('strong', { translate: 'no' }, `${name} ${type}`), h('span', { class: 'small-text muted' }, sizes(output)))
          return { name, canvas, button: h('button', { type: 'button', on: { click: () => choose(name) } }, text, canvas) }
        })
        element.replaceChildren(...rows.map(({ button, name }) => h('li', { class: name.includes('.') ? 'inner' : '' }, button)))
      }
      rows.forEach(({ name, button, canvas }) => {
        if (name === chosen) button.setAttribute('aria-current', 'true')
        else button.removeAttribute('aria-current')
        const output = outputs.get(name)
        if (output) glimpse(canvas, output)
      })
    },
  }
}
