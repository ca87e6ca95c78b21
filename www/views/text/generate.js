/**
 * Lets a network go on with a text, character by character. May import core/, lib/ without DOM.
 *
 * @typedef {import('../workbench.js').Setting} Setting
 * @typedef {{ prompt: string, temperature: number, topK: number, length: number, seed: number }} Wish topK 0: of all characters; length: of what is added
 * @typedef {{ character: string, choices: { character: string, probability: number }[] }} Drawn choices: what it was drawn from, the likeliest first
 */
import { refusal } from '../../core/protocol.js'
import { at } from '../../lib/at.js'
import { t } from '../../lib/i18n.js'
import { distribution, draw, generator } from '../../lib/sample.js'

/** What stands before a text of which nothing is given: with the end of a line, all can begin. */
const START = '\n'

/**
 * The prompt as numbers of characters. Rejects, naming it, if one is not in the vocabulary.
 * @param {Setting} setting
 * @param {string} prompt
 */
export async function encode({ client, experiment }, prompt) {
  const { ids } = await client.call('encode', { session: experiment.session, text: prompt || START })
  return [...ids]
}

/**
 * The logits of the character after these. What the network says of a place follows from that place and those before it alone, so what lies behind the last
 * character, where there are fewer than it can see, is of no account.
 * @param {Setting} setting
 * @param {number[]} ids
 */
async function logitsAfter({ client, experiment }, ids) {
  const { session, spec } = experiment
  const context = at(spec.input, 0)
  const seen = ids.slice(-context)
  const inputs = new Float32Array(context)
  inputs.set(seen)
  const { output, shape } = await client.call('predict', { session, inputs, count: 1 })
  const classes = at(shape, 2)
  return output.subarray((seen.length - 1) * classes, seen.length * classes)
}

/**
 * What comes after these characters, as it is drawn from.
 * @param {Setting} setting
 * @param {number[]} ids
 * @param {Pick<Wish, 'temperature' | 'topK'>} wish
 */
async function probabilitiesAfter(setting, ids, wish) {
  // Networks may have more classes than there are characters.
  const logits = (await logitsAfter(setting, ids)).subarray(0, vocabularyOf(setting).length)
  return distribution(logits, wish)
}

/**
 * The characters, in the order of their numbers.
 * @param {Setting} setting
 */
export function vocabularyOf({ experiment }) {
  const vocabulary = experiment.opened?.vocabulary
  if (!vocabulary) throw refusal(t('The text is not there yet.'), t('Wait until it is loaded'))
  return [...vocabulary]
}

/**
 * @param {Setting} setting
 * @param {readonly number[]} probabilities
 */
function choicesOf(setting, probabilities) {
  const choices = vocabularyOf(setting).map((character, n) => ({ character, probability: at(probabilities, n) }))
  return choices.sort((a, b) => b.probability - a.probability)
}

/**
 * What could come after a prompt.
 * @param {Setting} setting
 * @param {Wish} wish
 */
export async function choicesAfter(setting, wish) {
  return choicesOf(setting, await probabilitiesAfter(setting, await encode(setting, wish.prompt), wish))
}

/**
 * Goes on with a text: each character when it is drawn, from the network as it is then.
 * @param {Setting} setting
 * @param {number[]} prompt
 * @param {Wish} wish
 * @returns {AsyncGenerator<Drawn, void>}
 */
export async function* generate(setting, prompt, wish) {
  const random = generator(wish.seed)
  const ids = [...prompt]
  for (let n = 0; n < wish.length; n++) {
    const probabilities = await probabilitiesAfter(setting, ids, wish)
    const id = draw(probabilities, random())
    ids.push(id)
    yield { character: at(vocabularyOf(setting), id), choices: choicesOf(setting, probabilities) }
  }
}
