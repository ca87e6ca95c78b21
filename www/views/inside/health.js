/**
 * How each layer does in a step of training, as a table: at each pause, and on a press. May import lib/, parts/, core/ and pulse.js.
 *
 * @typedef {import('./pulse.js').Pulse} Pulse
 */
import { h, say } from '../../lib/dom.js'
import { count, listed, percent, short } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { announce } from '../../parts/live.js'
import { USUAL, pulseOf } from './pulse.js'

/** The first so many training examples. */
const EXAMPLES = 32

const HEADS = [t('Layer'), t('Mean'), t('Deviation'), t('Dead'), t('Gradient by output'), t('Gradient by weights'), t('Step ÷ weights'), t('To note')]

/** @param {Pulse} pulse */
function row({ name, type, mean, deviation, dead, outputGradient, gradient, ratio, marks }) {
  /** @param {string} key @param {number | null} value @param {(value: number) => string} show */
  const cell = (key, value, show) => h('td', { class: 'n', 'data-key': key, 'data-value': value }, value === null ? '–' : show(value))
  return h(
    'tr',
    { 'data-layer': name, class: marks.length ? 'marked' : '' },
    h('th', { scope: 'row', translate: 'no' }, `${name} ${type}`),
    cell('mean', mean, short),
    cell('deviation', deviation, short),
    cell('dead', dead, percent),
    cell('outputGradient', outputGradient, short),
    cell('gradient', gradient, short),
    cell('ratio', ratio, short),
    h('td', { class: 'marks' }, marks.length ? `⚠ ${listed(marks)}` : t('as usual')),
  )
}

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {{ seen: () => boolean, inTurn: ReturnType<typeof import('../../lib/queue.js').queue>, failed: (error: unknown) => void }} how seen: whether anybody looks
 */
export function health({ client, experiment }, { seen, inTurn, failed }) {
  const body = h('tbody', {})
  const heads = HEADS.map((text, i) => h('th', { scope: 'col', class: i > 0 && i < 7 ? 'n' : '' }, text))
  const caption = h('caption', { class: 'small-text muted' })
  const table = h('table', { class: 'data health-table' }, caption, h('thead', {}, h('tr', {}, ...heads)), body)
  const box = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('Health of the layers'), hidden: true }, table)
  let pressed = false

  const measure = oneAtATime(() => inTurn(measureNow))

  async function measureNow() {
    const { opened } = experiment
    if (!opened || !seen()) return
    const tell = pressed
    pressed = false
    try {
      const { step } = experiment.run
      const examples = Math.min(EXAMPLES, opened.train_count)
      const trace = await client.call('trace', { session: experiment.session, start: 0, count: examples })
      if (opened !== experiment.opened) return
      const pulses = pulseOf(trace, opened.report.layers)
      say(caption, t('Step {step}, measured on the first {count} training examples: their loss is {loss}. Nothing is changed by it.', { step: count(step), count: examples, loss: short(trace.loss) }))
      body.replaceChildren(...pulses.map(row))
      box.hidden = false
      const noted = pulses.filter(({ marks }) => marks.length).length
      if (tell) announce(noted ? t('{count} of {all} layers have something to note.', { count: noted, all: pulses.length }) : t('All {all} layers are as usual.', { all: pulses.length }), { soon: true })
    } catch (error) {
      if (opened === experiment.opened) failed(error)
    }
  }

  function press() {
    pressed = true
    measure()
  }
  const button = h('button', { type: 'button', disabled: !experiment.opened, on: { click: press } }, t('Measure a step'))
  experiment.on('opened', () => {
    button.disabled = false
    box.hidden = true // what was measured was another network, or another state of it
  })
  experiment.on('playing', (playing) => !playing && measure())

  const { ratio, dead, deviation } = USUAL
  const usual = t(
    'A step of training in full view, with dropout and batch statistics as in training; measured at each pause, and on a press. Usual: steps of about 0.001 of the length of the weights (noted above {largest} and below {smallest}; they shrink with the learning rate), a standard deviation from {least} to {most}, and few units of a ReLU that are 0 for all of the examples, which are dead as far as those go (noted above {dead}).',
    { largest: ratio.most, smallest: short(ratio.least), least: deviation.least, most: deviation.most, dead: percent(dead, 0) },
  )
  return h('section', { class: 'stack' }, h('h3', {}, t('Health of the layers')), h('p', { class: 'muted' }, usual), h('div', { class: 'buttons' }, button), box)
}
