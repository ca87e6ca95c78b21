/**
 * Starts the page: the engine, the choice between the networks, and the address that names the experiment in view.
 * May import everything; nothing imports it.
 *
 * @typedef {import('./views/workbench.js').View} View
 * @typedef {import('./core/experiment.js').Example} Example
 * @typedef {{ example: Example, name: string, session: number, load: () => Promise<(setting: import('./views/workbench.js').Setting) => View> }} Entry
 */
import { connect } from './core/connect.js'
import { problemOf } from './core/protocol.js'
import { Experiment } from './core/experiment.js'
import { LinkError, fromChanges, parseHash, toHash } from './core/share.js'
import { SpecError } from './core/spec.js'
import { digits } from './examples/digits.js'
import { first } from './examples/first.js'
import { playground } from './examples/playground.js'
import { byId, h } from './lib/dom.js'
import { THEMES, setTheme, theme } from './lib/theme.js'
import { deviceChip, deviceChoice } from './parts/device.js'
import { noticePlace } from './parts/notice.js'
import { shortcuts } from './parts/shortcuts.js'

/** @type {[Entry, ...Entry[]]} */
const ENTRIES = [
  { example: first, name: 'First network', session: 1, load: async () => (await import('./views/first/view.js')).firstView },
  { example: playground, name: '2-D playground', session: 2, load: async () => (await import('./views/playground/view.js')).playgroundView },
  { example: digits, name: 'Digits', session: 3, load: async () => (await import('./views/digits/view.js')).digitsView },
]

const AS_IT_COMES = 'Shown instead: the network as it comes.'

/** @type {Map<Entry, View>} */
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
 * What the address asks for; what it cannot give is said, and the example comes as it is.
 * @param {string} hash
 */
function read(hash) {
  const { id, changes } = parseHash(hash)
  const entry = ENTRIES.find(({ example }) => example.id === id)
  const { example } = entry ?? ENTRIES[0]
  /** @type {string} */
  let complaint = id && !entry ? `The address names no network of this page: “${id.slice(0, 40)}”.` : ''
  let spec = example.spec
  if (entry) {
    try {
      spec = fromChanges(example.spec, changes)
      example.accept(spec)
    } catch (error) {
      if (!(error instanceof LinkError) && !(error instanceof SpecError)) throw error
      complaint = `The experiment in the address cannot be opened: ${error.message}.`
      spec = example.spec
    }
  }
  return { entry: entry ?? ENTRIES[0], spec, complaint }
}

/** @param {import('./core/client.js').Client} client */
function router(client) {
  const chip = deviceChip(client)
  byId('tools').append(chip.element, themeChoice())

  /**
   * @param {Entry} entry
   * @param {import('./core/spec.js').Spec} spec
   */
  async function make({ example, session, load }, spec) {
    const make = await load()
    const experiment = new Experiment(client, session, example, spec, deviceChoice())
    experiment.on('spec', (now) => {
      const hash = toHash(example.id, example.spec, now)
      links.forEach((link, entry) => entry.example === example && link.setAttribute('href', hash))
      if (current?.experiment === experiment && location.hash !== hash) history.replaceState(null, '', hash)
    })
    return make({ client, experiment })
  }

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
      if (problem.code !== 'spec' || experiment.spec === spec) {
        return notices.problem(problem, { name: 'Try again', run: () => void open(view) })
      }
      experiment.spec = spec
      await open(view)
      notices.problem({ ...problem, message: `The experiment in the address was refused: ${problem.message}`, hint: AS_IT_COMES })
    }
  }

  async function route() {
    const { entry, spec, complaint } = read(location.hash)
    const known = views.get(entry)
    const view = known ?? (await make(entry, spec))
    views.set(entry, view)
    if (current && current !== view) void current.experiment.pause()
    current = view
    links.forEach((link, one) => (one === entry ? link.setAttribute('aria-current', 'page') : link.removeAttribute('aria-current')))
    document.title = `${entry.name} – tabgrad`
    byId('main').replaceChildren(view.element)
    chip.show(view.experiment)
    if (!known) await open(view)
    else await view.experiment.edit(() => spec).catch((error) => view.notices.problem(problemOf(error)))
    if (complaint) view.notices.problem({ code: 'link', message: complaint, hint: AS_IT_COMES })
    if (!known || complaint) history.replaceState(null, '', toHash(entry.example.id, entry.example.spec, view.experiment.spec))
  }

  shortcuts(byId('shortcuts'), () => current?.actions ?? null)
  window.addEventListener('hashchange', () => void route())
  return route()
}

async function start() {
  byId('networks').append(...links.values())
  byId('skip').addEventListener('click', (event) => {
    event.preventDefault()
    byId('main').focus()
  })
  try {
    const { client } = await connect()
    await router(client)
  } catch (error) {
    const notices = noticePlace()
    notices.problem(problemOf(error))
    byId('main').replaceChildren(notices.element)
  }
}

void start()
