/**
 * A lesson of the visitor's own: written here as JSON, tried, and shared by its link or as a file. Loaded when it is opened. May import parts/, core/, lib/.
 *
 * @typedef {import('../../core/example.js').Offered} Offered
 */
import { format, readJson } from '../../core/json.js'
import { inChanges, ownExample, packed } from '../../core/own-lesson.js'
import { problemOf } from '../../core/protocol.js'
import { h, say } from '../../lib/dom.js'
import { t } from '../../lib/i18n.js'
import { keep, keptJson } from '../../lib/settings.js'
import { copyText } from '../../parts/clipboard.js'
import { handOver } from '../../parts/download.js'
import { jsonArea } from '../../parts/json-area.js'
import { noticePlace } from '../../parts/notice.js'

const DRAFT = 'own-lesson'

/** To begin with. In English, as what is written about it in the documentation. */
const EXAMPLE = {
  id: 'my-lesson',
  title: 'My lesson',
  about: 'One sentence on what there is to learn.',
  minutes: 5,
  network: 'playground',
  changes: { optimizer: { type: 'SGD', lr: 0.01 }, data: { shape: 'circle' } },
  steps: [
    { text: ['Each text in this list is a paragraph. This step has a goal: the page sees when it is reached.'], goal: { text: '200 steps.', all: [{ reading: 'step', above: 200 }] } },
    {
      text: ['Goals are readings (test_loss, test_accuracy, train_loss, step, epoch) or places of the experiment, and all that are listed must hold.'],
      goal: { text: 'A test loss below 0.3 with Adam.', all: [{ reading: 'test_loss', below: 0.3 }, { spec: 'optimizer.type', equals: 'Adam' }] },
    },
    { text: ['A step without a goal is only read.'] },
  ],
}

/**
 * @param {readonly Offered[]} networks that a lesson can be about
 * @param {import('../../core/client.js').Client} client
 */
export function ownLesson(networks, client) {
  const { element, area, fault, write, unmark, complain } = jsonArea({ label: t('The lesson as JSON'), remedy: t('Change it, then try it again.') })
  const notices = noticePlace()
  const status = h('p', { class: 'muted small-text', role: 'status' })

  const draft = keptJson(DRAFT)
  write(typeof draft === 'string' ? draft : format(EXAMPLE))
  area.addEventListener('input', () => {
    keep(DRAFT, JSON.stringify(area.value))
    say(status, '')
    notices.clear()
  })

  /**
   * Does something with the lesson, or says where it is wrong.
   * @param {(lesson: import('../../core/lesson.js').Lesson, id: string) => unknown} use
   */
  async function run(use) {
    unmark()
    notices.clear()
    /** @type {(path: string) => import('../../core/json.js').Place | null} */
    let place = () => null
    try {
      const read = await readJson(area.value)
      place = read.place
      const id = await packed(read.value)
      const { lesson, spec } = ownExample(read.value, networks, id)
      await client.call('check', { spec }).catch((error) => {
        const problem = problemOf(error)
        throw problem.code === 'spec' ? inChanges(problem) : error
      })
      await use(lesson, id)
    } catch (error) {
      const { code } = problemOf(error)
      if (code === 'page' || code === 'gone') notices.problem(problemOf(error))
      else complain(error, place)
    }
  }

  const tryIt = () => run((_, id) => (location.hash = id))
  const link = () =>
    run(async (_, id) => {
      await copyText(new URL(`#${id}`, location.href).href, t('Press “Try it”: then the link is in the address bar.'))
      say(status, t('Link copied. The whole lesson is in it.'))
    })
  const save = () =>
    run(() => {
      handOver(new Blob([area.value], { type: 'application/json' }), 'tabgrad-lesson.json')
      say(status, t('Saved tabgrad-lesson.json. Whoever drops it on this page opens the lesson.'))
    })
  const buttons = [
    h('button', { type: 'button', class: 'primary', on: { click: () => void tryIt() } }, t('Try it')),
    h('button', { type: 'button', on: { click: () => void link() } }, t('Copy link')),
    h('button', { type: 'button', on: { click: () => void save() } }, t('Save as file')),
  ]
  return h('div', { class: 'stack' }, element, fault, h('div', { class: 'buttons' }, ...buttons), notices.element, status)
}
