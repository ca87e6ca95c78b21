/**
 * Which parts of a picture the answer hangs on, by covering them. On a press. May import lib/, parts/live, core/ and its neighbours.
 *
 * @typedef {import('./subject.js').Subject} Subject
 */
import { h, say } from '../../lib/dom.js'
import { at } from '../../lib/at.js'
import { count, percent, short } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { figuresOf, reachOf } from '../../lib/numbers.js'
import { announce } from '../../parts/live.js'
import { PATCH, corners, covered, falls } from './cover.js'
import { canvasOf, paintHeat } from './pictures.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {{ classes: readonly string[], subject: () => Promise<Subject>, inTurn: ReturnType<typeof import('../../lib/queue.js').queue>, failed: (error: unknown) => void }} what
 */
export function occlusion({ client, experiment }, { classes, subject, inTurn, failed }) {
  const canvas = canvasOf('heat large')
  const caption = h('figcaption', { class: 'small-text muted' })
  const figure = h('figure', { class: 'covering', hidden: true }, canvas, caption)
  /** Asked for last; what comes for an earlier one is not shown. */
  let asked = {}

  async function measure() {
    const mine = (asked = {})
    const { opened, session, spec } = experiment
    try {
      const { inputs: picture, words } = await subject()
      const size = { channels: at(spec.input, 0), height: at(spec.input, 1), width: at(spec.input, 2) }
      const { inputs, count: pictures } = covered(picture, size)
      const { step } = experiment.run
      const { probabilities } = await client.call('predict', { session, inputs, count: pictures })
      if (mine !== asked || opened !== experiment.opened || !probabilities) return
      const { said, probability, worst, pixels } = falls(probabilities, pictures, size)
      const reach = reachOf(figuresOf(pixels))
      paintHeat(canvas, pixels, { width: size.width, height: size.height, reach })
      figure.hidden = false
      canvas.dataset.values = JSON.stringify([...pixels])
      say(
        caption,
        t(
          '{what}, at step {step}. The network says {class}, {share} sure. With the {side} × {side} patch at row {row}, column {column} covered it says so with {left}: no patch matters more. Blue: covered, it is less sure; orange: surer. The strongest colour stands for {reach} points, the mean over the patches that cover a pixel.',
          { what: words, step: count(step), class: at(classes, said), share: percent(probability), side: PATCH, row: worst.row, column: worst.column, left: percent(worst.left), reach: short(100 * reach) },
        ),
      )
      announce(caption.textContent ?? '', { soon: true })
    } catch (error) {
      if (mine === asked && opened === experiment.opened) failed(error)
    }
  }

  const button = h('button', { type: 'button', disabled: !experiment.opened, on: { click: () => void inTurn(measure) } }, t('Cover its parts'))
  experiment.on('opened', () => {
    button.disabled = false
    forget()
  })
  /** What was measured is of another input or network. */
  function forget() {
    asked = {}
    figure.hidden = true
  }
  const number = corners({ channels: 1, height: at(experiment.spec.input, 1), width: at(experiment.spec.input, 2) }).length
  const element = h(
    'section',
    { class: 'stack' },
    h('h3', {}, t('What its answer hangs on')),
    h(
      'p',
      { class: 'muted' },
      t('Occlusion: a patch of {side} × {side} pixels is made background at {count} places, one after another, and the network is asked each time. It shows what happens to the answer when something is missing, and not how the network computes.', { side: PATCH, count: number }),
    ),
    h('div', { class: 'buttons' }, button),
    figure,
  )
  return { element, forget }
}
