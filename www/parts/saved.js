/**
 * Saved work: a list of the runs that this browser keeps, in a dialogue. May import lib/, download.js, live.js, notice.js, scales.js and core/.
 *
 * @typedef {import('../core/example.js').Offered} Offered
 * @typedef {import('../core/store.js').Saved} Saved
 * @typedef {ReturnType<typeof savedWork>} SavedWork
 */
import { h, say } from '../lib/dom.js'
import { ago, bytes, count, listed } from '../lib/format.js'
import { said, t } from '../lib/i18n.js'
import { problemOf } from '../core/protocol.js'
import { allSaved, onSaved, remove, removeAll, setNote, stateOf } from '../core/store.js'
import { download } from './download.js'
import { announce } from './live.js'
import { noticePlace } from './notice.js'
import { accuracyText, lossText } from './scales.js'

/** What is said of where a run stands. @type {{ [place in Saved['place']]: string }} */
const PLACES = { now: '', before: t('earlier run'), refused: t('could not be opened') }

/** @param {Saved} saved */
export const standOf = ({ step, when }) => (step ? t('step {step}, saved {when}', { step: count(step), when: ago(when) }) : t('changed settings, saved {when}', { when: ago(when) }))

/**
 * @param {Offered} example
 * @param {Saved} saved
 */
function factsOf(example, { place, step, score, when, size }) {
  const measured = score && (score.accuracy === null ? lossText(example, score.loss) : accuracyText(example, score.accuracy))
  const facts = [PLACES[place], t('step {step}', { step: count(step) }), measured, t('saved {when}', { when: ago(when) }), bytes(size)]
  // Lines break between them only.
  return listed(facts.flatMap((fact) => fact || []).map((fact) => fact.replaceAll(' ', '\u00a0')))
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
    say(text, now ? t('Delete for good?') : name)
    button.classList.toggle('danger', now)
  }
  button.addEventListener('click', () => {
    ask(!asked)
    if (!asked) run()
    else announce(t('Delete for good? Press once more.'), { soon: true })
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
  const none = h('p', { class: 'muted' }, t('Nothing is saved yet: a network is saved by itself while it is trained.'))
  const total = h('p', {})
  const lasting = h('p', { class: 'muted small-text', role: 'status' })
  const persist = h('button', { type: 'button', class: 'small', hidden: true, on: { click: () => void askToKeep() } }, t('Ask the browser to keep it'))
  const deleteAll = deleteButton(t('Delete all'), null, () => void run(removeAll, t('All saved work is deleted.')))
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
    const note = h('input', { type: 'text', maxlength: 200, autocomplete: 'off', placeholder: t('Note'), 'aria-label': t('Note on {name}', { name: said(example.spec.name) }) })
    note.addEventListener('change', () => void run(() => setNote(saved, note.value.trim()), t('The note is saved.')))
    const which = () => h('span', { class: 'visually-hidden' }, t(': {name}', { name: said(example.spec.name) }))
    const openIt = () => {
      dialog.close()
      open(saved)
    }
    const toFile = () => void run(async () => void download((await stateOf(saved)).file, saved.network, saved.step))
    const buttons = h(
      'div',
      { class: 'buttons' },
      h('button', { type: 'button', class: 'small', on: { click: openIt } }, t('Open'), which()),
      h('button', { type: 'button', class: 'small', on: { click: toFile } }, t('Download'), which()),
      deleteButton(t('Delete'), which(), () => void run(() => remove(saved), t('Deleted: {name}, step {step}.', { name: said(example.spec.name), step: count(saved.step) }))),
    )
    const element = h('li', {}, h('div', {}, h('strong', {}, said(example.spec.name)), facts, note), buttons)
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
    const size = bytes(found.reduce((sum, { saved }) => sum + saved.size, 0))
    say(total, found.length === 1 ? t('1 run, {size} in all, in this browser only.', { size }) : t('{runs} runs, {size} in all, in this browser only.', { runs: found.length, size }))
  }

  const refresh = async () => {
    try {
      show(...(await Promise.all([offered(), allSaved()])))
    } catch (error) {
      notices.problem(problemOf(error), { name: t('Try again'), run: () => void refresh() })
    }
  }

  /** @param {boolean} agreed */
  function tellLasting(agreed) {
    persist.hidden = agreed
    say(lasting, agreed ? t('The browser keeps it until you delete it.') : t('Should this device run short of space, the browser may delete it.'))
  }

  async function askToKeep() {
    const agreed = await navigator.storage.persist().catch(() => false)
    tellLasting(agreed)
    if (!agreed) say(lasting, t('The browser did not agree: it does so for pages that are visited often, bookmarked or installed. Files are the safe way.'))
  }

  const dialog = h(
    'dialog',
    { class: 'saved', tabindex: -1, 'aria-label': t('Saved work') },
    h('div', { class: 'stack' }, h('h2', {}, t('Saved work')), notices.element, none, list, total, h('div', { class: 'buttons' }, lasting, persist)),
    h('form', { method: 'dialog', class: 'buttons' }, h('button', { class: 'primary' }, t('Close')), deleteAll),
  )
  onSaved(() => dialog.open && void refresh())

  function come() {
    notices.clear()
    dialog.showModal()
    void refresh()
    // Pages that are not served safely have no such promise to ask for.
    void navigator.storage?.persisted().then(tellLasting, () => {})
  }

  return {
    element: dialog,
    open: come,
    goTo: open,
    /** One of the buttons that lead here. */
    button: () => h('button', { type: 'button', 'aria-haspopup': 'dialog', on: { click: come } }, t('Saved work')),
  }
}
