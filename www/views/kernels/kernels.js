/**
 * The training step, kernel by kernel: its Plan as a list, what each dispatch takes, its loops in the Plan's printed form and as WGSL, and, on a press, its time. It asks the
 * engine when it is opened, and nothing while it is closed. May import lib/, parts/, core/ and plan.js.
 *
 * @typedef {import('./plan.js').Dispatch} Dispatch
 * @typedef {import('./plan.js').Plan} Plan
 */
import { problemOf } from '../../core/protocol.js'
import { at } from '../../lib/at.js'
import { attribute, h, say } from '../../lib/dom.js'
import { amount, bytes, count, percent, short, together } from '../../lib/format.js'
import { oneAtATime } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { card } from '../../parts/card.js'
import { copyText } from '../../parts/clipboard.js'
import { announce } from '../../parts/live.js'
import { noticePlace } from '../../parts/notice.js'
import { planOf, workOf } from './plan.js'

const KINDS = { map: t('map'), row: t('row'), contract: t('contraction') }
const PARTS = { batch: t('batch'), forward: t('forward'), loss: t('loss'), backward: t('backward'), update: t('update') }

/** @param {number} ms */
const time = (ms) => (ms < 1 ? `${short(1000 * ms)} µs` : `${short(ms)} ms`)

/**
 * @param {Dispatch} dispatch
 * @param {number} n
 * @param {readonly import('../../core/protocol.js').LayerReport[]} layers
 * @param {(n: number) => void} choose
 */
function rowOf(dispatch, n, layers, choose) {
  const { kernels, parts, scopes, times } = dispatch
  const work = workOf(dispatch)
  const typeOf = (/** @type {string} */ scope) => layers.find(({ name }) => name === scope)?.type
  const button = h('button', { type: 'button', class: 'small', 'aria-label': t('Dispatch {n}', { n }), on: { click: () => choose(n) } }, String(n))
  const [ms, share, bar] = [h('td', { class: 'n' }, '–'), h('span', {}, '–'), h('div', { class: 'share-bar' })]
  const element = h(
    'tr',
    { 'data-n': n },
    h('th', { scope: 'row', class: 'n' }, button),
    h('td', {}, parts.map((part) => PARTS[part]).join(', '), times > 1 && t(', {times} times', { times: count(times) })),
    h('td', {}, scopes.map((scope) => [scope, typeOf(scope)].filter(Boolean).join(' ')).join(', ') || '–'),
    h('td', { class: 'kernel-names' }, ...kernels.map(({ kind, sizes }) => h('span', {}, `${KINDS[kind]} `, h('code', {}, sizes)))),
    h('td', { class: 'n', 'data-operations': work.operations }, amount(work.operations)),
    h('td', { class: 'n', 'data-bytes': work.bytes }, bytes(work.bytes)),
    ms,
    h('td', { class: 'n' }, share, bar),
  )
  return {
    element,
    button,
    /** @param {number} took in ms @param {number} of all, in ms */
    show(took, of) {
      ms.dataset.ms = String(took)
      say(ms, time(took))
      say(share, percent(took / of))
      bar.style.setProperty('--share', String(took / of))
    },
  }
}

/** @param {import('../workbench.js').Setting} setting */
export function kernels({ client, experiment }) {
  const { session } = experiment
  const notices = noticePlace()
  const summary = h('p', {})
  const body = h('tbody', {})
  const heads = [t('Dispatch'), t('Part of the step'), t('Layer'), t('Kernels and their loops'), t('Operations'), t('Memory'), t('Time'), t('Share')]
  const table = h('table', { class: 'data kernel-table' }, h('thead', {}, h('tr', {}, ...heads.map((text, i) => h('th', { scope: 'col', class: [0, 4, 5, 6, 7].includes(i) ? 'n' : '' }, text)))), body)
  const box = h('div', { class: 'scroll kernel-box', tabindex: 0, role: 'region', 'aria-label': t('The dispatches of a step') }, table)
  const title = h('h3', {})
  const printed = h('pre', { class: 'code', tabindex: 0 })
  const shader = h('pre', { class: 'code', tabindex: 0, 'aria-label': 'WGSL' })
  const where = h('p', { class: 'small-text muted' })
  const detail = h(
    'div',
    { class: 'stack', hidden: true },
    title,
    h('p', { class: 'small-text muted' }, t('As it stands in the Plan: i0, i1, … count the loops, b0, b1, … are the buffers below it, v0, v1, … values, and acc is what a row or a contraction has summed up.')),
    printed,
    h('h4', {}, 'WGSL'),
    where,
    h('div', { class: 'buttons' }, h('button', { type: 'button', class: 'small', on: { click: copy } }, t('Copy the WGSL'))),
    shader,
  )
  const content = h('div', { class: 'stack', hidden: true }, summary, h('div', { class: 'buttons' }, h('button', { type: 'button', on: { click: () => measure() } }, t('Measure each dispatch'))), box, detail)

  /**
   * The plan that is shown, and of which network; took: all its dispatches, in ms.
   * @type {{ opened: NonNullable<typeof experiment.opened>, plan: Plan, rows: ReturnType<typeof rowOf>[], took: number | null } | null}
   */
  let shown = null
  let chosen = -1

  /** @param {unknown} error */
  function failed(error) {
    const problem = problemOf(error)
    if (problem.code !== 'gone') notices.problem(problem)
  }

  const load = oneAtATime(async () => {
    const { opened } = experiment
    if (!opened || !element.open || shown?.opened === opened) return
    try {
      const { text } = await client.call('plan', { session })
      if (opened !== experiment.opened) return
      const plan = planOf(text)
      const rows = plan.dispatches.map((dispatch, n) => rowOf(dispatch, n, opened.report.layers, (n) => void choose(n)))
      shown = { opened, plan, rows, took: null }
      chosen = -1
      body.replaceChildren(...rows.map(({ element }) => element))
      detail.hidden = true
      content.hidden = false
      notices.clear()
      tell()
    } catch (error) {
      if (opened === experiment.opened) failed(error)
    }
  })

  function tell() {
    if (!shown) return
    const { plan, took } = shown
    const { dispatches } = plan
    const all = { dispatches: count(dispatches.reduce((sum, { times }) => sum + times, 0)), kernels: count(dispatches.reduce((sum, { kernels }) => sum + kernels.length, 0)) }
    const sum = (/** @type {'operations' | 'bytes'} */ key) => dispatches.reduce((sum, dispatch) => sum + workOf(dispatch)[key], 0)
    const facts = t('A step is {dispatches} dispatches with {kernels} different kernels: about {operations} operations, and {bytes} that are read and written.', {
      ...all,
      operations: amount(sum('operations')),
      bytes: bytes(sum('bytes')),
    })
    const measured = took === null ? t('Nothing has been measured yet.') : t('Measured one by one they take {total}, each on memory of its own: the network is left as it is.', { total: time(took) })
    say(summary, together(facts, measured))
  }

  /** @param {number} n */
  async function choose(n) {
    const mine = shown
    if (!mine) return
    chosen = n
    mine.rows.forEach(({ button }, row) => attribute(button, 'aria-current', row === n && 'true'))
    const dispatch = at(mine.plan.dispatches, n)
    say(title, t('Dispatch {n}', { n }))
    const used = [...new Set(dispatch.kernels.flatMap(({ buffers }) => buffers))].sort((a, b) => a - b)
    say(printed, [...dispatch.kernels.map(({ text }) => text), '', ...used.map((n) => at(mine.plan.buffers, n).text)].join('\n'))
    say(shader, '')
    const { kind } = mine.opened.device
    say(where, kind === 'webgpu' ? t('The program that the GPU runs for it.') : t('This network runs on the CPU, which goes through the loops above itself. On a usual GPU they would be this program:'))
    detail.hidden = false
    try {
      const { wgsl } = await client.call('dispatch', { session, dispatch: n })
      if (mine !== shown || chosen !== n) return
      say(shader, wgsl)
      announce(t('Dispatch {n}', { n }), { soon: true })
    } catch (error) {
      if (mine === shown) failed(error)
    }
  }

  async function copy() {
    try {
      await copyText(shader.textContent ?? '', t('Select the text instead.'))
      announce(t('Copied.'), { soon: true })
    } catch (error) {
      failed(error)
    }
  }

  const measure = oneAtATime(async () => {
    const mine = shown
    if (!mine) return
    try {
      /** @type {number[]} */
      const took = []
      for (const n of mine.rows.keys()) {
        const { ms } = await client.call('dispatch', { session, dispatch: n, measure: true })
        if (mine !== shown) return
        if (!element.open) return tell() // of what was measured before
        took.push(ms ?? 0)
        say(summary, t('Measured {n} of {all}.', { n: n + 1, all: mine.rows.length }))
      }
      const total = took.reduce((a, b) => a + b, 0)
      mine.rows.forEach((row, n) => row.show(at(took, n), total))
      mine.took = total
      tell()
      announce(summary.textContent ?? '', { soon: true })
    } catch (error) {
      if (mine !== shown) return
      tell()
      failed(error)
    }
  })

  experiment.on('opened', load)
  const words = t('A network is not run layer by layer. Its whole training step, forward, backward and update, is turned into a list of kernels once: the Plan. A kernel is a small program that does the same at each point of its loops. A map computes every point by itself; a row kernel first sums up along a row; a contraction is a matrix product. Kernels that do not need each other share a dispatch, one order to the device. This list is all that a step does.')
  const element = /** @type {HTMLDetailsElement} */ (
    card(t('The step, kernel by kernel'), { folded: true, lead: t('What the device is told to do: the compiled training step.') }, h('div', { class: 'stack step-kernels' }, h('p', {}, words), notices.element, content))
  )
  element.addEventListener('toggle', load)
  return element
}
