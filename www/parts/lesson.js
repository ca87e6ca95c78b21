/**
 * A lesson beside its network: the step's text, its goal, which ticks itself off, and the way to the next. How far one is, is kept in the browser.
 * May import lib/ and core/.
 */
import { at } from '../lib/at.js'
import { h, say } from '../lib/dom.js'
import { said, t } from '../lib/i18n.js'
import { keep, keptJson } from '../lib/settings.js'
import { reached } from '../core/lesson.js'

/**
 * @param {import('../core/lesson.js').Lesson} lesson
 * @param {import('../core/experiment.js').Experiment} experiment
 */
export function lessonPanel({ id, title, steps, own }, experiment) {
  const key = `lesson.${id}`
  let now = Math.min(steps.length - 1, Math.max(0, Math.floor(Number(keptJson(key)) || 0)))
  let done = false

  const where = h('p', { class: 'muted small-text' })
  const text = h('div', { class: 'stack' })
  const goal = h('p', { class: 'goal-text' })
  const status = h('span', { role: 'status' })
  const back = h('button', { type: 'button', on: { click: () => go(now - 1) } }, t('Back'))
  const next = h('button', { type: 'button', on: { click: () => go(now + 1) } }, t('Next'))
  const end = h('a', { href: '#' }, t('All lessons'))

  /** @param {number} step */
  function go(step) {
    now = step
    keep(key, JSON.stringify(now))
    show()
  }

  function show() {
    const { text: paragraphs, goal: aim } = at(steps, now)
    say(where, t('Step {step} of {steps}', { step: now + 1, steps: steps.length }))
    text.replaceChildren(...paragraphs.map((one) => h('p', {}, said(one))))
    goal.replaceChildren(...(aim ? [h('strong', {}, t('Goal: ')), said(aim.text), ' ', status] : []))
    back.disabled = now === 0
    next.hidden = now === steps.length - 1
    end.hidden = !next.hidden
    done = false
    next.classList.remove('primary')
    say(status, '')
    look()
  }

  /** A goal that has been reached stays so. */
  function look() {
    const step = at(steps, now)
    if (done || (step.goal && !reached(step, { spec: experiment.spec, run: experiment.run }))) return
    done = true
    if (step.goal) say(status, now === steps.length - 1 ? t('✓ Done. That was the lesson.') : t('✓ Done.'))
    next.classList.add('primary')
  }

  for (const event of /** @type {const} */ (['evaluated', 'spec'])) experiment.on(event, look)
  show()
  const origin = own ? h('p', { class: 'muted small-text' }, t('This lesson came with its link: it was written by somebody else, not by this site.')) : null
  return h('section', { class: 'card lesson', 'aria-label': t('Lesson: {title}', { title: said(title) }) }, origin, where, text, goal, h('div', { class: 'buttons' }, back, next, end))
}
