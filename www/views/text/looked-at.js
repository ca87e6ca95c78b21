/**
 * The texts that the network can be looked into with: the prompt, and passages of the test text. May import lib/, core's types, its neighbours
 * and inside/.
 *
 * @typedef {import('../inside/subject.js').Source} Source
 */
import { at } from '../../lib/at.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
import { keeping } from '../inside/subject.js'
import { encode, vocabularyOf } from './generate.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @returns {Source & { put: (prompt: string) => void }}
 */
export function lookedAt(setting) {
  const { client, experiment } = setting
  let prompt = ''
  let told = () => {}

  /** @param {number[]} ids */
  function subject(ids) {
    const context = at(experiment.spec.input, 0)
    const seen = ids.slice(-context)
    const inputs = new Float32Array(context)
    inputs.set(seen)
    const vocabulary = vocabularyOf(setting)
    return { inputs, characters: seen.map((id) => at(vocabulary, id)) }
  }
  const ofPrompt = keeping(async (/** @type {string} */ prompt, /** @type {unknown} */ _opened) => {
    const given = subject(await encode(setting, prompt))
    return { ...given, words: t('The prompt “{text}”', { text: given.characters.join('') }) }
  })
  return {
    words: { now: t('the text that it is to go on with'), example: t('Test passage'), number: t('Test passage number'), none: String },
    now: () => ofPrompt(prompt, experiment.opened),
    async example(index) {
      const { x } = await client.call('data', { session: experiment.session, split: 'test', start: index, count: 1 })
      const given = subject([...x])
      return { ...given, words: t('Test passage {n} of {all}: “{text}”', { n: count(index + 1), all: count(experiment.opened?.test_count ?? 0), text: given.characters.join('') }) }
    },
    listen: (listener) => (told = listener),
    put(next) {
      prompt = next
      told()
    },
  }
}
