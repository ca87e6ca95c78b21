/**
 * Whether a classifier is as often right as it is sure: a reliability diagram, also as a table. Measured when training pauses and this is on the screen, and on a
 * press. May import its neighbours, lib/ and core/.
 *
 * @typedef {import('../core/calibration.js').Bin} Bin
 */
import { attribute, h, say, svg } from '../lib/dom.js'
import { count, percent, together } from '../lib/format.js'
import { oneAtATime } from '../lib/frame.js'
import { t } from '../lib/i18n.js'
import { calibrationOf } from '../core/calibration.js'
import { problemOf } from '../core/protocol.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'

/** Enough for the figure to be known to about a percent. */
const SAMPLE = 2000
const SIDE = 220
const EDGE = { left: 58, bottom: 36, top: 10, right: 10 }

const x = (/** @type {number} */ share) => EDGE.left + share * SIDE
const y = (/** @type {number} */ share) => EDGE.top + (1 - share) * SIDE

function diagram() {
  const bars = svg('g', {})
  const picture = svg(
    'svg',
    { class: 'reliability', viewBox: `0 0 ${EDGE.left + SIDE + EDGE.right} ${EDGE.top + SIDE + EDGE.bottom}`, role: 'img' },
    ...[0, 0.5, 1].flatMap((share) => [
      svg('line', { class: 'rule', x1: x(0), x2: x(1), y1: y(share), y2: y(share) }),
      svg('text', { x: x(0) - 6, y: y(share) + 4, 'text-anchor': 'end' }, percent(share, 0)),
      svg('text', { x: x(share), y: y(0) + 15, 'text-anchor': share ? (share < 1 ? 'middle' : 'end') : 'start' }, percent(share, 0)),
    ]),
    bars,
    svg('line', { class: 'diagonal', x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
    svg('text', { x: x(0.5), y: y(0) + 31, 'text-anchor': 'middle' }, t('how sure it is')),
    svg('text', { x: 0, y: 0, transform: `translate(11 ${y(0.5)}) rotate(-90)`, 'text-anchor': 'middle' }, t('how often right')),
  )
  return {
    picture,
    /** @param {Bin[]} bins */
    draw(bins) {
      const most = Math.max(1, ...bins.map((bin) => bin.count))
      bars.replaceChildren(
        ...bins.flatMap((bin) => {
          if (!bin.count) return []
          const bar = svg('rect', { class: 'right', x: x(bin.from) + 1, width: (bin.to - bin.from) * SIDE - 2, y: y(bin.right), height: y(0) - y(bin.right) })
          // Where there is little, little is known.
          bar.style.fillOpacity = String(0.3 + 0.7 * Math.sqrt(bin.count / most))
          return [bar]
        }),
      )
    },
  }
}

/**
 * @param {import('../core/experiment.js').Experiment} experiment
 * @param {import('../core/verdicts.js').Verdicts} verdicts
 */
export function calibration(experiment, verdicts) {
  const notices = noticePlace()
  const { picture, draw } = diagram()
  const text = h('p', {})
  const body = h('tbody', {})
  const heads = [t('How sure'), t('Examples'), t('Sure on average'), t('Right')].map((name, i) => h('th', { scope: 'col', class: i ? 'n' : '' }, name))
  const table = h('table', { class: 'data' }, h('caption', { class: 'visually-hidden' }, t('How sure it is, and how often right')), h('thead', {}, h('tr', {}, ...heads)), body)
  const found = h('div', { class: 'stack', hidden: true }, picture, h('details', { class: 'more' }, h('summary', {}, t('As a table')), table))
  const measure = h('button', { type: 'button', class: 'small', disabled: true, on: { click: () => void press() } }, t('Measure it now'))
  /** The state of the network that is shown. @type {unknown} */
  let shown = null

  function forget() {
    shown = null
    found.hidden = true
    say(text, t('Measured on {count} test examples when training pauses.', { count: count(Math.min(SAMPLE, experiment.opened?.test_count ?? SAMPLE)) }))
  }
  const compare = () => (measure.disabled = !experiment.opened || shown === verdicts.state)

  const ask = oneAtATime(async () => {
    const { state } = verdicts
    const all = []
    try {
      for await (const some of verdicts.through(SAMPLE)) {
        // What is half measured is of a network that there is no more.
        if (verdicts.state !== state) return
        all.push(...some)
      }
      if (all.length && verdicts.state === state) show(state, all)
    } catch (error) {
      const problem = problemOf(error)
      if (problem.code !== 'gone') notices.problem(problem) // that is said above
    }
  })

  async function press() {
    await ask()
    announce(text.textContent, { soon: true })
  }

  /** @param {unknown} state @param {import('../core/verdicts.js').Verdict[]} all */
  function show(state, all) {
    const { bins, error } = calibrationOf(all)
    const [sure, right] = [all.reduce((sum, one) => sum + one.sure, 0) / all.length, all.filter((one) => one.right).length / all.length]
    const verdict = sure > right ? t('It is surer than it is right.') : t('It is right more often than it is sure.')
    const figures = { sure: percent(sure), right: percent(right), count: count(all.length), error: percent(error), step: count(experiment.run.step) }
    say(text, together(t('At step {step} it is {sure} sure on average of {count} test examples, and {right} of them are right. The expected calibration error is {error}.', figures), verdict))
    attribute(picture, 'aria-label', text.textContent)
    draw(bins)
    body.replaceChildren(
      ...bins.map((bin) => {
        const shares = [bin.sure, bin.right].map((share) => h('td', { class: 'n' }, bin.count ? percent(share) : '–'))
        return h('tr', {}, h('th', { scope: 'row' }, `${Math.round(bin.from * 100)} – ${percent(bin.to, 0)}`), h('td', { class: 'n' }, count(bin.count)), ...shares)
      }),
    )
    found.hidden = false
    shown = state
    compare()
    notices.clear()
  }

  let seen = false
  const standing = () => seen && !experiment.playing && experiment.run.step > 0 && shown !== verdicts.state && ask()
  experiment.on('restarted', forget)
  experiment.on('opened', compare)
  experiment.on('progress', compare)
  experiment.on('evaluated', standing)
  experiment.on('playing', standing)
  const lead = h('p', { class: 'muted small-text' }, t('A network that is 80 % sure should be right in 80 % of such cases: on the dashed line.'))
  const element = h('div', { class: 'stack' }, lead, text, found, h('div', { class: 'buttons' }, measure), notices.element)
  new IntersectionObserver((entries) => {
    seen = entries.at(-1)?.isIntersecting ?? false
    standing()
  }).observe(element)
  forget()
  return element
}
