/**
 * The page's front door: a card for each network, with what it takes on this device. May import parts/, core/, lib/ and its neighbours.
 *
 * @typedef {import('../../core/client.js').Client} Client
 * @typedef {import('../../core/example.js').Offered} Offered
 * @typedef {import('../../core/lesson.js').Lesson} Lesson
 * @typedef {import('../../core/protocol.js').Report} Report
 * @typedef {import('../../core/store.js').Saved} Saved
 */
import { expected } from '../../core/expected.js'
import { LESSON } from '../../core/lesson.js'
import { problemOf } from '../../core/protocol.js'
import { allSaved, onSaved } from '../../core/store.js'
import { h, say } from '../../lib/dom.js'
import { count, duration } from '../../lib/format.js'
import { parts, said, t } from '../../lib/i18n.js'
import { noticePlace } from '../../parts/notice.js'
import { lessonCard } from './lesson-card.js'
import { thumbnail } from './thumbnail.js'

/**
 * @param {Offered} example
 * @param {Report} report
 */
function time(example, report) {
  const known = expected(example, report)
  if (!known) return t('not yet measured here')
  const time = duration(known.seconds)
  return { pace: t('about {time}, slow enough to watch', { time }), rate: t('about {time}, as measured here', { time }), operations: t('more than {time}, reckoned from its operations', { time }) }[known.by]
}

/**
 * @param {Offered} example
 * @param {HTMLAnchorElement} link to it
 */
function networkCard(example, link) {
  const { shows, data, score } = example.card
  const picture = h('div', { class: 'thumb-place' })
  const params = h('dd', {}, '…')
  const takes = h('dd', {}, '…')
  /** @type {Report | null} */
  let report = null
  const fact = (/** @type {string} */ name, /** @type {HTMLElement} */ value) => h('div', {}, h('dt', {}, name), value)
  const facts = [fact(t('Data'), h('dd', {}, data)), fact(t('Parameters'), params), fact(t('Reaches'), h('dd', {}, score)), fact(t('Takes'), takes)]
  const kept = h('p', { class: 'kept', hidden: true })
  const element = h('li', { class: 'card network' }, picture, h('h2', {}, link), kept, h('p', {}, shows), h('dl', {}, ...facts))
  const tell = () => report && say(takes, time(example, report))
  return {
    element,
    tell,
    /** @param {Saved[]} all */
    tellSaved(all) {
      const saved = all.find(({ network, place }) => network === example.id && place === 'now')
      kept.hidden = !saved
      if (saved) say(kept, saved.step ? t('Step {step} saved', { step: count(saved.step) }) : t('Changed settings saved'))
    },
    /** @param {Client} client */
    async ask(client) {
      if (!report) {
        ;({ report } = await client.call('check', { spec: example.spec }))
        picture.replaceChildren(thumbnail(example.spec.input, report))
        say(params, count(report.params))
      }
      tell()
    },
  }
}

/**
 * @param {{ example: Offered, link: HTMLAnchorElement }[]} networks
 * @param {HTMLElement} savedWork leads there
 */
export function gallery(networks, savedWork) {
  const notices = noticePlace()
  const lessons = h('section', { class: 'card', hidden: true })
  const cards = networks.map(({ example, link }) => networkCard(example, link))
  const own = lessonCard(networks.map(({ example }) => example))
  const element = h(
    'div',
    { class: 'view view-gallery' },
    h(
      'header',
      { class: 'view-head' },
      h('h1', {}, t('Train a neural network in this tab')),
      h('p', { class: 'muted' }, t('Choose a network, press Train and watch it learn, on your own graphics card or processor. You can change how it learns while it trains.')),
      h('div', { class: 'buttons ways' }, h('p', {}, ...parts('New to this? Begin with {lesson}.', { lesson: h('a', { href: `#${LESSON}one-neuron` }, t('the first lesson')) })), savedWork),
    ),
    notices.element,
    h('ul', { class: 'networks' }, ...cards.map((card) => card.element)),
    lessons,
    own.element,
  )

  /** @param {readonly Lesson[]} all */
  function offer(all) {
    const item = (/** @type {Lesson} */ { id, title, about, minutes }) => h('li', {}, ...parts('{lesson} ({minutes} min). {about}', { lesson: h('a', { href: `#${LESSON}${id}` }, said(title)), minutes: String(minutes), about: h('span', { class: 'muted' }, said(about)) }))
    lessons.hidden = false
    lessons.replaceChildren(h('h2', {}, t('Lessons')), h('ol', { class: 'lessons' }, ...all.map(item)))
  }

  /** Has the cards say what is saved. Why that is not known is said where it is looked for. */
  async function tellSaved() {
    const all = await allSaved().catch(() => [])
    for (const card of cards) card.tellSaved(all)
  }
  onSaved(() => element.isConnected && void tellSaved())

  /** Has the cards say what they know by now. @param {Client} client */
  async function ask(client) {
    own.meet(client)
    void tellSaved()
    try {
      await Promise.all(cards.map((card) => card.ask(client)))
    } catch (error) {
      const problem = problemOf(error)
      const again = () => void ask(client)
      const restart = () => {
        client.restart()
        again()
      }
      notices.problem(problem, problem.code === 'gone' ? { name: t('Restart the engine'), run: restart } : { name: t('Try again'), run: again })
    }
  }
  return { element, notices, ask, offer, tell: () => cards.forEach((card) => card.tell()) }
}
