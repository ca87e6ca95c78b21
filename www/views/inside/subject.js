/**
 * The input that is looked at: what the network is asked about elsewhere in the view, or an example of the test data. May import lib/, parts/, core/.
 *
 * @typedef {object} Subject
 * @property {Float32Array} inputs as `predict` takes them
 * @property {string} words what it is: "Test image 12: a 7"
 * @property {HTMLElement} [picture]
 * @property {readonly string[]} [characters] of a text; behind so many places there is only filler
 *
 * @typedef {object} Source what a view offers to look at
 * @property {{ now: string, example: string, number: string, none: (instead: string) => string }} words the names of both and of an example's number, and what to say where there is nothing now
 * @property {() => Promise<Subject | null>} now null: there is nothing
 * @property {(index: number) => Promise<Subject>} example of the test data, from 0
 * @property {(listener: () => void) => void} listen tells when `now` is something else
 */
import { refusal } from '../../core/protocol.js'
import { h } from '../../lib/dom.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { numberField, radioField } from '../../parts/field.js'

/**
 * The last answer is kept while the question stays the same; one that failed is asked again.
 * @template {unknown[]} Q
 * @template A
 * @param {(...question: Q) => Promise<A>} ask
 * @returns {(...question: Q) => Promise<A>}
 */
export function keeping(ask) {
  /** @type {{ question: Q, answer: Promise<A> } | null} */
  let last = null
  return (...question) => {
    if (!last || question.some((part, i) => part !== last?.question[i])) {
      const asked = { question, answer: ask(...question) }
      last = asked
      asked.answer.catch(() => {
        if (last === asked) last = null
      })
    }
    return last.answer
  }
}

/**
 * @param {import('../../core/experiment.js').Experiment} experiment
 * @param {Source} source
 * @param {() => void} changed
 */
export function subjectChoice(experiment, source, changed) {
  let [which, index] = [/** @type {'now' | 'example'} */ ('now'), 0]
  const example = keeping((/** @type {number} */ index, /** @type {unknown} */ _opened) => source.example(index))

  const radio = radioField({
    label: t('It looks at'),
    options: [
      ['now', source.words.now],
      ['example', source.words.example],
    ],
    change(value) {
      which = value
      changed()
    },
  })
  const number = numberField({
    label: source.words.number,
    min: 1,
    step: 1,
    change(value) {
      const all = experiment.opened?.test_count ?? 1
      if (!Number.isInteger(value) || value < 1 || value > all) throw refusal(t('There are test examples from 1 to {all}.', { all: count(all) }))
      index = value - 1
      which = 'example'
      radio.set(which)
      changed()
    },
  })
  radio.set(which)
  number.set(index + 1)
  source.listen(() => which === 'now' && changed())
  return {
    element: h('div', { class: 'subject-choice' }, radio.element, number.element),
    /** @returns {Promise<Subject>} */
    async subject() {
      const now = which === 'now' ? await source.now() : null
      if (now) return now
      const chosen = await example(index, experiment.opened)
      return which === 'now' ? { ...chosen, words: source.words.none(chosen.words) } : chosen
    },
  }
}
