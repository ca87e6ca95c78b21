/**
 * The pictures that the network can be looked into with: the one that it guesses now, and test images. May import lib/, core's types, its
 * neighbours and inside/.
 *
 * @typedef {import('../inside/subject.js').Source} Source
 */
import { at } from '../../lib/at.js'
import { count } from '../../lib/format.js'
import { paint, picture } from './picture.js'

/**
 * @param {import('../workbench.js').Setting} setting
 * @param {import('../../examples/images.js').Pictures} pictures
 * @returns {Source & { put: (image: Float32Array | null, words: string) => void }} put: what is guessed now, and where it is from, if that is known
 */
export function lookedAt({ client, experiment }, { classes, written }) {
  /** @type {import('../inside/subject.js').Subject | null} */
  let now = null
  let told = () => {}

  /** @param {Float32Array} inputs @param {string} words */
  function subject(inputs, words) {
    const canvas = picture()
    paint(canvas, inputs)
    return { inputs, words, picture: canvas }
  }
  return {
    words: { now: 'the picture that it guesses now', example: 'Test image', none: 'There is no such picture yet, so this is' },
    now: () => Promise.resolve(now),
    async example(index) {
      const { x, y } = await client.call('data', { session: experiment.session, split: 'test', start: index, count: 1 })
      const all = count(experiment.opened?.test_count ?? 0)
      return subject(x, `test image ${count(index + 1)} of ${all}: ${written ? 'a ' : ''}${at(classes, at(y, 0))}`)
    },
    listen: (listener) => (told = listener),
    put(image, words) {
      now = image && subject(image, words || (written ? 'The drawing' : 'The picture'))
      told()
    },
  }
}
