/**
 * Says in plain words what goes wrong in a training, with the numbers that speak for it and a button that mends it. Looks by itself when training
 * stops and, while it goes on, ever more rarely. May import lib/ and core/.
 *
 * @typedef {import('../core/diagnosis/diagnose.js').Finding} Finding
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { diagnose } from '../core/diagnosis/diagnose.js'
import { signsOf } from '../core/diagnosis/signs.js'
import { problemOf } from '../core/protocol.js'
import { formOf } from '../core/spec.js'
import { h, say } from '../lib/dom.js'
import { count, ended, remark, sentence, together } from '../lib/format.js'
import { parts, said, t } from '../lib/i18n.js'

/** While it trains it is looked at after so many steps, then after twice as many, and so on. */
const FIRST_LOOK = 100

/** @param {Experiment} experiment */
export function diagnosis(experiment) {
  const status = h('p', { class: 'muted', role: 'status' }, t('Nothing to say before it trains.'))
  const list = h('ul', { class: 'findings' })
  const failure = h('div', { class: 'field-error', role: 'alert' })
  const button = h('button', { type: 'button', disabled: true, on: { click: () => void look() } }, t('Check now'))
  let looking = false
  let next = FIRST_LOOK
  /** What was found goes with the network it was found in. */
  let current = 0

  function forget() {
    current++
    list.replaceChildren()
    failure.replaceChildren()
    say(status, t('Nothing to say before it trains.'))
  }

  async function look() {
    const { opened, session, client } = experiment
    if (looking || !opened) return
    looking = true
    const [of, { step }] = [current, experiment.run]
    failure.replaceChildren()
    try {
      const signs = await signsOf(client.call.bind(client), { session, spec: experiment.spec, opened, run: experiment.run })
      if (of === current) tell(diagnose(signs), step)
    } catch (error) {
      const { code, message, hint = '' } = problemOf(error)
      // That the engine is gone is said under the buttons.
      if (of === current && code !== 'gone') failure.replaceChildren(h('p', {}, together(t('It could not be looked at: {message}', { message: ended(said(message)) }), sentence(hint))))
    } finally {
      looking = false
    }
  }

  /**
   * @param {Finding[]} found
   * @param {number} step
   */
  function tell(found, step) {
    list.replaceChildren(...found.map(item))
    const at = { step: count(step) }
    const words = step < FIRST_LOOK ? t('Too early to say much, at step {step}.', at) : t('Nothing seems to be wrong at step {step}.', at)
    say(status, found.length ? t('Found at step {step}:', at) : words)
  }

  /** @param {Finding} finding */
  function item({ title, evidence, advice, remedy }) {
    const offered = remedy && showable(remedy) ? h('button', { type: 'button', class: 'small', on: { click: () => void apply(remedy) } }, remedy.name) : null
    return h('li', {}, ...parts('{title} {evidence} {advice} {button}', { title: h('strong', {}, ended(title)), evidence, advice, button: offered }))
  }

  /** The view may know no picture of what the remedy makes. @param {import('../core/diagnosis/diagnose.js').Remedy} remedy */
  function showable({ change }) {
    try {
      experiment.example.accept(formOf(change(experiment.spec)))
      return true
    } catch {
      return false
    }
  }

  /** @param {import('../core/diagnosis/diagnose.js').Remedy} remedy */
  async function apply({ name, change, afresh }) {
    const going = experiment.playing
    try {
      await experiment.edit((spec) => formOf(change(spec)))
      if (afresh) await experiment.open()
      if (going) await experiment.play()
      say(status, t('Done: {remedy}.', { remedy: name }))
    } catch (error) {
      failure.replaceChildren(h('p', {}, remark(problemOf(error))))
    }
  }

  experiment.on('opened', () => (button.disabled = false))
  experiment.on('restarted', () => {
    next = FIRST_LOOK
    forget()
  })
  experiment.on('spec', forget)
  experiment.on('evaluated', () => {
    if (!experiment.playing || experiment.run.step < next || document.hidden) return
    while (next <= experiment.run.step) next *= 2
    void look()
  })
  experiment.on('playing', (playing) => {
    const { step, broken } = experiment.run
    if (!playing && (step > 0 || broken)) void look()
  })
  return h('div', { class: 'stack' }, status, list, failure, h('div', { class: 'buttons' }, button))
}
