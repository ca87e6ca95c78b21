/**
 * The sum that a value of a layer is: its products one by one. Pure. May import lib/at, lib/i18n and core's types.
 *
 * @typedef {{ shape: number[], data: Float32Array }} Values
 * @typedef {{ where: string, weight: number, input: number }} Product
 * @typedef {{ bias: number | null, products: Product[], sum: number }} Sum sum: of all products and the bias, if there is one
 */
import { at } from '../../lib/at.js'
import { t } from '../../lib/i18n.js'

/** An option that is one number, or one for each direction. @param {unknown} value @param {number} otherwise @returns {[number, number]} */
function pair(value, otherwise) {
  if (Array.isArray(value)) return [Number(value[0]), Number(value[1])]
  return typeof value === 'number' ? [value, value] : [otherwise, otherwise]
}

/**
 * @param {Product[]} products
 * @param {Values | undefined} bias
 * @param {number} channel
 * @returns {Sum}
 */
function sumOf(products, bias, channel) {
  const start = bias ? at(bias.data, channel) : null
  return { bias: start, products, sum: products.reduce((sum, { weight, input }) => sum + weight * input, start ?? 0) }
}

/**
 * A Linear layer's unit.
 * @param {Values} weight rows are units
 * @param {Values | undefined} bias
 * @param {ArrayLike<number>} input
 * @param {number} channel
 */
export function linearSum(weight, bias, input, channel) {
  const products = Array.from(input, (value, i) => ({ where: t('input {n}', { n: i }), weight: at(weight.data, channel * input.length + i), input: value }))
  return sumOf(products, bias, channel)
}

/**
 * A place of a Conv2d's map. What lies in the padding is 0, and not among the products.
 * @param {Values} weight map, map of the input within the group, row, column
 * @param {Values | undefined} bias
 * @param {Values} input map, row, column
 * @param {{ [option: string]: unknown }} options of the layer
 * @param {{ channel: number, row: number, column: number }} place
 */
export function convSum(weight, bias, input, options, { channel, row, column }) {
  const [outputs, depth, high, wide] = [at(weight.shape, 0), at(weight.shape, 1), at(weight.shape, 2), at(weight.shape, 3)]
  const [height, width] = [at(input.shape, 1), at(input.shape, 2)]
  const [stride, padding, dilation] = [pair(options.stride, 1), pair(options.padding, 0), pair(options.dilation, 1)]
  const groups = Number(options.groups ?? 1)
  const first = Math.floor(channel / (outputs / groups)) * depth
  /** @type {Product[]} */
  const products = []
  for (let c = 0; c < depth; c++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < wide; j++) {
        const [y, x] = [row * stride[0] - padding[0] + i * dilation[0], column * stride[1] - padding[1] + j * dilation[1]]
        if (y < 0 || x < 0 || y >= height || x >= width) continue
        products.push({
          where: t('map {map}, row {row}, column {column}', { map: first + c, row: y, column: x }),
          weight: at(weight.data, ((channel * depth + c) * high + i) * wide + j),
          input: at(input.data, ((first + c) * height + y) * width + x),
        })
      }
    }
  }
  return sumOf(products, bias, channel)
}

/** The products that matter most, whatever their sign. @param {readonly Product[]} products @param {number} count */
export const largest = (products, count) => [...products].sort((a, b) => Math.abs(b.weight * b.input) - Math.abs(a.weight * a.input)).slice(0, count)
