/**
 * The step-through: one training step of the first network, number by number, forwards and backwards at the reader's pace.
 * May import parts/, lib/, core/, examples/first and its neighbours.
 *
 * @typedef {import('../../core/client.js').Client} Client
 * @typedef {import('../../core/protocol.js').DeviceChoice} DeviceChoice
 * @typedef {import('../../core/protocol.js').Trace} Trace
 * @typedef {import('./steps.js').Step} Step
 * @typedef {{ [name: string]: number[] }} Weights
 */
import { WALK_SPEC, WALK_START } from '../../examples/first.js'
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { together } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { problemOf } from '../../core/protocol.js'
import { numberField, radioField } from '../../parts/field.js'
import { noticePlace } from '../../parts/notice.js'
import { drawing } from './drawing.js'
import { PARAMETERS, disagreements, plainNumber, stepsOf } from './steps.js'

/** The step-through has a session of its own: it never disturbs the training above. */
const SESSION = 11
const { x: INPUTS, y: TARGETS } = /** @type {import('../../examples/first.js').TableData} */ (WALK_SPEC.data)
const PHASES = /** @type {const} */ (['Forward', 'Backward', 'Update'])
const PHASE_NAME = { Forward: t('Forward'), Backward: t('Backward'), Update: t('Update') }
const PHASE_TEXT = { Forward: t('Forward: from the input to the loss'), Backward: t('Backward: the chain rule'), Update: t('Update: new weights') }

/**
 * @param {number} before
 * @param {number} after
 */
function outcome(before, after) {
  const values = { before: plainNumber(before), after: plainNumber(after) }
  if (after > before) return t('All weights are updated: the loss on this example rises: η is too large. It goes from {before} to {after}.', values)
  if (after < before) return t('All weights are updated: the loss on this example falls from {before} to {after}.', values)
  return t('All weights are updated: the loss on this example stays as it was, from {before} to {after}.', values)
}

/**
 * @param {Client} client
 * @param {() => DeviceChoice} device
 */
export function walk(client, device) {
  let example = 0
  let lr = WALK_SPEC.optimizer.lr
  let taken = 0
  let open = false
  /** @type {Weights} */
  let weights = WALK_START
  /** @type {Trace | null} */
  let trace = null
  /** @type {Step[]} */
  let steps = []
  let now = 0
  let lossAfter = NaN
  let waiting = 0
  /** @type {Promise<void>} */
  let computed = Promise.resolve()

  const notices = noticePlace()
  const picture = drawing()
  const phase = h('p', { class: 'walk-phase muted small-text' })
  const title = h('h3', {}, t('The numbers are on their way …'))
  const symbols = h('p', { class: 'formula' })
  const numbers = h('p', { class: 'formula' })
  const result = h('p', { class: 'formula result' })
  const why = h('p', {})
  const panel = h('div', { class: 'walk-panel', 'aria-live': 'polite', 'aria-atomic': 'true' }, phase, title, symbols, numbers, result, why)
  const list = h('div', { class: 'walk-list' })
  const lead = h('p', { class: 'muted small-text' })

  /** @param {string} sign @param {string} name @param {() => void} click */
  const button = (sign, name, click) => h('button', { type: 'button', on: { click } }, h('span', { class: 'sign', 'aria-hidden': 'true' }, sign), name)
  const first = button('«', t('First'), () => go(0))
  const previous = button('‹', t('Previous'), () => go(now - 1))
  const next = button('›', t('Next'), () => go(now + 1))
  const last = button('»', t('Last'), () => go(steps.length - 1))
  const take = h('button', { type: 'button', on: { click: () => void takeStep() } }, t('Take this step'))
  const restart = h('button', { type: 'button', on: { click: () => void startAgain() } }, t('Start again'))

  const exampleField = radioField({
    label: t('Example'),
    options: INPUTS.map((x, i) => /** @type {const} */ ([String(i), `(${x.join(', ')}) → ${TARGETS[i]}`])),
    change: (value) => {
      example = Number(value)
      return compute()
    },
  })
  const lrField = numberField({
    label: t('Learning rate η'),
    term: 'lr',
    min: 0,
    change: async (value) => {
      const before = lr
      lr = value
      await compute().catch((error) => {
        lr = before
        throw error
      })
    },
  })

  /** @param {Weights} from */
  async function traceAt(from) {
    const spec = { ...WALK_SPEC, optimizer: { ...WALK_SPEC.optimizer, lr } }
    if (!open) await client.call('create', { session: SESSION, spec, device: device() })
    else await client.call('set', { session: SESSION, spec })
    open = true
    for (const [name, values] of Object.entries(from)) {
      await client.call('write', { session: SESSION, name, data: Float32Array.from(values) })
    }
    return client.call('trace', { session: SESSION, start: example, count: 1 })
  }

  /** @param {Trace} traced */
  const weightsAfter = (traced) => Object.fromEntries(traced.after.map(({ name, data }) => [name, [...data]]))

  /** One after another: what is asked for in the meantime is computed next, and until then the numbers are marked as not yet these. */
  function compute() {
    waiting += 1
    element.setAttribute('aria-busy', 'true')
    const result = computed.then(computeNow).finally(() => {
      waiting -= 1
      if (!waiting) element.removeAttribute('aria-busy')
    })
    computed = result.catch(() => {})
    return result
  }

  async function computeNow() {
    trace = await traceAt(weights)
    lossAfter = (await traceAt(weightsAfter(trace))).loss
    steps = stepsOf(trace, { x: /** @type {[number, number]} */ (INPUTS[example]), y: Number(TARGETS[example]), lr })
    const wrong = disagreements(steps)
    if (wrong.length) {
      const which = wrong.map(({ title: name, value, engine }) => t('{name}: {value} by the formula, {engine} by the engine', { name, value, engine: engine ?? '' }))
      notices.problem({ code: 'trace', message: t('Formula and engine disagree. {steps}.', { steps: which.join('; ') }), hint: t('Please report this.') })
    } else notices.clear()
    drawList()
    exampleField.set(String(example))
    lrField.set(lr)
    const values = { taken, loss: plainNumber(trace.loss) }
    if (taken === 0) say(lead, t('Starting weights: loss on this example {loss}.', values))
    else say(lead, taken === 1 ? t('After {taken} step: loss on this example {loss}.', values) : t('After {taken} steps: loss on this example {loss}.', values))
    go(now)
  }

  async function guarded() {
    try {
      await compute()
    } catch (error) {
      notices.problem(problemOf(error), { name: t('Try again'), run: () => void guarded() })
    }
  }

  async function takeStep() {
    if (!trace) return
    weights = weightsAfter(trace)
    taken += 1
    now = 0
    await guarded()
  }

  async function startAgain() {
    weights = WALK_START
    taken = 0
    now = 0
    await guarded()
  }

  function drawList() {
    list.replaceChildren(
      ...PHASES.map((name) => {
        const items = steps.flatMap((step, i) => {
          if (step.phase !== name) return []
          const value = h('span', { class: 'number' }, plainNumber(step.value))
          const button = h('button', { type: 'button', 'data-step': i, on: { click: () => go(i) } }, h('span', {}, step.title), value)
          return [h('li', {}, button)]
        })
        return h('section', {}, h('h4', {}, PHASE_NAME[name]), h('ol', {}, ...items))
      }),
    )
  }

  /** What is known once step `index` is done. @param {number} index */
  function valuesUpTo(index) {
    const [x1 = 0, x2 = 0] = at(INPUTS, example)
    const values = new Map(Object.entries({ x1, x2, y: Number(TARGETS[example]) }))
    for (const { id, name, index: place } of PARAMETERS) values.set(id, at(weights[name] ?? [], place))
    /** @type {Set<string>} */
    const changed = new Set()
    for (const { id, value } of steps.slice(0, index + 1)) {
      const target = id.replace('new-', '')
      values.set(target, value)
      if (target !== id) changed.add(target)
    }
    return { values, changed }
  }

  /** @param {number} index */
  function go(index) {
    if (!steps.length) return
    now = Math.max(0, Math.min(steps.length - 1, index))
    const step = at(steps, now)
    const end = now === steps.length - 1
    say(phase, t('{phase} · {step} of {steps}', { phase: PHASE_TEXT[step.phase], step: now + 1, steps: steps.length }))
    say(title, step.title)
    say(symbols, step.symbols)
    say(numbers, `= ${step.numbers}`)
    say(result, `= ${plainNumber(step.value)}`)
    result.dataset.value = String(step.engine ?? step.value)
    panel.dataset.step = step.id
    say(why, end ? together(step.why, outcome(trace?.loss ?? NaN, lossAfter)) : step.why)
    for (const button of list.querySelectorAll('button')) {
      if (Number(button.dataset.step) === now) {
        button.setAttribute('aria-current', 'step')
        keepInView(button)
      } else button.removeAttribute('aria-current')
    }
    first.disabled = previous.disabled = now === 0
    next.disabled = last.disabled = end
    const { values, changed } = valuesUpTo(now)
    picture.show(values, { now: step.id.replace('new-', ''), uses: step.uses, changed })
  }

  /** Scrolls the list, and only the list. @param {HTMLElement} item */
  function keepInView(item) {
    const box = list.getBoundingClientRect()
    const place = item.getBoundingClientRect()
    if (place.top < box.top) list.scrollTop -= box.top - place.top + 8
    else if (place.bottom > box.bottom) list.scrollTop += place.bottom - box.bottom + 8
  }

  const board = h(
    'div',
    { class: 'walk-board', tabindex: 0, role: 'group', 'aria-label': t('Step-through: left and right arrow keys walk through it'), 'data-keys': true },
    h('div', { class: 'walk-picture' }, picture.element),
    h('div', { class: 'stack' }, h('div', { class: 'buttons walk-buttons' }, first, previous, next, last), panel),
  )
  board.addEventListener('keydown', (event) => {
    const moves = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: steps.length - 1 }
    const target = moves[/** @type {keyof typeof moves} */ (event.key)]
    if (target === undefined || event.target !== board) return
    event.preventDefault()
    go(target)
  })

  client.listen(({ event }) => {
    if (event !== 'renewed') return
    open = false
    if (trace) void guarded()
  })

  const element = h(
    'div',
    { class: 'walk' },
    h('div', { class: 'walk-options' }, exampleField.element, lrField.element, h('div', { class: 'buttons' }, take, restart), lead),
    notices.element,
    h('div', { class: 'walk-main' }, board, list),
  )
  return { element, start: guarded }
}
