/**
 * Train, step, reset, and how far it is; what breaks training off is shown right here. May import lib/, live.js,
 * notice.js, scales.js and core/.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { at } from '../lib/at.js'
import { h, say } from '../lib/dom.js'
import { count, listed, percent, rate } from '../lib/format.js'
import { perFrame } from '../lib/frame.js'
import { said, t } from '../lib/i18n.js'
import { problemOf } from '../core/protocol.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'
import { accuracyText, lossText, lossesOf } from './scales.js'

/** @param {Experiment} experiment */
function speedChoice(experiment) {
  const { speeds } = experiment.example
  if (speeds.length < 2) return null
  const options = speeds.map(({ name }, i) => h('option', { value: i }, said(name)))
  const select = h('select', { on: { change: () => void experiment.setSpeed(Number(select.value)) } }, ...options)
  return h('label', { class: 'speed', part: 'speed' }, h('span', {}, t('Speed')), select)
}

/** @param {Experiment} experiment */
function readings(experiment) {
  const { title, training, test: tested, scale } = lossesOf(experiment.example)
  const test = experiment.example.measured ? [title, t('Accuracy')] : [tested, t('Test accuracy')]
  const names = [t('Epoch'), t('Step'), t('Steps per second'), training, ...test]
  const values = names.map(() => h('output', {}, '–'))
  const element = h('dl', { class: 'readings', part: 'readings' }, ...names.map((name, i) => h('div', {}, h('dt', {}, name), h('dd', {}, values[i]))))

  const draw = perFrame(() => {
    const { epoch, step, stepsPerSecond, curves, evaluation } = experiment.run
    const trained = curves.loss.y.at(-1)
    const texts = [
      count(Math.floor(epoch)),
      count(step),
      experiment.playing ? rate(stepsPerSecond) : '–',
      trained === undefined ? '–' : scale.show(trained),
      evaluation ? scale.show(evaluation.loss) : '–',
      percent(evaluation?.accuracy),
    ]
    texts.forEach((text, i) => say(at(values, i), text))
    // A regression has no accuracy.
    const last = /** @type {HTMLElement} */ (element.lastElementChild)
    last.hidden = evaluation !== null && evaluation.accuracy === null
  })
  for (const name of /** @type {const} */ (['progress', 'evaluated', 'restarted', 'playing', 'opened'])) experiment.on(name, draw)
  return element
}

/**
 * When it stops, and what another press on Train then does.
 * @param {Experiment} experiment
 */
function goalText(experiment) {
  const { epochs, steps, glance } = experiment.example
  const amount = steps ? t('{n} steps', { n: count(steps) }) : epochs ? t('{n} epochs', { n: epochs }) : null
  if (!amount) return ''
  const { schedule, warmup_steps } = experiment.spec
  if (!experiment.complete && glance) return t('stops after {amount}, tested on {n} examples meanwhile', { amount, n: count(glance) })
  if (!experiment.complete) return t('stops after {amount}', { amount })
  // PyTorch's cosine comes down over t_max steps and goes up again over the next t_max.
  const up = schedule?.type === 'CosineAnnealingLR' && !warmup_steps && experiment.run.step % (2 * Number(schedule.t_max)) === schedule.t_max
  return up ? t('run complete; Train adds another {amount}, in which the cosine raises the learning rate again', { amount }) : t('run complete; Train adds another {amount}', { amount })
}

/** @param {Experiment} experiment */
function goal(experiment) {
  const text = h('span', { class: 'muted small-text goal', part: 'goal' })
  const draw = perFrame(() => {
    say(text, goalText(experiment))
    text.classList.toggle('complete', experiment.complete)
  })
  for (const name of /** @type {const} */ (['playing', 'progress', 'spec', 'restarted'])) experiment.on(name, draw)
  draw()
  return text
}

/** @param {Experiment} experiment */
function progressText({ example, run }) {
  const { epoch, step, evaluation } = run
  const facts = [t('Epoch {epoch}', { epoch: Math.floor(epoch) }), t('step {step}', { step })]
  if (evaluation) facts.push(lossText(example, evaluation.loss))
  if (typeof evaluation?.accuracy === 'number') facts.push(accuracyText(example, evaluation.accuracy))
  return listed(facts)
}

/** @param {Experiment} experiment */
export function transport(experiment) {
  const notices = noticePlace()
  const playText = h('span', {}, t('Train'))
  const playIcon = h('span', { class: 'play-icon', 'aria-hidden': 'true' }, '▶')
  const play = h('button', { type: 'button', class: 'primary play', part: 'train', 'aria-keyshortcuts': 'Space', disabled: true }, playIcon, playText)
  const step = h('button', { type: 'button', part: 'step', 'aria-keyshortcuts': 'S', disabled: true }, t('[button] Step'))
  const reset = h('button', { type: 'button', part: 'reset', 'aria-keyshortcuts': 'R', disabled: true }, t('Reset'))

  /** @param {import('../core/protocol.js').Problem} problem */
  const complain = (problem) =>
    notices.problem(problem, problem.code === 'gone' ? { name: t('Restart the engine'), run: () => experiment.client.restart() } : undefined)

  play.addEventListener('click', () => void experiment.toggle())
  step.addEventListener('click', () => void experiment.takeStep().then(() => announce(progressText(experiment), { soon: true })))
  reset.addEventListener('click', () => {
    experiment.open().then(
      () => announce(t('Reset: fresh weights, step 0.'), { soon: true }),
      (error) => complain(problemOf(error)),
    )
  })
  // What is done from elsewhere is a press on the button, and nothing while the button is disabled.
  const actions = { toggle: () => play.click(), step: () => step.click(), reset: () => reset.click() }

  experiment.on('playing', (playing) => {
    say(playText, playing ? t('Pause') : t('Train'))
    say(playIcon, playing ? '❚❚' : '▶')
    announce(playing ? t('Training.') : t('Stopped. {progress}', { progress: progressText(experiment) }), { soon: true })
  })
  experiment.on('opened', () => [play, step, reset].forEach((button) => (button.disabled = false)))
  experiment.on('evaluated', () => {
    if (experiment.playing) announce(progressText(experiment))
  })
  experiment.on('problem', (problem) => (problem ? complain(problem) : notices.clear()))
  experiment.on('notice', notices.info)

  const buttons = h('div', { class: 'buttons' }, play, step, reset, speedChoice(experiment), goal(experiment))
  const bar = h('section', { class: 'transport', 'aria-label': t('Training') }, buttons, readings(experiment))
  return { bar, notices, actions }
}
