/**
 * Inside the network: what each layer makes of an input, its weights, its health. It asks the engine only while it is open and on the screen, and
 * while the network trains about twice a second. May import lib/, parts/, core/protocol and its neighbours.
 *
 * @typedef {import('./subject.js').Source} Source
 * @typedef {import('./subject.js').Subject} Subject
 */
import { problemOf } from '../../core/protocol.js'
import { h, say } from '../../lib/dom.js'
import { count, percent } from '../../lib/format.js'
import { at } from '../../lib/at.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { queue } from '../../lib/queue.js'
import { noticePlace } from '../../parts/notice.js'
import { optionsAt, own } from './flow.js'
import { crowd } from './crowd.js'
import { health } from './health.js'
import { layerDetail, weightOf } from './layer.js'
import { layerList } from './list.js'
import { occlusion } from './occlusion.js'
import { keeping, subjectChoice } from './subject.js'

/** Between two looks while it trains. */
const REST_MS = 500

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * The input as the first layer gets it: pixels are normalised on their way.
 * @param {import('../../core/spec.js').Spec} spec
 * @param {Float32Array} inputs
 */
function asGiven({ input, data }, inputs) {
  if (data.type !== 'Images') return { shape: input, data: inputs }
  const { mean, std } = data.normalize ?? { mean: 0, std: 1 }
  return { shape: input, data: inputs.map((value) => (value - mean) / std) }
}

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {Source} source of inputs to look at
 * @param {readonly string[]} [classes] of pictures: their names
 */
export function inside(setting, source, classes) {
  const { client, experiment } = setting
  const { session } = experiment
  /** The layer in view. @type {string | null} */
  let chosen = null
  /** Another object for each input, layer and network that is wanted: what comes for an earlier one is not shown. */
  let wish = {}
  let lookedAt = -Infinity
  let onScreen = false

  /** No more than one question is on its way. */
  const inTurn = queue()
  const notices = noticePlace()
  /** @param {unknown} error */
  const failed = (error) => {
    const problem = problemOf(error)
    if (problem.code !== 'gone') notices.problem(problem) // that is said above
  }
  const seen = () => onScreen && !document.hidden

  const choice = subjectChoice(experiment, source, () => {
    covering?.forget()
    want()
  })
  const subjectText = h('p', {}, t('The numbers are on their way …'))
  const subjectPicture = h('div', { class: 'subject-picture' })
  const list = layerList((name) => {
    chosen = name
    want()
  })
  const detail = layerDetail()
  const covering = classes ? occlusion(setting, { classes, subject: choice.subject, inTurn, failed }) : null

  const tensorsOf = keeping(async (/** @type {unknown} */ _opened) => (await client.call('tensors', { session })).tensors)

  /**
   * The tensors of a layer, one after another.
   * @param {import('../../core/protocol.js').Opened} opened
   * @param {import('../../core/protocol.js').LayerReport} layer
   */
  async function read({ report }, { name, path }) {
    const all = await tensorsOf(experiment.opened)
    const shared = weightOf(name, optionsAt(experiment.spec.layers, path))
    const wanted = new Set([...own(report.layers, name, all), ...all.filter((one) => one.name === shared)].map((one) => one.name))
    const tensors = []
    for (const name of wanted) tensors.push({ name, ...(await client.call('read', { session, name })) })
    return tensors
  }

  /**
   * @param {import('../../core/protocol.js').Prediction} prediction
   * @param {Subject} subject
   */
  function sayWhat({ probabilities }, { words, picture }) {
    const best = classes && probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1
    const values = { what: words, step: count(experiment.run.step) }
    const verdict = classes && probabilities && best >= 0 && { class: at(classes, best), share: percent(probabilities[best]) }
    say(subjectText, verdict ? t('{what}. The network says {class}, {share} sure. Step {step}.', { ...values, ...verdict }) : t('{what}. Step {step}.', values))
    if (subjectPicture.firstChild !== (picture ?? null)) subjectPicture.replaceChildren(...(picture ? [picture] : []))
  }

  const look = oneAtATime(async () => {
    if (experiment.playing) await sleep(Math.max(0, lookedAt + REST_MS - performance.now()))
    await inTurn(lookNow)
  })

  async function lookNow() {
    const { opened, spec } = experiment
    if (!opened || !seen()) return
    const mine = wish
    lookedAt = performance.now()
    try {
      const { layers } = opened.report
      const layer = layers.find(({ name }) => name === chosen) ?? at(layers, 0)
      const subject = await choice.subject()
      const prediction = await client.call('predict', { session, inputs: subject.inputs, count: 1, layers: true })
      const tensors = await read(opened, layer)
      if (mine !== wish) return
      const outputs = new Map(prediction.layers?.map((one) => [one.name, one]))
      sayWhat(prediction, subject)
      list.show(layers, outputs, layer.name)
      detail.show({ spec, layers, outputs, input: asGiven(spec, subject.inputs), characters: subject.characters ?? null, tensors, vocabulary: [...(opened.vocabulary ?? '')], settled: !experiment.playing }, layer)
      body.hidden = false
      notices.clear()
    } catch (error) {
      if (mine === wish) failed(error)
    }
  }

  /** Something else is to be looked at. */
  function want() {
    wish = {}
    look()
  }

  experiment.on('opened', want)
  experiment.on('progress', look)
  experiment.on('playing', (playing) => !playing && look())
  document.addEventListener('visibilitychange', look)
  window.addEventListener('themechange', detail.redraw)

  const body = h('div', { class: 'inside-grid', hidden: true }, list.element, detail.element)
  const content = h(
    'div',
    { class: 'stack inside' },
    h('div', { class: 'subject' }, choice.element, subjectPicture, subjectText),
    notices.element,
    body,
    health(setting, { seen, inTurn, failed }),
    covering?.element,
    classes && crowd(setting, { classes, seen, inTurn, failed }),
  )
  // What is folded up, scrolled away or in a view that is not shown is not on the screen.
  const near = new IntersectionObserver(
    (entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? false
      if (onScreen) look()
    },
    { rootMargin: '200px' },
  )
  near.observe(content)
  return content
}
