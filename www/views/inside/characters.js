/**
 * The rows of an embedding on a plane: which characters the network takes for alike. May import lib/, parts/ and its neighbours.
 *
 * @typedef {import('../../core/protocol.js').Named} Named
 */
import { at } from '../../lib/at.js'
import { h, say } from '../../lib/dom.js'
import { fixed, percent } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { selectField } from '../../parts/field.js'
import { announce } from '../../parts/live.js'
import { SIGNS } from './activations.js'
import { kindOf, nearest } from './alike.js'
import { principal } from './principal.js'
import { scatter } from './scatter.js'

const NEIGHBOURS = 5

/** What is seen of those that are not. @type {{ [character: string]: string }} */
const NAMES = { ' ': t('␣ space'), '\n': t('⏎ end of a line') }

/** In the order of `kindOf`'s numbers. */
const GROUPS = [t('vowels'), t('consonants'), t('capitals'), t('digits'), t('spaces and punctuation')]

export function characterMap() {
  const place = h('div', {})
  const choice = h('div', {})
  const words = h('p', { class: 'neighbours' })
  const caption = h('p', { class: 'small-text muted' })
  const element = h(
    'section',
    { class: 'stack', hidden: true },
    h('h3', {}, t('Characters on a plane')),
    h('p', { class: 'muted' }, t('Each character’s row of numbers as one point: principal components keep as much of how the rows differ as two numbers can. Characters that do the same in a text come to lie together as the network learns.')),
    h('div', { class: 'plane' }, place, h('div', { class: 'stack' }, choice, words, caption)),
  )
  /** @type {{ vocabulary: string, map: ReturnType<typeof scatter>, field: import('../../parts/field.js').Field<string> } | null} */
  let made = null
  /** @type {Named | null} */
  let now = null
  /** @type {readonly string[]} */
  let names = []
  /** @type {readonly Float64Array[]} */
  let axes = []
  let chosen = 0

  /** @param {readonly string[]} vocabulary */
  function make(vocabulary) {
    names = vocabulary.map((character) => SIGNS[character] ?? character)
    chosen = Math.max(0, vocabulary.indexOf('e'))
    const points = vocabulary.map((character, n) => ({ group: kindOf(character), label: at(names, n) }))
    const map = scatter({ label: t('The characters, placed by their numbers. What lies near each of them is told beside them.'), groups: GROUPS, points, choose })
    const field = selectField({
      label: t('Character to look at'),
      options: vocabulary.map((character, n) => [String(n), NAMES[character] ?? character]),
      change(value) {
        choose(Number(value))
        announce(words.textContent ?? '', { soon: true })
      },
    })
    made = { vocabulary: vocabulary.join(''), map, field }
    place.replaceChildren(map.element)
    choice.replaceChildren(field.element)
  }

  /** @param {number} n */
  function choose(n) {
    chosen = n
    draw()
  }

  function draw() {
    if (!made || !now) return
    const { shape, data } = now
    const [count, width] = [at(shape, 0), at(shape, 1)]
    const plane = principal(data, count, width, axes)
    axes = plane?.axes ?? []
    place.hidden = choice.hidden = !plane
    if (!plane) {
      say(words, t('Some of its numbers are not finite, so there is nothing to place.'))
      say(caption, '')
      return
    }
    made.map.show(plane.scores, chosen)
    made.field.set(String(chosen))
    const near = nearest(data, width, chosen, NEIGHBOURS).map(({ row, cosine }) => t('“{character}” ({cosine})', { character: at(names, row), cosine: fixed(cosine, 2) }))
    say(words, t('Nearest to “{character}”: {near}.', { character: at(names, chosen), near: near.join(', ') }))
    const kept = percent(plane.shares.reduce((sum, share) => sum + share, 0))
    say(caption, t('In brackets: the cosine between two rows, of all their {width} numbers: 1 is the same direction, 0 nothing in common. The plane keeps {kept} of how the rows differ, so what is near on it may be far apart.', { width, kept }))
  }

  return {
    element,
    /**
     * @param {Named | undefined} weight of an embedding; without one there is nothing to show
     * @param {readonly string[]} vocabulary
     */
    show(weight, vocabulary) {
      element.hidden = weight?.shape[0] !== vocabulary.length
      now = element.hidden ? null : (weight ?? null)
      if (!now) return
      if (made?.vocabulary !== vocabulary.join('')) make(vocabulary)
      draw()
    },
  }
}
