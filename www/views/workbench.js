/**
 * What all networks have in common: an experiment with its transport, its size and needs, its files, and its text.
 * May import parts/, lib/, core/, kernels/ and examples/presets.
 *
 * @typedef {import('../core/example.js').Example} Example
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 * @typedef {import('../core/keeping.js').Keeping} Keeping
 *
 * @typedef {object} View what main.js shows
 * @property {HTMLElement} element
 * @property {Experiment} experiment
 * @property {import('../parts/shortcuts.js').Actions} actions
 * @property {ReturnType<typeof import('../parts/notice.js').noticePlace>} notices
 * @property {Keeping} keeping
 *
 * @typedef {object} Setting what a view's parts need
 * @property {import('../core/client.js').Client} client
 * @property {Experiment} experiment
 *
 * @typedef {Setting & { keeping: Keeping, pins: import('../core/pins.js').Pins, saved: import('../parts/saved.js').SavedWork }} PageSetting of a network that is kept
 *   between visits, and its runs compared
 */
import { Drafting } from '../core/drafting.js'
import { presetsFor } from '../examples/presets.js'
import { h } from '../lib/dom.js'
import { bytes, count } from '../lib/format.js'
import { said, t } from '../lib/i18n.js'
import { card } from '../parts/card.js'
import { diagnosis } from '../parts/diagnosis.js'
import { files } from '../parts/files.js'
import { historyButtons } from '../parts/history-buttons.js'
import { kept } from '../parts/kept.js'
import { lessonPanel } from '../parts/lesson.js'
import { needs } from '../parts/needs.js'
import { networkEditor } from '../parts/network-editor.js'
import { presetChoice } from '../parts/preset-choice.js'
import { runsBeside } from '../parts/runs.js'
import { summary } from '../parts/summary.js'
import { textEditor } from '../parts/text-editor.js'
import { transport } from '../parts/transport.js'
import { kernels } from './kernels/kernels.js'

/**
 * How large it is, in a sentence.
 * @param {Experiment} experiment
 */
function facts(experiment) {
  const text = h('p', { class: 'facts muted' })
  experiment.on('opened', ({ report }) => {
    text.textContent = t('{count} parameters; training takes {size} of memory.', { count: count(report.params), size: bytes(report.memory.total) })
  })
  return text
}

/**
 * @param {PageSetting} setting
 * @param {{ title: string, lead: import('../lib/dom.js').Child, body: HTMLElement[] }} content
 * @returns {View}
 */
export function workbench({ client, experiment, keeping, pins, saved }, { title, lead, body }) {
  const { bar, notices, actions } = transport(experiment)
  // Where there are networks to start from, any network can be shown.
  const drafting = presetsFor(experiment.spec).length ? new Drafting(experiment) : null
  const history = historyButtons(drafting ? [drafting, experiment] : [experiment], (problem) => notices.problem(problem))
  bar.firstElementChild?.after(history.element)
  const { lesson } = experiment.example
  const head = lesson ? [h('h1', {}, said(lesson.title)), h('p', { class: 'muted' }, said(lesson.about))] : [h('h1', {}, title), h('p', { class: 'muted' }, lead), facts(experiment)]
  const health = card(t('Is it going well?'), { lead: t('The run, the data and one step in full view, against rules of thumb.') }, diagnosis(experiment))
  const keep = card(t('Keep and share'), {}, h('div', { class: 'stack' }, files(experiment, saved.button()), kept(experiment, keeping, saved.goTo)))
  const element = h(
    'article',
    { class: `view view-${experiment.example.id}` },
    h('header', { class: 'view-head' }, ...head),
    lesson ? lessonPanel(lesson, experiment) : null,
    bar,
    notices.element,
    ...body,
    runsBeside(experiment, pins),
    drafting && card(t('The network'), { folded: true, lead: t('Its layers, from the input to the output.') }, presetChoice(experiment, () => drafting.drop()), networkEditor(drafting)),
    h(
      'div',
      { class: 'columns' },
      h('div', { class: 'view' }, health, card(t('The network in numbers'), {}, summary(experiment))),
      h('div', { class: 'view' }, keep, card(t('What it takes'), {}, needs(client, experiment))),
    ),
    card(t('The experiment as text'), { lead: t('All of it is one JSON object, with PyTorch’s names. It can be changed here, also while it trains.') }, textEditor(experiment)),
    kernels({ client, experiment }),
  )
  return { element, experiment, actions: { ...actions, undo: history.undo, redo: history.redo }, notices, keeping }
}
