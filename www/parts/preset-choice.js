/**
 * Networks to start from, folded. May import examples/presets, lib/ and core/.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { problemOf } from '../core/protocol.js'
import { presetsFor } from '../examples/presets.js'
import { h, say } from '../lib/dom.js'
import { remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'

/**
 * @param {Experiment} experiment
 * @param {() => void} taken a preset is in use
 */
export function presetChoice(experiment, taken) {
  const status = h('p', { class: 'small-text', role: 'status' })
  const fault = h('div', { class: 'field-error', role: 'alert' })

  /** @param {import('../examples/presets.js').Preset} preset */
  async function use({ name, of }) {
    say(fault, '')
    try {
      const { opened } = experiment
      if (!opened) return
      await experiment.edit((spec) => of(spec, /** @type {number} */ (opened.report.output.at(-1))))
      taken()
      say(status, t('{name} is in use. Undo brings back what was before.', { name }))
    } catch (error) {
      say(fault, remark(problemOf(error)))
    }
  }

  experiment.on('spec', () => say(status, ''))
  const items = presetsFor(experiment.spec).map((preset) => h('li', {}, h('button', { type: 'button', class: 'small', on: { click: () => void use(preset) } }, preset.name), h('span', {}, preset.about)))
  return h('details', { class: 'more presets' }, h('summary', {}, t('Start from another network')), h('ul', { class: 'stack small-text' }, ...items), status, fault)
}
