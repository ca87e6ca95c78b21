/**
 * Runs side by side: this one and those that were kept, with their figures and only the settings in which they differ. May import its neighbours, lib/ and core/.
 *
 * @typedef {import('../core/pins.js').Pin} Pin
 */
import { at } from '../lib/at.js'
import { attribute, h, say } from '../lib/dom.js'
import { count, percent } from '../lib/format.js'
import { perFrame } from '../lib/frame.js'
import { t } from '../lib/i18n.js'
import { differences } from '../core/differences.js'
import { isEarlier, standOf } from '../core/pins.js'
import { problemOf } from '../core/protocol.js'
import { card } from './card.js'
import { strokeOf } from './compared.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'
import { lineSample } from './line-sample.js'
import { deleteButton } from './saved.js'
import { lossesOf } from './scales.js'

/** What the page calls a setting; others go by their names in the experiment's text. @type {{ [path: string]: string }} */
const NAMES = {
  'optimizer.type': t('Optimiser'),
  'optimizer.lr': t('Learning rate'),
  'schedule.type': t('Schedule'),
  'regularization.l1': 'L1',
  'regularization.l2': 'L2',
  batch_size: t('Batch size'),
  layers: t('Layers'),
  seed: t('Seed'),
}

/**
 * @param {string} label
 * @param {string} value
 * @param {(value: string) => unknown} change
 */
function textInput(label, value, change) {
  const input = h('input', { type: 'text', 'aria-label': label, maxlength: 200, autocomplete: 'off' })
  input.value = value
  input.addEventListener('change', () => void change(input.value.trim()))
  return input
}

/** @param {HTMLElement} row @returns {HTMLElement[]} */
const controlsOf = (row) => [...row.querySelectorAll('input, button')].map((one) => /** @type {HTMLElement} */ (one))

/**
 * @param {import('../core/experiment.js').Experiment} experiment
 * @param {import('../core/pins.js').Pins} pins
 */
export function runsBeside(experiment, pins) {
  const notices = noticePlace()
  const head = h('tr', {})
  const body = h('tbody', {})
  const same = h('p', { class: 'muted small-text' }, t('Their settings are the same.'))
  const { name: loss, title, training, test, scale } = lossesOf(experiment.example)
  /** A figure each, and how it is read off where a run stands. @type {[string, (stand: ReturnType<typeof standOf>) => string][]} */
  const FIGURES = [
    [t('Step'), ({ step }) => count(step)],
    [training, ({ train }) => (train.loss === null ? '–' : scale.show(train.loss))],
    [experiment.example.measured ? title : test, ({ test: { loss } }) => (loss === null ? '–' : scale.show(loss))],
    [t('Least {figure}', { figure: loss }), ({ best }) => (best === null ? '–' : scale.show(best))],
    [t('Accuracy'), ({ test }) => percent(test.accuracy)],
  ]

  /** @param {Pin} pin */
  function row(pin) {
    /** @param {string} text @param {() => unknown} run */
    const button = (text, run) => h('button', { type: 'button', class: 'small', on: { click: () => void run() } }, text, h('span', { class: 'visually-hidden' }, `: ${pin.name}`))
    const show = h('input', { type: 'checkbox', 'aria-label': t('Show {name} among the curves', { name: pin.name }), on: { change: () => void pins.change(pin, { shown: show.checked }) } })
    const name = isEarlier(pin) ? h('span', {}, pin.name) : textInput(t('Name of {name}', { name: pin.name }), pin.name, (value) => pins.change(pin, { name: value || pin.name }))
    const note = textInput(t('Note on {name}', { name: pin.name }), pin.note, (value) => pins.change(pin, { note: value }))
    const figures = FIGURES.map(([, read]) => h('td', { class: 'n' }, read(pin)))
    const keep = isEarlier(pin) && button(t('Keep'), () => pins.keepEarlier(pin))
    const open = button(t('Use its settings'), () => use(pin))
    const remove = deleteButton(t('Delete'), h('span', { class: 'visually-hidden' }, `: ${pin.name}`), () => {
      table.focus()
      void pins.remove(pin)
      announce(t('Deleted: {name}.', { name: pin.name }), { soon: true })
    })
    show.checked = pin.shown
    const buttons = h('td', {}, h('div', { class: 'buttons' }, keep, open, remove))
    return h('tr', { 'data-pin': pin.id }, h('td', {}, h('label', { class: 'check' }, show, lineSample(strokeOf(pin)))), h('th', { scope: 'row' }, name), ...figures, ...settingsOf(pin.spec), h('td', {}, note), buttons)
  }

  /** @type {ReturnType<typeof differences>} */
  let differing = []
  /** @type {import('../core/spec.js').Spec[]} */
  let specs = []
  /** @param {import('../core/spec.js').Spec} spec */
  const settingsOf = (spec) => differing.map(({ values }) => h('td', { class: 'setting' }, at(values, specs.indexOf(spec)) || '–'))

  /** @param {Pin} pin */
  async function use({ spec, name }) {
    notices.clear()
    try {
      experiment.example.accept(spec)
      await experiment.edit(() => spec)
      notices.info(t('The settings are those of {name}.', { name }))
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }

  const own = FIGURES.map(() => h('td', { class: 'n' }, '–'))
  /** The figures of the run that goes on. */
  const drawOwn = perFrame(() => {
    if (element.hidden) return
    const stand = standOf(experiment.run)
    FIGURES.forEach(([, read], i) => say(at(own, i), read(stand)))
  })

  const draw = perFrame(() => {
    element.hidden = !pins.list.length
    if (element.hidden) return
    // A field that is being written in stays.
    const writing = body.querySelector('input[type=text]:focus')
    if (writing) return writing.addEventListener('blur', draw, { once: true })
    const had = /** @type {HTMLElement | null} */ (document.activeElement?.closest('[data-pin]') ?? null)
    const place = had && controlsOf(had).findIndex((control) => control === document.activeElement)
    specs = [experiment.spec, ...pins.list.map(({ spec }) => spec)]
    differing = differences(specs)
    const names = [t('Curve'), t('Run'), ...FIGURES.map(([name]) => name), ...differing.map(({ path }) => NAMES[path] ?? path), t('Note'), t('Actions')]
    head.replaceChildren(...names.map((name, i) => h('th', { scope: 'col', class: i > 1 && i < 2 + FIGURES.length ? 'n' : '' }, name)))
    const now = h('tr', {}, h('td', {}, h('span', { class: 'check' }, lineSample({ colour: 'curve-test' }))), h('th', { scope: 'row' }, t('This run')), ...own, ...settingsOf(experiment.spec), h('td', {}), h('td', {}))
    body.replaceChildren(now, ...pins.list.map(row))
    // Who works with the keyboard goes on where they were.
    if (had) {
      const again = [...body.rows].find((one) => one.dataset.pin === had.dataset.pin)
      ;((again && controlsOf(again)[place ?? 0]) ?? table).focus()
    }
    same.hidden = differing.length > 0
    drawOwn()
  })

  const table = h(
    'div',
    { class: 'table-place', tabindex: 0, role: 'region', 'aria-label': t('The runs, their figures and settings') },
    h('table', { class: 'data runs' }, h('caption', { class: 'visually-hidden' }, t('Runs side by side')), h('thead', {}, head), body),
  )
  const lead = t('Kept in this browser, with their curves and settings, not their weights. Of the settings, only those that differ are shown.')
  const element = card(t('Runs side by side'), { lead }, table, same, notices.element)
  attribute(element, 'hidden', true)
  pins.on('changed', draw)
  pins.on('problem', (problem) => notices.problem(problem))
  experiment.on('spec', draw)
  for (const news of /** @type {const} */ (['progress', 'evaluated', 'restarted'])) experiment.on(news, drawOwn)
  draw()
  return element
}
