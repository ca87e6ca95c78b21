/**
 * A picture of the visitor's own, made what the data sets made of theirs: the ground taken away, dark on white, reduced to 28 × 28.
 * It does not leave the tab. May import lib/, parts/file-button, core/protocol and normalise.js.
 */
import { at } from '../../lib/at.js'
import { h } from '../../lib/dom.js'
import { plain } from '../../lib/frame.js'
import { t } from '../../lib/i18n.js'
import { refusal } from '../../core/protocol.js'
import { fileButton } from '../../parts/file-button.js'
import { normalise } from './normalise.js'

/** What a picture is looked at in, before it is reduced. */
const LONGEST = 280
const HINT = t('Choose a picture, such as a PNG, JPEG or WebP file.')

/**
 * How dark each pixel is, 0 to 1.
 * @param {ImageBitmap} bitmap
 */
function darkness(bitmap) {
  const scale = LONGEST / Math.max(bitmap.width, bitmap.height)
  const width = Math.max(1, Math.round(bitmap.width * scale))
  const height = Math.max(1, Math.round(bitmap.height * scale))
  const c = plain(h('canvas', { width, height }), true)
  c.fillStyle = '#fff' // what is transparent is paper
  c.fillRect(0, 0, width, height)
  c.drawImage(bitmap, 0, 0, width, height)
  const { data } = c.getImageData(0, 0, width, height)
  const dark = Float32Array.from({ length: width * height }, (_, i) => 1 - (0.299 * at(data, 4 * i) + 0.587 * at(data, 4 * i + 1) + 0.114 * at(data, 4 * i + 2)) / 255)
  return { dark, width, height }
}

/**
 * The ink on a square sheet: what differs from the ground, which is what the corners show. On a dark ground, the light is the ink.
 * @param {{ dark: Float32Array, width: number, height: number }} picture
 */
function inkOf({ dark, width, height }) {
  const corners = [0, width - 1, (height - 1) * width, height * width - 1].map((i) => at(dark, i))
  const ground = corners.reduce((a, b) => a + b) / corners.length
  const ink = new Float32Array(LONGEST * LONGEST)
  const [left, top] = [(LONGEST - width) >> 1, (LONGEST - height) >> 1]
  dark.forEach((value, i) => {
    const strength = ground < 0.5 ? (value - ground) / (1 - ground) : (ground - value) / ground
    ink[(top + Math.floor(i / width)) * LONGEST + left + (i % width)] = Math.max(0, strength)
  })
  return ink
}

/**
 * @param {File} file
 * @param {boolean} written see Pictures
 */
async function read(file, written) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw refusal(t('The file {name} is not a picture that this browser can read.', { name: file.name }), HINT)
  })
  const image = normalise(inkOf(darkness(bitmap)), LONGEST, written)
  bitmap.close()
  if (!image) throw refusal(t('The picture {name} is of one colour: there is nothing to be seen on it.', { name: file.name }), written ? t('Choose one with a digit on a plain ground.') : t('Choose one with a piece of clothing on a plain ground.'))
  return image
}

/**
 * A button that asks for a file.
 * @param {boolean} written see Pictures
 * @param {(image: Float32Array, words: string) => void} put
 * @param {(error: unknown) => void} failed
 */
export function own(written, put, failed) {
  const files = { accept: 'image/*', takes: t('a picture') }
  const { button, input } = fileButton(t('Your own picture'), files, (file) => void read(file, written).then((image) => put(image, t('Your picture {name}', { name: file.name })), failed))
  return [button, input]
}
