/**
 * Many test images on a plane, by what the last layer of all is given of them: whether the network tells the classes apart. On a press, and again at
 * each pause. May import lib/, parts/, core/ and its neighbours.
 */
import { refusal } from '../../core/protocol.js'
import { verdictsOf } from '../../core/verdicts.js'
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { count, percent } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { said, t } from '../../lib/i18n.js'
import { numberField } from '../../parts/field.js'
import { announce } from '../../parts/live.js'
import { together } from './alike.js'
import { before } from './flow.js'
import { principal } from './principal.js'
import { scatter } from './scatter.js'

const IMAGES = 300
const NEIGHBOURS = 5
/** So many are asked about at a time, as what all layers give comes with the answers: not more than so many numbers of it. */
const BATCHES = [300, 100, 50, 20, 10, 5, 2, 1]
const MOST_NUMBERS = 5e6

/**
 * The layer whose output is what the network tells the classes by: the one before the last that weighs all it gets. Null: that gets the picture itself.
 * @param {readonly import('../../core/protocol.js').LayerReport[]} layers
 */
function lastHidden(layers) {
  const last = layers.findLast(({ type }) => type === 'Linear') ?? layers.at(-1)
  return last ? before(layers, last.name) : null
}

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {{ classes: readonly string[], seen: () => boolean, inTurn: ReturnType<typeof import('../../lib/queue.js').queue>, failed: (error: unknown) => void }} how seen: whether anybody looks
 */
export function crowd({ client, experiment }, { classes, seen, inTurn, failed }) {
  const place = h('div', {})
  const words = h('p', {})
  const caption = h('p', { class: 'small-text muted' })
  const field = numberField({
    label: t('Point of test image'),
    min: 1,
    step: 1,
    change(value) {
      if (!Number.isInteger(value) || value < 1 || value > kinds.length) throw refusal(t('The images here are 1 to {most}.', { most: kinds.length }))
      choose(value - 1)
      announce(words.textContent ?? '', { soon: true })
    },
  })
  const figure = h('div', { class: 'plane', hidden: true }, place, h('div', { class: 'stack' }, field.element, words, caption))
  /** Of another network what comes is not shown. */
  let asked = {}
  let pressed = false
  let [kinds, says] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])]
  /** @type {{ map: ReturnType<typeof scatter>, plane: import('./principal.js').Plane } | null} */
  let shown = null
  let chosen = 0

  /** @param {number} n */
  function choose(n) {
    chosen = n
    if (!shown) return
    shown.map.show(shown.plane.scores, chosen)
    field.set(chosen + 1)
    const [kind, guess] = [at(kinds, chosen), at(says, chosen)].map((number) => said(at(classes, number)))
    say(words, t('Test image {number}: {kind}. The network says {guess}.', { number: chosen + 1, kind: kind ?? '', guess: guess ?? '' }))
  }

  /**
   * What the last hidden layer gives for the first test images.
   * @param {NonNullable<import('../../core/experiment.js').Experiment['opened']>} opened
   * @param {() => boolean} wanted
   */
  async function ask({ report: { layers }, test_count }, wanted) {
    const { session } = experiment
    const name = lastHidden(layers)
    const numbers = layers.reduce((sum, { output }) => sum + output.reduce((a, b) => a * b, 1), 0)
    const batch = BATCHES.find((count) => count * numbers <= MOST_NUMBERS) ?? 1
    const all = Math.min(IMAGES, test_count)
    const answers = { rows: /** @type {number[]} */ ([]), truth: /** @type {number[]} */ ([]), guessed: /** @type {number[]} */ ([]) }
    for (let start = 0; start < all && wanted(); start += batch) {
      const size = Math.min(batch, all - start)
      // Others have their turn in between.
      await inTurn(async () => {
        const { x, y } = await client.call('data', { session, split: 'test', start, count: size })
        const { layers: outputs, probabilities, output } = await client.call('predict', { session, inputs: x, count: size, layers: true })
        for (const value of outputs?.find((one) => one.name === name)?.data ?? x) answers.rows.push(value)
        answers.truth.push(...y)
        answers.guessed.push(...verdictsOf(probabilities ?? output, y).map(({ predicted }) => predicted))
      })
    }
    return { ...answers, rows: Float32Array.from(answers.rows), from: name === null ? t('the pixels') : t('the output of layer {name}', { name }) }
  }

  /**
   * @param {Awaited<ReturnType<typeof ask>>} answers
   * @param {number} step
   * @returns {string} what is to be seen, in words
   */
  function show({ rows, truth, guessed, from }, step) {
    const width = rows.length / truth.length
    const plane = principal(rows, truth.length, width, shown?.plane.axes)
    figure.hidden = !plane
    if (!plane) throw refusal(t('Some of what the layers give is not finite, so there is nothing to place.'))
    ;[kinds, says] = [truth, guessed]
    const points = truth.map((group, n) => ({ group, ringed: group !== guessed[n] }))
    const label = t('{count} test images, placed by what the network makes of them. How well their classes lie apart is told beside them.', { count: truth.length })
    const map = scatter({ label, groups: classes.map(said), points, choose })
    shown = { map, plane }
    place.replaceChildren(map.element)
    choose(Math.min(chosen, truth.length - 1))
    const kept = percent(plane.shares.reduce((sum, share) => sum + share, 0))
    const alike = percent(together(rows, truth, NEIGHBOURS))
    const right = percent(1 - points.filter(({ ringed }) => ringed).length / points.length)
    const facts = t(
      'Step {step}, {from}: {width} numbers for each image, of whose differences the plane keeps {kept}. In all of them, {alike} of each image’s {neighbours} nearest are of its class; the network is right about {right}, and about those with a ring it is wrong.',
      { step: count(step), from, width: count(width), kept, alike, neighbours: NEIGHBOURS, right },
    )
    say(caption, facts)
    return facts
  }

  const measure = oneAtATime(async () => {
    const { opened } = experiment
    const mine = asked
    if (!opened || !seen() || !(pressed || shown)) return
    const wanted = () => mine === asked && opened === experiment.opened
    const tell = pressed
    pressed = false
    button.disabled = true
    try {
      const { step } = experiment.run
      const answers = await ask(opened, wanted)
      if (!wanted()) return
      const facts = show(answers, step)
      if (tell) announce(facts, { soon: true })
    } catch (error) {
      if (wanted()) failed(error)
    } finally {
      button.disabled = !experiment.opened
    }
  })

  const button = h('button', { type: 'button', disabled: !experiment.opened, on: { click: press } }, t('Place {count} test images', { count: IMAGES }))
  function press() {
    pressed = true
    measure()
  }
  experiment.on('opened', () => {
    asked = {}
    shown = null
    figure.hidden = true
    button.disabled = false
  })
  experiment.on('playing', (playing) => !playing && measure())

  return h(
    'section',
    { class: 'stack' },
    h('h3', {}, t('How it tells them apart')),
    h('p', { class: 'muted' }, t('What the last layer decides by, of {count} test images, as points: principal components make two numbers of many. Where classes lie apart the last layer has it easy. Placed on a press, and again at each pause.', { count: IMAGES })),
    h('div', { class: 'buttons' }, button),
    figure,
  )
}
