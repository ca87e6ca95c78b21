/** When training stops before its end: fields for it, a button for an epoch, and who keeps watch. May import field.js, lib/ and core/. */
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { Watch } from '../core/goals.js'
import { refusal } from '../core/protocol.js'
import { numberField } from './field.js'

/** @param {import('../core/experiment.js').Experiment} experiment */
export function goals(experiment) {
  const watch = new Watch()
  const { goals } = watch
  const accuracy = numberField({
    label: t('At a test accuracy of (%)'),
    min: 0,
    max: 100,
    help: t('0 is off'),
    change: (value) => {
      if (value < 0 || value > 100) throw refusal(t('An accuracy is from 0 to 100 %.'))
      goals.accuracy = value / 100
    },
  })
  const patience = numberField({
    label: t('After tests without gain'),
    min: 0,
    step: 1,
    help: t('0 is off'),
    change: (value) => {
      if (value < 0 || !Number.isInteger(value)) throw refusal(t('Tests are counted: 0, 1, 2 …'))
      goals.patience = value
    },
  })
  accuracy.set(0)
  patience.set(0)

  const epoch = h('button', { type: 'button', disabled: true, on: { click: () => void experiment.playEpoch() } }, t('Train one epoch'))
  experiment.on('opened', () => (epoch.disabled = false))
  experiment.on('playing', (playing) => playing && watch.begin())
  experiment.on('evaluated', (evaluation) => {
    if (!experiment.playing) return
    const why = watch.judge(evaluation)
    if (why) void experiment.pause().then(() => experiment.emit('notice', t('Stopped at step {step}: {why}.', { step: experiment.run.step, why })))
  })
  return h('div', { class: 'stack' }, h('div', { class: 'settings' }, accuracy.element, patience.element), h('div', { class: 'buttons' }, epoch))
}
