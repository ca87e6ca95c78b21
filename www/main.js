/**
 * Starts the page: the engine, the gallery and the choice between the networks, and the address that names the experiment in view.
 * May import everything; nothing imports it.
 *
 * @typedef {import('./views/workbench.js').View} View
 * @typedef {import('./core/example.js').Offered} Offered
 * @typedef {{ example: Offered, name: string, session: number }} Entry
 * @typedef {{ makeView: (setting: import('./views/workbench.js').Setting) => View }} ViewModule views/<the example's view>/view.js
 */
import { connect } from './core/connect.js'
import { Experiment } from './core/experiment.js'
import { keepRate } from './core/expected.js'
import { loadModule } from './core/load.js'
import { keepPage } from './core/offline.js'
import { probe } from './core/probe.js'
import { problemOf } from './core/protocol.js'
import { leftAlone } from './core/quiet.js'
import { LinkError, fromChanges, parseHash, toHash } from './core/share.js'
import { SpecError } from './core/spec.js'
import { EXAMPLES } from './examples/index.js'
import { byId, h } from './lib/dom.js'
import { THEMES, setTheme, theme } from './lib/theme.js'
import { deviceChip, deviceChoice } from './parts/device.js'
import { menu } from './parts/menu.js'
import { noticePlace } from './parts/notice.js'
import { shortcuts } from './parts/shortcuts.js'
import { gallery } from './views/gallery/view.js'

/** On its way while the networks come. That it failed is said by `start`. */
let connecting = connect()
connecting.catch(() => {})

const ENTRIES = /** @type {Entry[]} */ (
  await Promise.all(EXAMPLES.map(async ({ name, load }, n) => ({ example: await load(), name, session: n + 1 }))).catch((error) => {
    failed(error, () => location.reload())
    return new Promise(() => {}) // Without networks there is no page.
  })
)

/**
 * @param {Offered} example
 * @returns {Promise<ViewModule>}
 */
const loadView = ({ id, view = id }) => loadModule(new URL(`views/${view}/view.js`, import.meta.url))

const AS_IT_COMES = 'Shown instead: the network as it comes.'
const AS_IT_WAS = 'The experiment stays as it was.'
const TITLE = document.title

/** Made at their first visit, and kept; opened: its session is there, or it says why not. @type {Map<Entry, Promise<{ view: View, opened: Promise<void> }>>} */
const views = new Map()
/** Null: the gallery. @type {View | null} */
let current = null

/** A link to each network, as the visitor left it. */
const makeLinks = () => new Map(ENTRIES.map((entry) => [entry, h('a', { href: `#${entry.example.id}` }, entry.name)]))
const [menuLinks, cardLinks] = [makeLinks(), makeLinks()]
const networks = menu([...menuLinks.values()])
const home = h('a', { href: '#' }, 'All networks')
const front = gallery([...cardLinks].map(([{ example }, link]) => ({ example, link })))

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
 * @returns {{ entry: Entry | null, spec: import('./core/spec.js').Spec | null, complaint: string }} without an entry: the gallery
 */
function read(hash) {
  const { id, changes } = parseHash(hash)
  const entry = ENTRIES.find(({ example }) => example.id === id)
  if (!entry) {
    if (!id) return { entry: null, spec: null, complaint: '' }
    const complaint = `The address names no network of this page: “${id.slice(0, 40)}”.`
    return { entry: ENTRIES.find(({ example }) => example === current?.experiment.example) ?? null, spec: null, complaint }
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

/** @param {Entry | null} entry in view; null: the gallery */
function showInHead(entry) {
  networks.show((entry && menuLinks.get(entry)) ?? null)
  if (entry) home.removeAttribute('aria-current')
  else home.setAttribute('aria-current', 'page')
  document.title = entry ? `${entry.name} – tabgrad` : TITLE
}

/**
 * Has the page kept for visits without a connection, and says so. It is as good without: what fails is not worth a word.
 * @param {import('./core/client.js').Client} client
 */
async function keepOffline(client) {
  /** @type {typeof import('./parts/offline.js')} */
  const { offline } = await loadModule(new URL('parts/offline.js', import.meta.url))
  await keepPage(offline(client))
}

/** @param {import('./core/client.js').Client} client */
function router(client) {
  const inView = () => current?.experiment ?? null
  const measured = probe(client, inView, front.tell)
  // Nobody waits for it, and what is measured is not disturbed by it.
  void measured.then(() => leftAlone(inView)).then(() => keepOffline(client)).catch(() => {})
  const chip = deviceChip(client)
  byId('tools').append(chip.element, themeChoice())

  /**
   * @param {Entry} entry
   * @param {import('./core/spec.js').Spec} spec
   */
  async function make(entry, spec) {
    const { example, session } = entry
    const { makeView } = await loadView(example)
    const experiment = new Experiment(client, session, example, spec, deviceChoice())
    experiment.on('spec', (now) => {
      const hash = toHash(example.id, example.spec, now)
      for (const links of [menuLinks, cardLinks]) links.get(entry)?.setAttribute('href', hash)
      // The visitor may have just gone elsewhere.
      if (parseHash(location.hash).id === example.id && location.hash !== hash) history.replaceState(null, '', hash)
    })
    keepRate(experiment)
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
   * @param {Entry | null} entry null: the gallery
   * @param {View | null} view
   */
  function turnTo(entry, view) {
    if (current && current !== view) void current.experiment.pause()
    current = view
    chip.show(view?.experiment ?? null)
    showInHead(entry)
  }

  /** @param {string} complaint */
  function showGallery(complaint) {
    turnTo(null, null)
    byId('main').replaceChildren(front.element)
    front.notices.clear()
    if (complaint) {
      front.notices.problem({ code: 'link', message: complaint, hint: 'Choose one of these.' })
      history.replaceState(null, '', location.pathname + location.search)
    }
    void front.ask(client)
  }

  let visits = 0
  async function route() {
    const visit = ++visits
    const asked = location.hash
    const { entry, spec, complaint } = read(asked)
    if (!entry) return showGallery(complaint)
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
    await opened
    if (known && spec) await change(view, spec)
    if (complaint) complain(view, complaint, known ? AS_IT_WAS : AS_IT_COMES)
    // Another address is a later visit's, even if that has not begun: the event comes after the change.
    if (location.hash === asked) history.replaceState(null, '', toHash(entry.example.id, entry.example.spec, view.experiment.spec))
  }

  shortcuts(byId('shortcuts'), () => current?.actions ?? null)
  const go = () => void route().catch((error) => failed(error, go))
  window.addEventListener('hashchange', go)
  go()
}

async function start() {
  try {
    const { entry } = read(location.hash)
    showInHead(entry)
    // The view's code comes while the engine starts. Should it not come, that is said where it is needed.
    if (entry) loadView(entry.example).catch(() => {})
    else byId('main').replaceChildren(front.element)
    router(await connecting)
  } catch (error) {
    failed(error, () => {
      connecting = connect()
      void start()
    })
  }
}

byId('networks').append(home, networks.element)
byId('skip').addEventListener('click', (event) => {
  event.preventDefault()
  byId('main').focus()
})
void start()
