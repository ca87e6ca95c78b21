/**
 * An experiment goes out and comes in: a link with its settings, a file with its weights, its text. May import lib/,
 * clipboard.js, download.js, file-button.js, live.js, notice.js and core/.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { h } from '../lib/dom.js'
import { count } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { specOf } from '../core/example.js'
import { readJsonFile } from '../core/json-file.js'
import { problemOf } from '../core/protocol.js'
import { isLesson, packed } from '../core/own-lesson.js'
import { toHash } from '../core/share.js'
import { copyText } from './clipboard.js'
import { download } from './download.js'
import { fileButton, takes } from './file-button.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'

/**
 * @param {Experiment} experiment
 * @param {...HTMLElement} more buttons
 */
export function files(experiment, ...more) {
  const notices = noticePlace()

  /** @param {() => Promise<string>} job says what it did */
  async function run(job) {
    notices.clear()
    try {
      notices.info(await job())
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }

  const link = () =>
    run(async () => {
      const { example, spec } = experiment
      await copyText(new URL(toHash(example.id, example.spec, spec), location.href).href, t('The same link is in the address bar.'))
      return t('Link copied. It opens this experiment with these settings, not its weights.')
    })

  const save = () =>
    run(async () => {
      const name = download(await experiment.save(), experiment.example.id, experiment.run.step)
      return t('Saved {name}: weights, optimiser state, settings.', { name })
    })

  /** @param {File} file */
  const load = (file) => (takes('.json', file) ? takeUp(file) : loadWeights(file))

  /** The settings alone, as the page shows them as text; or a lesson, which is gone to. @param {File} file */
  const takeUp = (file) =>
    run(async () => {
      const value = await readJsonFile(file)
      if (isLesson(value)) {
        location.hash = await packed(value)
        return t('The lesson is opened.')
      }
      const spec = specOf(experiment.example, value)
      await experiment.edit(() => spec)
      announce(t('Loaded {file}', { file: file.name }), { soon: true })
      return t('The settings of {file} are in use.', { file: file.name })
    })

  /** @param {File} file */
  const loadWeights = (file) =>
    run(async () => {
      await experiment.load(new Uint8Array(await file.arrayBuffer()))
      announce(t('Loaded {file}', { file: file.name }), { soon: true })
      return t('Loaded {file}: training goes on from step {step}.', { file: file.name, step: count(experiment.run.step) })
    })

  const { button: loadButton, input } = fileButton(t('Load from file'), { accept: '.safetensors,.json', takes: t('weights (.safetensors), an experiment or a lesson (.json)') }, (file) => void load(file))
  loadButton.disabled = input.disabled = true
  const copy = h('button', { type: 'button', on: { click: link } }, t('Copy link'))
  const weights = [h('button', { type: 'button', disabled: true, on: { click: save } }, t('Save to file')), loadButton]
  experiment.on('opened', () => [...weights, input].forEach((control) => (control.disabled = false)))
  return h('div', { class: 'files' }, h('div', { class: 'buttons' }, copy, ...weights, ...more, input), notices.element)
}
