/**
 * An experiment goes out and comes in: a link with its settings, a file with its weights. May import lib/,
 * file-button.js, live.js, notice.js and core/.
 *
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 */
import { h } from '../lib/dom.js'
import { count } from '../lib/format.js'
import { problemOf, refusal } from '../core/protocol.js'
import { toHash } from '../core/share.js'
import { fileButton } from './file-button.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {string} name
 */
function download(bytes, name) {
  const href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  h('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}

/** @param {Experiment} experiment */
export function files(experiment) {
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
      const url = new URL(toHash(example.id, example.spec, spec), location.href).href
      await navigator.clipboard.writeText(url).catch(() => {
        throw refusal('The browser does not let the page use the clipboard.', 'The same link is in the address bar.')
      })
      return 'Link copied. It opens this experiment with these settings, not its weights.'
    })

  const save = () =>
    run(async () => {
      const name = `tabgrad-${experiment.example.id}-step-${experiment.run.step}.safetensors`
      download(await experiment.save(), name)
      return `Saved ${name}: weights, optimiser state, settings.`
    })

  /** @param {File} file */
  const load = (file) =>
    run(async () => {
      await experiment.load(new Uint8Array(await file.arrayBuffer()))
      announce(`Loaded ${file.name}`, { soon: true })
      return `Loaded ${file.name}: training goes on from step ${count(experiment.run.step)}.`
    })

  const { button: loadButton, input } = fileButton('Load from file', '.safetensors', (file) => void load(file))
  loadButton.disabled = true
  const copy = h('button', { type: 'button', on: { click: link } }, 'Copy link')
  const weights = [h('button', { type: 'button', disabled: true, on: { click: save } }, 'Save to file'), loadButton]
  experiment.on('opened', () => weights.forEach((button) => (button.disabled = false)))
  return h('div', { class: 'files' }, h('div', { class: 'buttons' }, copy, ...weights, input), notices.element)
}
