/**
 * Starts the page: the engine, the gallery and the choice between the networks, and the address that names the experiment in view.
 * May import everything; nothing imports it.
 *
 * @typedef {import('./views/workbench.js').View} View
 * @typedef {import('./core/example.js').Offered} Offered
 * @typedef {{ example: Offered, name: string, session: number }} Entry
 * @typedef {{ makeView: (setting: import('./views/workbench.js').PageSetting) => View }} ViewModule views/<the example's view>/view.js
 */
import { Experiment } from './core/experiment.js'
import { keepRate } from './core/expected.js'
import { Keeping } from './core/keeping.js'
import { LESSON, exampleOf } from './core/lesson.js'
import { loadModule } from './core/load.js'
import { keepPage } from './core/offline.js'
import { OWN, ownExample, unpacked } from './core/own-lesson.js'
import { Pins } from './core/pins.js'
import { probe } from './core/probe.js'
import { problemOf } from './core/protocol.js'
import { busy, leftAlone } from './core/quiet.js'
import { LinkError, fromChanges, parseHash, toHash } from './core/share.js'
import { SpecError } from './core/spec.js'
import { allSaved, savedOf } from './core/store.js'
import { EXAMPLES } from './examples/index.js'
import { byId, h, say } from './lib/dom.js'
import { count } from './lib/format.js'
import { said, t } from './lib/i18n.js'
import './lib/paper.js'
import { deviceChip, deviceChoice } from './parts/device.js'
import { languageField } from './parts/language.js'
import { dropping } from './parts/drop.js'
import { menu } from './parts/menu.js'
import { noticePlace } from './parts/notice.js'
import { savedWork } from './parts/saved.js'
import { shortcuts } from './parts/shortcuts.js'
import { themeField } from './parts/theme.js'
import { opener } from './opening.js'
import * as engine from './start.js'
import { gallery } from './views/gallery/view.js'

// index.html is in English, which is what is there before this runs. data-said: "text", or the name of an attribute.
for (const element of document.querySelectorAll('[data-said]')) {
  const name = element.getAttribute('data-said') ?? ''
  if (name === 'text') say(element, said((element.textContent ?? '').trim().replace(/\s+/g, ' ')))
  else element.setAttribute(name, said(element.getAttribute(name) ?? ''))
}

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

const TITLE = document.title

/** @type {Promise<void> | null} */
let lessons = null
/** Has the lessons among the networks. */
function bringLessons() {
  lessons ??= loadModule(new URL('lessons/index.js', import.meta.url)).then(({ LESSONS }) => {
    for (const lesson of /** @type {import('./core/lesson.js').Lesson[]} */ (LESSONS)) {
      const network = ENTRIES.find(({ example }) => example.id === lesson.network)
      if (network) ENTRIES.push({ example: exampleOf(lesson, network.example), name: said(lesson.title), session: ENTRIES.length + 1 })
    }
    front.offer(LESSONS)
  })
  lessons.catch(() => (lessons = null)) // It may be tried again.
  return lessons
}

/**
 * Has the lesson among the networks that came with its link.
 * @param {string} id
 * @returns {Promise<string>} why it is not there; '': it is
 */
async function bringOwn(id) {
  if (ENTRIES.some(({ example }) => example.id === id)) return ''
  try {
    const example = ownExample(await unpacked(id), ENTRIES.map((one) => one.example), id)
    if (!ENTRIES.some((one) => one.example.id === id)) ENTRIES.push({ example, name: example.lesson.title, session: ENTRIES.length + 1 })
    return ''
  } catch (error) {
    if (!(error instanceof LinkError) && !(error instanceof SpecError)) throw error
    return t('The lesson in the address cannot be opened: {message}.', { message: said(error.message) })
  }
}

/** Made at their first visit, and kept; opened: its session is there, or it says why not. @type {Map<Entry, Promise<{ view: View, opened: Promise<void> }>>} */
const views = new Map()
/** Null: the gallery. @type {View | null} */
let current = null

/** A link to each network, as the visitor left it. */
const makeLinks = () => new Map(ENTRIES.map((entry) => [entry, h('a', { href: `#${entry.example.id}` }, entry.name)]))
const [menuLinks, cardLinks] = [makeLinks(), makeLinks()]
const networks = menu([...menuLinks.values()])
const home = h('a', { href: '#' }, t('All networks'))
const savedRuns = savedWork(async () => {
  await bringLessons()
  await Promise.all([...new Set((await allSaved()).map(({ network }) => network))].filter((id) => id.startsWith(OWN)).map(bringOwn))
  return ENTRIES.map(({ example }) => example)
}, (saved) => openSaved(saved))
const front = gallery([...cardLinks].map(([{ example }, link]) => ({ example, link })), savedRuns.button())

/** Goes to a saved run. @type {(saved: import('./core/store.js').Saved) => void} */
let openSaved = () => {}

/** Resolves when what is new of every network has been kept. */
const keepAll = () => Promise.allSettled([...views.values()].map(async (coming) => (await coming).view.experiment.keep()))

/**
 * What the address asks for. What it cannot give is said, and there is no spec.
 * @param {string} hash
 * @returns {{ entry: Entry | null, spec: import('./core/spec.js').Spec | null, named: boolean, complaint: string }} without an entry: the gallery; named: it names a spec, too
 */
function read(hash) {
  const { id, changes } = parseHash(hash)
  const entry = ENTRIES.find(({ example }) => example.id === id)
  if (!entry) {
    if (!id) return { entry: null, spec: null, named: false, complaint: '' }
    const complaint = t('The address names no network of this page: “{name}”.', { name: id.slice(0, 40) })
    return { entry: ENTRIES.find(({ example }) => example === current?.experiment.example) ?? null, spec: null, named: false, complaint }
  }
  try {
    const spec = fromChanges(entry.example.spec, changes)
    entry.example.accept(spec)
    return { entry, spec, named: changes !== '', complaint: '' }
  } catch (error) {
    if (!(error instanceof LinkError) && !(error instanceof SpecError)) throw error
    return { entry, spec: null, named: false, complaint: t('The experiment in the address cannot be opened: {why}.', { why: said(error.message) }) }
  }
}

/**
 * @param {unknown} error that leaves nothing to show
 * @param {() => void} again
 */
function failed(error, again) {
  const notices = noticePlace()
  notices.problem(problemOf(error), { name: t('Try again'), run: again })
  byId('main').replaceChildren(notices.element)
}

/** @param {Entry | null} entry in view; null: the gallery */
function showInHead(entry) {
  networks.show((entry && menuLinks.get(entry)) ?? null, entry?.name)
  if (entry) home.removeAttribute('aria-current')
  else home.setAttribute('aria-current', 'page')
  document.title = entry ? `${entry.name} – tabgrad` : TITLE
}

/**
 * Says under the buttons, once, that saving does not work, and that it does again; and that there are two of a run.
 * @param {View} view
 */
function tellOfSaving({ keeping, notices }) {
  let told = ''
  keeping.on('problem', (problem) => {
    if (problem && problem.code !== told) notices.problem(problem)
    if (!problem && told) notices.info(t('Saving works again.'))
    told = problem?.code ?? ''
  })
  keeping.on('met', ({ step }) =>
    notices.info(t('Another tab trains this network, too, and saved step {step}. The next visit goes on from the run that is saved last; the other one is kept as the earlier run.', { step: count(step) })),
  )
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
  const atWork = () => current !== null && busy(current.experiment)
  const measured = probe(client, { atWork, open: () => (current ? [current.experiment] : []) }, front.tell)
  // Nobody waits for it, and what is measured is not disturbed by it.
  void measured.then(() => leftAlone(atWork)).then(() => keepOffline(client)).catch(() => {})
  const chip = deviceChip(client)
  byId('tools').append(chip.element, languageField(keepAll), themeField())

  const { open, change, complain, goBackTo } = opener(savedRuns.open)

  /**
   * @param {Entry} entry
   * @param {import('./opening.js').Asked} asked
   * @param {import('./core/store.js').Saved} [chosen]
   */
  async function make(entry, asked, chosen) {
    const { example, session } = entry
    const { makeView } = await loadView(example)
    const experiment = new Experiment(client, session, example, asked.spec, deviceChoice())
    const keeping = new Keeping(experiment)
    experiment.on('spec', (now) => {
      const hash = toHash(example.id, example.spec, now)
      for (const links of [menuLinks, cardLinks]) links.get(entry)?.setAttribute('href', hash)
      // The visitor may have just gone elsewhere.
      if (parseHash(location.hash).id === example.id && location.hash !== hash) history.replaceState(null, '', hash)
    })
    if (!example.lesson) keepRate(experiment) // for the cards, which lessons do not have
    const view = makeView({ client, experiment, keeping, pins: new Pins(experiment), saved: savedRuns })
    tellOfSaving(view)
    return { view, opened: open(view, asked, chosen) }
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
      front.notices.problem({ code: 'link', message: complaint, hint: t('Choose one of these.') })
      history.replaceState(null, '', location.pathname + location.search)
    }
    // The lessons come after what the networks say of themselves.
    void front.ask(client).then(bringLessons).catch(() => {})
  }

  /** The saved run that was asked for, until its network is in view. @type {import('./core/store.js').Saved | undefined} */
  let wanted
  openSaved = (saved) => {
    wanted = saved
    if (parseHash(location.hash).id === saved.network) go()
    else location.hash = saved.network
  }

  let visits = 0
  async function route() {
    const visit = ++visits
    const asked = location.hash
    const { id } = parseHash(asked)
    if (id.startsWith(LESSON)) await bringLessons()
    const broken = id.startsWith(OWN) ? await bringOwn(id) : ''
    if (visit !== visits) return
    if (broken) return showGallery(broken)
    // Meanwhile the visitor may have gone to another network.
    const chosen = wanted?.network === id ? wanted : undefined
    wanted = undefined
    const { entry, spec, named, complaint } = read(asked)
    if (!entry) return showGallery(complaint)
    const known = views.get(entry)
    const coming = known ?? make(entry, { spec: spec ?? entry.example.spec, named }, chosen)
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
    if (known && chosen) await goBackTo(view, chosen)
    else if (known && spec) await change(view, spec)
    if (complaint) complain(view, complaint, known ? 'was' : 'comes')
    // Another address is a later visit's, even if that has not begun: the event comes after the change.
    if (location.hash === asked) history.replaceState(null, '', toHash(entry.example.id, entry.example.spec, view.experiment.spec))
  }

  // As much as the browser still lets the page do.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && keepAll())
  window.addEventListener('pagehide', keepAll)

  shortcuts(byId('shortcuts'), () => current?.actions ?? null)
  const go = () => void route().catch((error) => failed(error, go))
  window.addEventListener('hashchange', go)
  go()
}

/** @param {Promise<import('./core/client.js').Client>} connecting */
async function start(connecting) {
  try {
    const { entry } = read(location.hash)
    showInHead(entry)
    // The view's code and the saved runs come while the engine starts. Should they not come, that is said where they are needed.
    if (entry) {
      loadView(entry.example).catch(() => {})
      savedOf(entry.example.id).catch(() => {})
    } else byId('main').replaceChildren(front.element)
    router(await connecting)
  } catch (error) {
    failed(error, () => void start(engine.start()))
  }
}

byId('networks').append(home, networks.element)
document.body.append(savedRuns.element, dropping(byId('main')))
byId('skip').addEventListener('click', (event) => {
  event.preventDefault()
  byId('main').focus()
})
void start(engine.started)
