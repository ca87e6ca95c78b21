/**
 * What the playground's pictures are made of, asked from the engine a few times a second: the network's and every neuron's answer
 * on a grid over the plane, the weights, and the data points. May import core's types, examples/playground and lib/frame.
 *
 * @typedef {import('../../core/client.js').Client} Client
 * @typedef {import('../../core/experiment.js').Experiment} Experiment
 *
 * @typedef {object} Picture one consistent state of the network
 * @property {import('../../examples/playground.js').Shape} shape
 * @property {string[]} features
 * @property {boolean} regression
 * @property {Float32Array} output the network's answer on the grid, scaled to -1..1
 * @property {Float32Array[][]} neurons per hidden layer and neuron, its value on the grid
 * @property {{ weight: Float32Array, bias: Float32Array }[]} weights per layer; the weight's rows are the layer's neurons
 *
 * @typedef {{ x1: number, x2: number, y: number }} DataPoint
 */
import { at } from '../../lib/at.js'
import { REACH, isRegression, namesOf, pointsOf, shapeOf } from '../../examples/playground.js'
import { oneAtATime } from '../../lib/frame.js'

/** Cells of the grid along each axis. */
export const GRID = 48
const REST_MS = 90

/** The plane's coordinate at a cell's middle. @param {number} cell */
const coordinate = (cell) => ((cell + 0.5) / GRID) * 2 * REACH - REACH

/** The grid's points, row by row from the top: x2 falls, x1 grows. */
export const GRID_POINTS = Float32Array.from({ length: 2 * GRID * GRID }, (_, i) => {
  const cell = i >> 1
  return i % 2 ? -coordinate(Math.floor(cell / GRID)) : coordinate(cell % GRID)
})

/**
 * One column of a row-major matrix.
 * @param {Float32Array} data
 * @param {number} columns
 * @param {number} column
 */
function columnOf(data, columns, column) {
  const values = new Float32Array(data.length / columns)
  for (let i = 0; i < values.length; i++) values[i] = data[i * columns + column] ?? NaN
  return values
}

/**
 * @param {Client} client
 * @param {Experiment} experiment
 * @param {{ picture: (picture: Picture) => void, points: (points: { train: DataPoint[], test: DataPoint[] }) => void, failed: (error: unknown) => void }} show
 */
export function maps(client, experiment, show) {
  const { session } = experiment

  /** @returns {Promise<Picture>} */
  async function ask() {
    const { spec } = experiment
    const shape = shapeOf(spec)
    const layers = [...shape.hidden.keys(), shape.hidden.length]
    const [prediction, ...weights] = await Promise.all([
      client.call('predict', { session, inputs: GRID_POINTS, count: GRID * GRID, layers: true }),
      ...layers.map(async (layer) => {
        const { weight, bias } = namesOf(shape, layer)
        const [w, b] = await Promise.all([client.call('read', { session, name: weight }), client.call('read', { session, name: bias })])
        return { weight: w.data, bias: b.data }
      }),
    ])
    const byName = new Map(prediction.layers?.map(({ name, data }) => [name, data]))
    const neurons = shape.hidden.map((size, layer) => {
      const data = byName.get(namesOf(shape, layer).output) ?? new Float32Array(size * GRID * GRID)
      return Array.from({ length: size }, (_, neuron) => columnOf(data, size, neuron))
    })
    const output = prediction.probabilities?.map((p) => 2 * p - 1) ?? prediction.output
    const { features } = pointsOf(spec)
    return { shape, features, regression: isRegression(pointsOf(spec)), output, neurons, weights }
  }

  const update = oneAtATime(async () => {
    const { spec } = experiment
    try {
      const picture = await ask()
      // The network may have been changed while the answers were on their way; then they fit nothing that is on the page.
      if (spec === experiment.spec) show.picture(picture)
    } catch (error) {
      if (spec === experiment.spec) show.failed(error)
    }
    await new Promise((resolve) => setTimeout(resolve, REST_MS))
  })

  /** @param {'train' | 'test'} split @param {number} count */
  async function pointsOfSplit(split, count) {
    if (!count) return []
    const { x, y } = await client.call('data', { session, split, start: 0, count })
    return Array.from(y, (value, i) => ({ x1: at(x, 2 * i), x2: at(x, 2 * i + 1), y: value }))
  }

  const updatePoints = oneAtATime(async () => {
    const { opened } = experiment
    if (!opened) return
    try {
      const [train, test] = await Promise.all([pointsOfSplit('train', opened.train_count), pointsOfSplit('test', opened.test_count)])
      show.points({ train, test })
    } catch (error) {
      show.failed(error)
    }
  })

  experiment.on('spec', () => {
    updatePoints()
    update()
  })
  experiment.on('progress', update)
}
