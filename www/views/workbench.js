/**
 * What the three networks have in common: an experiment with its transport, curves, settings, summary and files.
 * May import parts/ and core/.
 *
 * @typedef {import('../core/experiment.js').Example} Example
 * @typedef {import('../core/experiment.js').Experiment} Experiment
 *
 * @typedef {object} View what main.js shows
 * @property {HTMLElement} element
 * @property {Experiment} experiment
 * @property {import('../parts/shortcuts.js').Actions} actions
 * @property {ReturnType<typeof import('../parts/notice.js').noticePlace>} notices
 *
 * @typedef {object} Setting what main.js gives a view
 * @property {import('../core/client.js').Client} client
 * @property {Experiment} experiment
 */
import { h } from '../lib/dom.js'
import { card } from '../parts/card.js'
import { files } from '../parts/files.js'
import { summary } from '../parts/summary.js'
import { transport } from '../parts/transport.js'

/**
 * @param {Setting} setting
 * @param {{ title: string, lead: import('../lib/dom.js').Child, body: HTMLElement[] }} content
 * @returns {View}
 */
export function workbench({ experiment }, { title, lead, body }) {
  const { bar, notices, actions } = transport(experiment)
  const element = h(
    'article',
    { class: `view view-${experiment.example.id}` },
    h('header', { class: 'view-head' }, h('h1', {}, title), h('p', { class: 'muted' }, lead)),
    bar,
    notices.element,
    ...body,
    h('div', { class: 'columns' }, card('The network in numbers', {}, summary(experiment)), card('Keep and share', {}, files(experiment))),
  )
  return { element, experiment, actions, notices }
}
