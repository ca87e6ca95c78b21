/**
 * The curves of a run with what can be done with them: how they are drawn, which steps, as a picture, as numbers; and the run is kept to be compared. May import
 * its neighbours, lib/ and core/.
 */
import { h } from '../lib/dom.js'
import { count } from '../lib/format.js'
import { perFrame } from '../lib/frame.js'
import { said, t } from '../lib/i18n.js'
import { csvOf } from '../core/figures.js'
import { problemOf } from '../core/protocol.js'
import { strokeOf } from './compared.js'
import { curves } from './curves.js'
import { fileName, handOver } from './download.js'
import { numberField, rangeField, selectField } from './field.js'
import { noticePlace } from './notice.js'
import { numbers } from './numbers.js'
import { pictureOf } from './picture.js'

const SCALES = /** @type {const} */ ([
  ['usual', t('usual for each')],
  ['linear', t('linear')],
  ['logarithmic', t('logarithmic')],
])

/**
 * @param {import('../core/experiment.js').Experiment} experiment
 * @param {import('./look.js').Look} look
 */
function lookFields(experiment, look) {
  const smoothing = rangeField({
    label: t('Smoothing'),
    min: 0,
    max: 0.98,
    step: 0.02,
    show: (value) => (value ? String(value) : t('off')),
    change: (value) => look.set({ smoothing: value }),
  })
  const scale = selectField({ label: t('Vertical scale'), options: SCALES, change: (value) => look.set({ scale: value }) })
  const from = numberField({ label: t('From step'), min: 0, step: 1, change: (value) => look.set({ from: Math.max(0, Math.min(value, look.way.to - 1)) }) })
  const to = numberField({
    label: t('To step'),
    min: 1,
    step: 1,
    change: (value) => look.set({ to: value >= experiment.run.step ? Infinity : Math.max(value, look.way.from + 1) }),
  })
  const all = h('button', { type: 'button', class: 'small', on: { click: () => look.showAll() } }, t('All steps'))
  const show = perFrame(() => {
    const { smoothing: weight, scale: name, from: first, to: last } = look.way
    smoothing.set(weight)
    scale.set(name)
    from.set(first)
    to.set(Math.min(last, experiment.run.step))
    all.disabled = !look.near
  })
  look.on('changed', show)
  for (const news of /** @type {const} */ (['progress', 'restarted'])) experiment.on(news, show)
  show()
  const help = t('A stretch that is dragged over with the pointer is shown alone. With the keyboard, the arrow keys read a chart step by step.')
  return h(
    'details',
    { class: 'more' },
    h('summary', {}, t('How the curves are drawn')),
    h('div', { class: 'settings' }, ...[smoothing, scale, from, to].map(({ element }) => element)),
    h('div', { class: 'buttons' }, all),
    h('p', { class: 'muted small-text' }, help),
  )
}

/** @param {{ experiment: import('../core/experiment.js').Experiment, pins: import('../core/pins.js').Pins }} setting */
export function results({ experiment, pins }) {
  const { run, example } = experiment
  const { element, look, charts, compare } = curves(experiment)
  const notices = noticePlace()
  const shown = () => pins.list.filter((pin) => pin.shown)

  const picture = async () => {
    try {
      handOver(await pictureOf(`${said(experiment.spec.name)}, ${t('step {step}', { step: count(run.step) })}`, charts()), fileName(example.id, run.step, 'png'))
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }
  const file = () => {
    const runs = [{ name: t('This run'), curves: run.curves }, ...shown()]
    handOver(new Blob([csvOf(runs)], { type: 'text/csv' }), fileName(example.id, run.step, 'csv'))
  }
  const keep = h('button', { type: 'button', class: 'small', disabled: true }, t('Keep this run to compare'))
  keep.addEventListener('click', async () => notices.info(t('Kept as {name}: it stays among the curves, and further below under “Runs side by side”.', { name: (await pins.keep()).name })))
  const toPicture = h('button', { type: 'button', class: 'small', on: { click: () => void picture() } }, t('Save as image'))
  const toFile = h('button', { type: 'button', class: 'small', on: { click: file } }, t('Save as CSV file'))

  const draw = perFrame(() => void (keep.disabled = run.step === 0))
  for (const news of /** @type {const} */ (['progress', 'restarted', 'opened'])) experiment.on(news, draw)
  const drawPins = () => compare(shown().map((pin) => ({ name: pin.name, curves: pin.curves, ...strokeOf(pin) })))
  pins.on('changed', drawPins)
  drawPins()
  return h('div', { class: 'stack results' }, element, h('div', { class: 'buttons' }, keep, toPicture), notices.element, lookFields(experiment, look), numbers(experiment, look, toFile))
}
