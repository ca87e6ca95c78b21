/**
 * The pictures that the network can be looked into with: the one that it guesses now, and test images. May import lib/, core's types, its
 * neighbours and inside/.
 *
 * @typedef {import('../inside/subject.js').Source} Source
 */
import { at } from '../../lib/at.js'
import { count } from '../../lib/format.js'
import { t } from '../../lib/i18n.js'
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
    words: {
      now: t('the picture that it guesses now'),
      example: t('Test image'),
      number: t('Test image number'),
      none: (instead) => t('There is no such picture yet, so this is {instead}', { instead }),
    },
    now: () => Promise.resolve(now),
    async example(index) {
      const { x, y } = await client.call('data', { session: experiment.session, split: 'test', start: index, count: 1 })
      const values = { n: count(index + 1), all: count(experiment.opened?.test_count ?? 0), class: at(classes, at(y, 0)) }
      return subject(x, written ? t('test image {n} of {all}: a {class}', values) : t('test image {n} of {all}: {class}', values))
    },
    listen: (listener) => (told = listener),
    put(image, words) {
      now = image && subject(image, words || (written ? t('The drawing') : t('The picture')))
      told()
    },
  }
}
