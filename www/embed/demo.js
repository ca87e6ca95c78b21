/**
 * A demo in the shadow tree of a `<tab-grad>`: its experiment, and the page's parts around it. Loaded when it is wanted.
 * May import the rest of embed/, parts/, core/ and lib/.
 *
 * @typedef {import('./options.js').Options} Options
 * @typedef {(event: 'ready' | 'metrics' | 'done' | 'error', detail: object) => void} Tell
 */
import { Experiment } from '../core/experiment.js'
import { problemOf } from '../core/protocol.js'
import { h, uniqueId } from '../lib/dom.js'
import { count } from '../lib/format.js'
import { language, said, t } from '../lib/i18n.js'
import { curves } from '../parts/curves.js'
import { speakIn } from '../parts/live.js'
import { KINDS } from '../parts/offers.js'
import { transport } from '../parts/transport.js'
import { takeSeat } from './engine.js'
import { mistake, optionsOf, withOptions } from './options.js'
import { pictureOf, progressOf } from './pictures.js'
import { waysOn } from './share.js'
import { sourceOf } from './source.js'
import { style } from './styles.js'

/** @typedef {Awaited<ReturnType<typeof openDemo>>} Demo */

/**
 * What it is, in a line.
 * @param {Experiment} experiment
 */
function facts(experiment) {
  const text = h('p', { class: 'muted small-text', part: 'facts' })
  experiment.on('opened', ({ report, device }) => {
    const { optimizer, batch_size } = experiment.spec
    text.textContent = t('{parameters} parameters; {optimizer}, learning rate {lr}, batches of {batch}; on {device}.', {
      parameters: count(report.params),
      optimizer: optimizer.type,
      lr: optimizer.lr,
      batch: batch_size,
      device: KINDS[device.kind],
    })
  })
  return text
}

/** @param {Experiment} experiment */
function metricsOf({ run }) {
  const { step, epoch, stepsPerSecond, curves, evaluation } = run
  const newest = { loss: curves.loss.y.at(-1) ?? null, accuracy: curves.accuracy.y.at(-1) ?? null }
  return { step, epoch, stepsPerSecond, ...newest, testLoss: evaluation?.loss ?? null, testAccuracy: evaluation?.accuracy ?? null }
}

/**
 * Tells the page around how training goes.
 * @param {Experiment} experiment
 * @param {Tell} tell
 */
function report(experiment, tell) {
  /** It has come to its end, and is measured on all the test data. */
  let ending = false
  const end = () => {
    if (ending) tell('done', metricsOf(experiment))
    ending = false
  }
  experiment.on('progress', ({ length }) => length && tell('metrics', metricsOf(experiment)))
  experiment.on('evaluated', end)
  experiment.on('playing', () => {
    ending = experiment.complete
    // Those that are looked at in passing only while they train are measured after it.
    if (experiment.example.glance === undefined) end()
  })
  experiment.on('problem', (problem) => problem && tell('error', problem))
}

/**
 * Rejects when there is nothing to show: an attribute is wrong, or something did not come.
 * @param {HTMLElement} host
 * @param {ShadowRoot} root
 * @param {string | null} site see TabGrad
 * @param {Tell} tell
 */
export async function openDemo(host, root, site, tell) {
  const read = async () => {
    const options = optionsOf(host)
    return { options, ...(await sourceOf(options.src)) }
  }
  const [{ options, example, spec }] = await Promise.all([read(), style(root)])
  const { client, session, take, leave } = await takeSeat(site)
  const until = ({ epochs, steps } = /** @type {Options} */ (options)) => ({ epochs: steps ? undefined : (epochs ?? example.epochs), steps: steps ?? undefined })
  const experiment = new Experiment(client, session, { ...example, ...until() }, withOptions(spec, options), options.device ?? 'auto')
  take(experiment)
  try {
    return await show()
  } catch (error) {
    leave(() => experiment.close())
    throw error
  }

  async function show() {
    const setting = { client, experiment }
    const { bar, notices } = transport(experiment)
    // The keys are the page's own, around this.
    bar.querySelectorAll('[aria-keyshortcuts]').forEach((button) => button.removeAttribute('aria-keyshortcuts'))
    let open = true

    /** @param {unknown} error @param {{ name: string, run: () => void }} [remedy] */
    function failed(error, remedy) {
      const problem = problemOf(error)
      if (!open || problem.code === 'gone') return // what is gone is said by the transport
      notices.problem(problem, remedy)
      tell('error', problem)
    }

    async function begin() {
      try {
        await experiment.open()
      } catch (error) {
        return failed(error, { name: t('Try again'), run: () => void begin() })
      }
      const { device, report, steps_per_epoch: stepsPerEpoch } = /** @type {import('../core/protocol.js').Opened} */ (experiment.opened)
      tell('ready', { device: device.kind, parameters: report.params, stepsPerEpoch })
      if (host.hasAttribute('autoplay') && !matchMedia('(prefers-reduced-motion: reduce)').matches) await experiment.play()
    }

    /** Takes the attributes as they are now. */
    async function apply() {
      try {
        const now = optionsOf(host)
        hide(now.hide)
        Object.assign(experiment.example, until(now))
        await experiment.edit(() => withOptions(spec, now))
        if ((now.device ?? 'auto') !== experiment.device) await experiment.move(now.device ?? 'auto')
      } catch (error) {
        failed(error)
      }
    }

    const [picture, progress] = await Promise.all([pictureOf(setting, (error) => failed(error)), progressOf(setting)])
    const { buttons, dialog } = site ? waysOn(host, experiment, site) : { buttons: [], dialog: null }
    const title = h('strong', { class: 'demo-title', part: 'title', id: uniqueId('title') }, said(spec.name))
    const spoken = h('p', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' })
    const silence = speakIn(spoken)
    const element = h(
      'section',
      { class: 'card demo', part: 'demo', lang: language, 'aria-labelledby': title.id },
      h('header', { class: 'demo-head' }, title, facts(experiment)),
      bar,
      notices.element,
      progress,
      h('div', { class: 'demo-body' }, picture && h('div', { part: 'picture' }, picture), curves(experiment).element),
      h('footer', { class: 'demo-foot' }, h('div', { class: 'small-text muted', part: 'caption' }, h('slot')), h('div', { class: 'buttons small-text' }, ...buttons)),
      dialog,
      spoken,
    )
    element.addEventListener('transitionrun', ({ target, propertyName }) => {
      if (target === element && propertyName === 'color') window.dispatchEvent(new Event('themechange'))
    })

    /** @param {string | null} list */
    function hide(list) {
      const hidden = list?.split(/\s+/).filter(Boolean) ?? []
      const parts = new Map([...element.querySelectorAll('[part]')].map((part) => [part.getAttribute('part') ?? '', /** @type {HTMLElement} */ (part)]))
      const unknown = hidden.find((name) => !parts.has(name))
      if (unknown) throw mistake(t('hide names no part of this network: “{name}”.', { name: unknown }), t('There are: {names}.', { names: [...parts.keys()].join(', ') }))
      parts.forEach((part, name) => (part.hidden = hidden.includes(name)))
    }

    hide(options.hide)
    report(experiment, tell)
    return {
      element,
      experiment,
      begin,
      apply,
      metrics: () => metricsOf(experiment),
      reset: () => experiment.open().catch((error) => failed(error)),
      close() {
        open = false
        silence()
        leave(() => experiment.close())
      },
    }
  }
}
