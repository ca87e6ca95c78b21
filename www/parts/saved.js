/**
 * Saved work: a list of the runs that this browser keeps, in a dialogue. May import lib/, download.js, live.js, notice.js, scales.js and core/.
 *
 * @typedef {import('../core/example.js').Offered} Offered
 * @typedef {import('../core/store.js').Saved} Saved
 * @typedef {ReturnType<typeof savedWork>} SavedWork
 */
import { h, say } from '../lib/dom.js'
import { ago, bytes, count, percent } from '../lib/format.js'
import { problemOf } from '../core/protocol.js'
import { allSaved, onSaved, remove, removeAll, setNote, stateOf } from '../core/store.js'
import { t } from '../lib/i18n.js'
import { download } from './download.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'
import { lossesOf } from './scales.js'

/** What is said of where a run stands. @type {{ [place in Saved['place']]: string }} */
const PLACES = { now: '', before: 'earlier run', refused: 'could not be opened' }

/** @param {Saved} saved */
export const standOf = ({ step, when }) => (step ? `step ${count(step)}, saved ${ago(when)}` : `changed settings, saved ${ago(when)}`)

/**
 * @param {Offered} example
 * @param {Saved} saved
 */
function factsOf(example, { place, step, score, when, size }) {
  const test = example.measured ? '' : 'test '
  const { name, scale } = lossesOf(example)
  const measured = score && (score.accuracy === null ? `${test}${name} ${scale.show(score.loss)}` : `${test}accuracy ${percent(score.accuracy)}`)
  const facts = [PLACES[place], `step ${count(step)}`, measured, `saved ${ago(when)}`, bytes(size)]
  // Lines break between them only.
  return facts.flatMap((fact) => fact || []).map((fact) => fact.replaceAll(' ', '\u00a0')).join(', ')
}

/**
 * A button that deletes for good asks once more.
 * @param {string} name
 * @param {HTMLElement | null} what is deleted, for those who do not see where it stands
 * @param {() => void} run
 */
export function deleteButton(name, what, run) {
  const text = h('span', {}, name)
  const button = h('button', { type: 'button', class: 'small' }, text, what)
  let asked = false
  /** @param {boolean} now */
  function ask(now) {
    asked = now
    say(text, now ? 'Delete for good?' : name)
    button.classList.toggle('danger', now)
  }
  button.addEventListener('click', () => {
    ask(!asked)
    if (!asked) run()
    else announce('Delete for good? Press once more.', { soon: true })
  })
  button.addEventListener('blur', () => ask(false))
  return button
}

/**
 * @param {() => Promise<Offered[]>} offered the networks, in their order
 * @param {(saved: Saved) => void} open goes to its network, and on from there
 */
export function savedWork(offered, open) {
  const notices = noticePlace()
  const list = h('ul', { class: 'saved-runs' })
  const none = h('p', { class: 'muted' }, 'Nothing is saved yet: a network is saved by itself while it is trained.')
  const total = h('p', {})
  const lasting = h('p', { class: 'muted small-text', role: 'status' })
  const persist = h('button', { type: 'button', class: 'small', hidden: true, on: { click: () => void askToKeep() } }, 'Ask the browser to keep it')
  const deleteAll = deleteButton('Delete all', null, () => void run(removeAll, 'All saved work is deleted.'))
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map()

  /**
   * @param {() => Promise<unknown>} job
   * @param {string} [done]
   */
  async function run(job, done) {
    notices.clear()
    try {
      await job()
      if (done) notices.info(done)
    } catch (error) {
      notices.problem(problemOf(error))
    }
  }

  /** @param {Offered} example */
  function row(example) {
    /** @type {Saved} */
    let saved
    const facts = h('p', { class: 'muted small-text' })
    const note = h('input', { type: 'text', maxlength: 200, autocomplete: 'off', placeholder: t('Note'), 'aria-label': t('Note on {name}', { name: example.spec.name }) })
    note.addEventListener('change', () => void run(() => setNote(saved, note.value.trim()), t('The note is saved.')))
    const which = () => h('span', { class: 'visually-hidden' }, `: ${example.spec.name}`)
    const openIt = () => {
      dialog.close()
      open(saved)
    }
    const toFile = () => void run(async () => void download((await stateOf(saved)).file, saved.network, saved.step))
    const buttons = h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', class: 'small', on: { click: openIt } }, 'Open', which()),
      h('button', { type: 'button', class: 'small', on: { click: toFile } }, 'Download', which()),
      deleteButton('Delete', which(), () => void run(() => remove(saved), `Deleted: ${example.spec.name}, step ${count(saved.step)}.`)),
    )
    const element = h('li', {}, h('div', {}, h('strong', {}, example.spec.name), facts, note), buttons)
    return {
      element,
      /** @param {Saved} now */
      show(now) {
        saved = now
        say(facts, factsOf(example, now))
        if (!note.matches(':focus')) note.value = now.note ?? ''
      },
    }
  }

  /**
   * @param {Offered[]} examples
   * @param {Saved[]} all
   */
  function show(examples, all) {
    const found = examples.flatMap((example) => all.filter(({ network }) => network === example.id).map((saved) => ({ example, saved, key: `${saved.network} ${saved.place}` })))
    const had = list.contains(document.activeElement)
    for (const [key, { element }] of rows) {
      if (found.some((one) => one.key === key)) continue
      element.remove()
      rows.delete(key)
    }
    found.forEach(({ example, saved, key }, i) => {
      const one = rows.get(key) ?? row(example)
      rows.set(key, one)
      one.show(saved)
      if (list.children[i] !== one.element) list.insertBefore(one.element, list.children[i] ?? null)
    })
    if (had && !list.contains(document.activeElement)) dialog.focus()
    none.hidden = found.length > 0
    total.hidden = deleteAll.hidden = !found.length
    say(total, `${found.length === 1 ? '1 run' : `${found.length} runs`}, ${bytes(found.reduce((sum, { saved }) => sum + saved.size, 0))} in all, in this browser only.`)
  }

  const refresh = async () => {
    try {
      show(...(await Promise.all([offered(), allSaved()])))
    } catch (error) {
      notices.problem(problemOf(error), { name: 'Try again', run: () => void refresh() })
    }
  }

  /** @param {boolean} agreed */
  function tellLasting(agreed) {
    persist.hidden = agreed
    say(lasting, agreed ? 'The browser keeps it until you delete it.' : 'Should this device run short of space, the browser may delete it.')
  }

  async function askToKeep() {
    const agreed = await navigator.storage.persist()
    tellLasting(agreed)
    if (!agreed) say(lasting, 'The browser did not agree: it does so for pages that are visited often, bookmarked or installed. Files are the safe way.')
  }

  const dialog = h(
    'dialog',
    { class: 'saved', tabindex: -1, 'aria-label': 'Saved work' },
    h('div', { class: 'stack' }, h('h2', {}, 'Saved work'), notices.element, none, list, total, h('div', { class: 'buttons' }, lasting, persist)),
    h('form', { method: 'dialog', class: 'buttons' }, h('button', { class: 'primary' }, 'Close'), deleteAll),
  )
  onSaved(() => dialog.open && void refresh())

  function come() {
    notices.clear()
    dialog.showModal()
    void refresh()
    // Pages that are not served safely have no such promise to ask for.
    void navigator.storage?.persisted().then(tellLasting)
  }

  return {
    element: dialog,
    open: come,
    goTo: open,
    /** One of the buttons that lead here. */
    button: () => h('button', { type: 'button', 'aria-haspopup': 'dialog', on: { click: come } }, 'Saved work'),
  }
}
