/**
 * Starts the page: the engine, the choice between the networks, and the address that names the experiment in view.
 * May import everything; nothing imports it.
 *
 * @typedef {import('./views/workbench.js').View} View
 * @typedef {import('./core/example.js').Example} Example
 * @typedef {{ example: Example, name: string, session: number }} Entry
 * @typedef {{ makeView: (setting: import('./views/workbench.js').Setting) => View }} ViewModule views/<the example's id>/view.js
 */
import { connect } from './core/connect.js'
import { Experiment } from './core/experiment.js'
import { loadModule } from './core/load.js'
import { probe } from './core/probe.js'
import { problemOf } from './core/protocol.js'
import { LinkError, fromChanges, parseHash, toHash } from './core/share.js'
import { SpecError } from './core/spec.js'
import { EXAMPLES } from './examples/index.js'
import { byId, h } from './lib/dom.js'
import { THEMES, setTheme, theme } from './lib/theme.js'
import { deviceChip, deviceChoice } from './parts/device.js'
import { noticePlace } from './parts/notice.js'
import { shortcuts } from './parts/shortcuts.js'

const ENTRIES = /** @type {[Entry, ...Entry[]]} */ (
  await Promise.all(EXAMPLES.map(async ({ name, load }, n) => ({ example: await load(), name, session: n + 1 }))).catch((error) => {
    failed(error, () => location.reload())
    return new Promise(() => {}) // Without networks there is no page.
  })
)

/**
 * @param {Example} example
 * @returns {Promise<ViewModule>}
 */
const loadView = ({ id }) => loadModule(new URL(`views/${id}/view.js`, import.meta.url))

const AS_IT_COMES = 'Shown instead: the network as it comes.'
const AS_IT_WAS = 'The experiment stays as it was.'

/** Made at their first visit, and kept; opened: its session is there, or it says why not. @type {Map<Entry, Promise<{ view: View, opened: Promise<void> }>>} */
const views = new Map()
/** @type {View | null} */
let current = null

const links = new Map(ENTRIES.map((entry) => [entry, h('a', { href: `#${entry.example.id}` }, entry.name)]))

function themeChoice() {
  const names = { auto: 'System', light: 'Light', dark: 'Dark' }
  const select = h('select', {}, ...THEMES.map((one) => h('option', { value: one }, names[one])))
  select.value = theme()
  select.addEventListener('change', () => setTheme(/** @type {import('./lib/theme.js').Theme} */ (select.value)))
  return h('label', { class: 'theme' }, h('span', {}, 'Theme'), select)
}

/**
 * What the address asks for. What it cannot give is said, and there is no spec.
 * @param {string} hash
 * @returns {{ entry: Entry, spec: import('./core/spec.js').Spec | null, complaint: string }}
 */
function read(hash) {
  const { id, changes } = parseHash(hash)
  const entry = ENTRIES.find(({ example }) => example.id === id)
  if (!entry) {
    const complaint = id ? `The address names no network of this page: “${id.slice(0, 40)}”.` : ''
    return { entry: ENTRIES.find(({ example }) => example === current?.experiment.example) ?? ENTRIES[0], spec: null, complaint }
  }
  try {
    const spec = fromChanges(entry.example.spec, changes)
    entry.example.accept(spec)
    return { entry, spec, complaint: '' }
  } catch (error) {
    if (!(error instanceof LinkError) && !(error instanceof SpecError)) throw error
    return { entry, spec: null, complaint: `The experiment in the address cannot be opened: ${error.message}.` }
  }
}

/**
 * @param {unknown} error that leaves nothing to show
 * @param {() => void} again
 */
function failed(error, again) {
  const notices = noticePlace()
  notices.problem(problemOf(error), { name: 'Try again', run: again })
  byId('main').replaceChildren(notices.element)
}

/** @param {import('./core/client.js').Client} client */
function router(client) {
  probe(client, () => current?.experiment ?? null)
  const chip = deviceChip(client)
  byId('tools').append(chip.element, themeChoice())

  /**
   * @param {Entry} entry
   * @param {import('./core/spec.js').Spec} spec
   */
  async function make({ example, session }, spec) {
    const { makeView } = await loadView(example)
    const experiment = new Experiment(client, session, example, spec, deviceChoice())
    experiment.on('spec', (now) => {
      const hash = toHash(example.id, example.spec, now)
      links.forEach((link, entry) => entry.example === example && link.setAttribute('href', hash))
      // The visitor may have just gone elsewhere.
      if (parseHash(location.hash).id === example.id && location.hash !== hash) history.replaceState(null, '', hash)
    })
    const view = makeView({ client, experiment })
    return { view, opened: open(view) }
  }

  /**
   * Says under the buttons what was wrong with the address, and what is shown instead.
   * @param {View} view
   * @param {string} message
   * @param {string} hint
   */
  const complain = ({ notices }, message, hint) => notices.problem({ code: 'link', message, hint })
  /** @param {unknown} error */
  const refusal = (error) => `The experiment in the address was refused: ${problemOf(error).message}`

  /**
   * Opens a new view's session. A spec from the address that the engine refuses gives way to the example's own.
   * @param {View} view
   * @returns {Promise<void>}
   */
  async function open(view) {
    const { experiment, notices } = view
    try {
      await experiment.open()
    } catch (error) {
      const problem = problemOf(error)
      const { spec } = experiment.example
      if (problem.code === 'gone') return // said, with a remedy, by the view itself
      if (problem.code !== 'spec' || experiment.spec === spec) {
        return notices.problem(problem, { name: 'Try again', run: () => void open(view) })
      }
      experiment.spec = spec
      await open(view)
      complain(view, refusal(error), AS_IT_COMES)
    }
  }

  /**
   * Gives an experiment in view another spec from the address.
   * @param {View} view
   * @param {import('./core/spec.js').Spec} spec
   */
  async function change(view, spec) {
    const { experiment } = view
    if (experiment.opened) return await experiment.edit(() => spec).catch((error) => complain(view, refusal(error), AS_IT_WAS))
    experiment.spec = spec
    await open(view)
  }

  /**
   * What was in view stands still.
   * @param {Entry} entry
   * @param {View | null} view
   */
  function turnTo(entry, view) {
    if (current && current !== view) void current.experiment.pause()
    current = view
    links.forEach((link, one) => (one === entry ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')))
    document.title = `${entry.name} – tabgrad`
  }

  let visits = 0
  async function route() {
    const visit = ++visits
    const { entry, spec, complaint } = read(location.hash)
    const known = views.get(entry)
    const coming = known ?? make(entry, spec ?? entry.example.spec)
    views.set(entry, coming)
    let made
    try {
      made = await coming
    } catch (error) {
      views.delete(entry) // its code did not arrive
      if (visit !== visits) return
      turnTo(entry, null)
      return failed(error, go)
    }
    if (visit !== visits) return // the visitor is elsewhere by now
    const { view, opened } = made
    turnTo(entry, view)
    byId('main').replaceChildren(view.element)
    chip.show(view.experiment)
    await opened
    if (known && spec) await change(view, spec)
    if (complaint) complain(view, complaint, known ? AS_IT_WAS : AS_IT_COMES)
    if (visit === visits) history.replaceState(null, '', toHash(entry.example.id, entry.example.spec, view.experiment.spec))
  }

  shortcuts(byId('shortcuts'), () => current?.actions ?? null)
  const go = () => void route().catch((error) => failed(error, go))
  window.addEventListener('hashchange', go)
  go()
}

async function start() {
  try {
    // The view's code comes while the engine starts. Should it not come, that is said where it is needed.
    loadView(read(location.hash).entry.example).catch(() => {})
    router(await connect())
  } catch (error) {
    failed(error, start)
  }
}

byId('networks').append(...links.values())
byId('skip').addEventListener('click', (event) => {
  event.preventDefault()
  byId('main').focus()
})
void start()
