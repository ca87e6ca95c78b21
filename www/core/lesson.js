/**
 * A lesson: an experiment to start from, and steps of text, each with a goal that the page sees by itself. May import share.js and spec.js.
 *
 * @typedef {import('./spec.js').Spec} Spec
 * @typedef {'test_loss' | 'test_accuracy' | 'train_loss' | 'step' | 'epoch'} Reading in nats; from 0 to 1; ...
 *
 * @typedef {object} Condition of a reading, or of what stands at a place of the experiment; all that is given must hold
 * @property {Reading} [reading]
 * @property {string} [spec] a place: "optimizer.lr", "layers.length", "layers[0].out_features"
 * @property {number} [above]
 * @property {number} [below]
 * @property {string | number | boolean} [equals]
 *
 * @typedef {object} Step
 * @property {string[]} text paragraphs
 * @property {{ text: string, all: Condition[] }} [goal] without one, the step is to be read
 *
 * @typedef {object} Lesson
 * @property {string} id
 * @property {string} title
 * @property {string} about one sentence
 * @property {number} minutes
 * @property {string} network the id of the network it is about
 * @property {{ [field: string]: unknown }} changes of that network's experiment
 * @property {Step[]} steps
 * @property {boolean} [own] it came with its link, not from this page
 *
 * @typedef {object} State what goals are about
 * @property {Spec} spec
 * @property {{ step: number, epoch: number, evaluation: { loss: number, accuracy: number | null } | null, curves: { loss: { y: number[] } } }} run
 */
import { patched } from './share.js'
import { SpecError, formOf, isObject } from './spec.js'

/** What the ids of lessons begin with in addresses. */
export const LESSON = 'lesson-'

const READINGS = /** @type {{ [K in Reading]: (run: State['run']) => number | null | undefined }} */ ({
  test_loss: ({ evaluation }) => evaluation?.loss,
  test_accuracy: ({ evaluation }) => evaluation?.accuracy,
  train_loss: ({ curves }) => curves.loss.y.at(-1),
  step: ({ step }) => step,
  epoch: ({ epoch }) => epoch,
})

/** What stands at a place of the experiment. @param {any} spec @param {string} place */
const valueAt = (spec, place) => (place.match(/[^.[\]]+/g) ?? []).reduce((part, key) => part?.[key], spec)

/**
 * @param {Condition} condition
 * @param {State} state
 */
function holds({ reading, spec: place, above, below, equals }, { spec, run }) {
  const value = reading ? READINGS[reading](run) : valueAt(spec, place ?? '')
  if (value === undefined || value === null) return false
  if (equals !== undefined && value !== equals) return false
  return (above === undefined || value > above) && (below === undefined || value < below)
}

/** Whether a step's goal is reached. @param {Step} step @param {State} state */
export const reached = ({ goal }, state) => !goal || goal.all.every((condition) => holds(condition, state))

/**
 * The form only; whether the engine and the view take its experiment they say themselves.
 * @param {any} value
 * @returns {Lesson}
 */
export function lessonOf(value) {
  const { id, title, about, minutes, network, changes, steps } = value ?? {}
  /** @type {[string, boolean, string][]} */
  const rules = [
    ['id', typeof id === 'string' && /^[a-z0-9-]+$/.test(id), 'must be a name of small letters, digits and hyphens'],
    ...['title', 'about', 'network'].map((field) => /** @type {[string, boolean, string]} */ ([field, typeof value?.[field] === 'string', 'must be a text'])),
    ['minutes', typeof minutes === 'number', 'must be a number'],
    ['changes', isObject(changes), 'must be an object'],
    ['steps', Array.isArray(steps) && steps.length > 0, 'must be a list of steps'],
  ]
  for (const [n, step] of (Array.isArray(steps) ? steps : []).entries()) {
    const { text, goal } = step ?? {}
    rules.push([`steps[${n}].text`, Array.isArray(text) && text.every((/** @type {unknown} */ one) => typeof one === 'string'), 'must be a list of paragraphs'])
    if (goal === undefined) continue
    rules.push([`steps[${n}].goal`, isObject(goal) && typeof goal.text === 'string', 'must have a text'])
    rules.push([`steps[${n}].goal.all`, Array.isArray(goal?.all), 'must be a list of conditions'])
    for (const [k, condition] of (Array.isArray(goal?.all) ? goal.all : []).entries()) {
      const { reading, spec } = condition ?? {}
      const known = reading === undefined ? typeof spec === 'string' : Object.hasOwn(READINGS, reading)
      const asks = ['above', 'below', 'equals'].some((word) => condition?.[word] !== undefined)
      const bounds = ['above', 'below'].every((word) => ['undefined', 'number'].includes(typeof condition?.[word]))
      rules.push([`steps[${n}].goal.all[${k}]`, known && asks && bounds, `must have a reading (${Object.keys(READINGS).join(', ')}) or a place of the spec, and say above or below, which are numbers, or equals`])
    }
  }
  const broken = rules.find(([, kept]) => !kept)
  if (broken) throw new SpecError(`${broken[0]} ${broken[2]}`, broken[0])
  return { id, title, about, minutes, network, changes, steps }
}

/**
 * The network that a lesson is about, as it begins.
 * @param {Lesson} lesson
 * @param {import('./example.js').Offered} network
 * @param {string} [id] of its own; without one it is a lesson of this page
 * @returns {import('./example.js').Offered & { lesson: Lesson }}
 */
export function exampleOf(lesson, network, id = `${LESSON}${lesson.id}`) {
  const spec = formOf(patched(network.spec, { ...lesson.changes, name: lesson.title }))
  network.accept(spec)
  return { ...network, id, view: network.view ?? network.id, spec, lesson }
}
