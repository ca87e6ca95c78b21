/**
 * The first network's view: it trains in front of the reader, and one training step can be walked through.
 * May import parts/, lib/, core/, examples/first, its neighbours and workbench.js.
 *
 * @typedef {import('../../core/experiment.js').Experiment} Experiment
 */
import { at } from '../../lib/at.js'
import { first } from '../../examples/first.js'
import { h, say } from '../../lib/dom.js'
import { fixed, percent, short } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { card } from '../../parts/card.js'
import { results } from '../../parts/results.js'
import { settings } from '../../parts/settings.js'
import { workbench } from '../workbench.js'
import { walk } from './walk.js'

const EVERY = 10
const ROWS = 10

/**
 * The loss after every tenth epoch; an epoch is one step here. At the end, the accuracy.
 * @param {Experiment} experiment
 */
function lossTable(experiment) {
  const body = h('tbody', {})
  const done = h('p', { class: 'verdict' })
  const empty = h('p', { class: 'muted small-text' }, t('Press Train: the loss of every tenth epoch is written here.'))
  experiment.on('restarted', () => {
    body.replaceChildren()
    empty.hidden = false
    done.textContent = ''
  })
  experiment.on('progress', (points) => {
    for (const { step, loss } of points) {
      const epoch = step / (experiment.opened?.steps_per_epoch ?? 1)
      if (epoch % EVERY) continue
      body.append(h('tr', {}, h('td', { class: 'n' }, String(epoch)), h('td', { class: 'n', 'data-loss': loss }, loss.toFixed(6))))
      empty.hidden = true
      if (body.children.length > ROWS) body.firstElementChild?.remove()
    }
  })
  const conclude = () => {
    const { epoch, evaluation } = experiment.run
    const text = evaluation && t('After {epochs} epochs: loss {loss}, accuracy {accuracy}.', { epochs: Math.floor(epoch), loss: evaluation.loss.toFixed(6), accuracy: percent(evaluation.accuracy, 0) })
    say(done, !experiment.playing && epoch > 0 && text ? text : '')
  }
  experiment.on('evaluated', conclude)
  experiment.on('playing', conclude)
  const head = h('thead', {}, h('tr', {}, h('th', { scope: 'col', class: 'n' }, t('Epoch')), h('th', { scope: 'col', class: 'n' }, t('Loss'))))
  const table = h('table', { class: 'data loss-table' }, h('caption', { class: 'visually-hidden' }, t('Loss after every tenth epoch')), head, body)
  return h('div', {}, table, empty, done)
}

/**
 * What the network answers to each example now.
 * @param {import('../workbench.js').Setting} setting
 */
function answers({ client, experiment }) {
  const { x, y } = /** @type {import('../../examples/first.js').TableData} */ (first.spec.data)
  const cells = x.map(() => ({ p: h('td', { class: 'n' }, '–'), right: h('td', { class: 'n' }) }))
  const rows = x.map((inputs, i) =>
    h('tr', {}, h('th', { scope: 'row', class: 'number' }, inputs.join(', ')), h('td', { class: 'n' }, String(y[i])), at(cells, i).p, at(cells, i).right),
  )
  const draw = oneAtATime(async () => {
    const { session } = experiment
    const reply = await client.call('predict', { session, inputs: Float32Array.from(x.flat()), count: x.length }).catch(() => null)
    reply?.probabilities?.forEach((p, i) => {
      const right = (p > 0.5 ? 1 : 0) === y[i]
      say(at(cells, i).p, fixed(p, 3))
      say(at(cells, i).right, right ? t('✓ right') : t('✗ wrong'))
    })
  })
  experiment.on('evaluated', draw)
  experiment.on('progress', draw)
  const heads = [t('Input'), t('Right answer'), t('Network: p'), t('Verdict')].map((text, i) => h('th', { scope: 'col', class: i ? 'n' : '' }, text))
  return h('table', { class: 'data' }, h('caption', { class: 'visually-hidden' }, t('Answers of the network')), h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows))
}

/** @param {import('../workbench.js').PageSetting} setting */
export function makeView(setting) {
  const { client, experiment } = setting
  const stepThrough = walk(client, () => experiment.device)
  let started = false
  experiment.on('opened', () => {
    if (!started) void stepThrough.start()
    started = true
  })
  const { lr } = first.spec.optimizer
  const body = [
    h(
      'div',
      { class: 'first-grid' },
      card(t('Loss'), {}, lossTable(experiment)),
      card(t('Curves'), {}, results(setting)),
      card(t('What it answers'), { lead: t('The three examples, and the probability of a 1 that the network gives.') }, answers(setting)),
      card(t('How it learns'), {}, settings(experiment)),
    ),
    card(
      t('One training step, number by number'),
      {
        class: 'walk-card',
        lead: t('Plain gradient descent on one example. The first layer starts from W₁ = [[0.1, 0.2], [0.3, 0.4]], b₁ = [0.5, 0.6]; for the second layer we chose W₂ = [[0.7, 0.8]], b₂ = [0.9], written v₁, v₂ and c below.'),
      },
      stepThrough.element,
    ),
  ]
  return workbench(setting, {
    title: t('First network'),
    lead: t('Three examples, two inputs, two hidden neurons, one output: nine numbers that learn. Adam with learning rate {rate} on the binary cross entropy.', { rate: short(lr).replace(/0+$/, '') }),
    body,
  })
}
