/**
 * How an experiment is kept between visits, and what was put aside for it. May import lib/, saved.js and core/.
 *
 * @typedef {import('../core/keeping.js').Keeping} Keeping
 * @typedef {import('../core/store.js').Saved} Saved
 */
import { h, say } from '../lib/dom.js'
import { count, remark } from '../lib/format.js'
import { t } from '../lib/i18n.js'
import { onSaved, savedOf } from '../core/store.js'
import { standOf } from './saved.js'

const PLAN = t('While it is trained, it is saved by itself every 5 seconds, in this browser only.')

/**
 * @param {import('../core/experiment.js').Experiment} experiment
 * @param {Keeping} keeping
 * @param {(saved: Saved) => void} open
 */
export function kept(experiment, keeping, open) {
  const line = h('p', { class: 'muted small-text' }, PLAN)
  const text = h('span', {})
  const again = h('button', { type: 'button', class: 'small' }, t('Open the earlier run'))
  const earlier = h('p', { class: 'small-text', hidden: true }, text, ' ', again)
  /** @type {import('../core/protocol.js').Problem | null} */
  let problem = null
  /** @type {Saved | null} */
  let before = null

  async function draw() {
    const found = problem ? null : await savedOf(experiment.example.id).catch(() => null)
    line.className = problem ? 'field-error' : 'muted small-text'
    if (problem) return say(line, remark(problem))
    const own = found?.now?.version === keeping.version ? found.now : null
    say(line, own ? t('Saved by itself at step {step}, in this browser only.', { step: count(own.step) }) : PLAN)
    before = found?.before ?? null
    earlier.hidden = !before
    if (before) say(text, t('An earlier run is kept, too: {run}.', { run: standOf(before) }))
  }

  again.addEventListener('click', () => before && open(before))
  keeping.on('problem', (now) => {
    problem = now
    void draw()
  })
  experiment.on('opened', () => void draw())
  onSaved(() => void draw())
  return h('div', { class: 'stack' }, line, earlier)
}
