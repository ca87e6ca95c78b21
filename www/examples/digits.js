/**
 * Handwritten digits: LeNet-5 with ReLU and max pooling on MNIST. May import core/spec and its own JSON.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 */
import { SpecError, formOf } from '../core/spec.js'
import spec from './digits.json' with { type: 'json' }

export const SIDE = 28
export const CLASSES = 10
const EPOCHS = 5
const TRAIN_IMAGES = 60_000
const GLANCE = 1000

/**
 * The optimiser steps of one press on Train.
 * @param {Spec} spec
 */
export const scheduleSteps = (spec) => EPOCHS * Math.floor(TRAIN_IMAGES / (spec.batch_size * (spec.accumulate ?? 1)))

/** @type {import('../core/example.js').Example} */
export const digits = {
  id: 'digits',
  spec: formOf(spec),
  epochs: EPOCHS,
  speeds: [{ name: 'full' }],
  details: true,
  glance: GLANCE,
  card: {
    shows: 'A small convolutional network reads handwriting. Draw a digit and see what it takes it for, and which ones it confuses.',
    data: '70,000 digits (MNIST), 10,000 of them for the test',
    score: '99 % of the test images right',
    steps: scheduleSteps(formOf(spec)),
  },
  accept({ data, input }) {
    if (data.type !== 'Images' || data.name !== 'mnist') throw new SpecError('this view needs the MNIST digits as its data')
    if (JSON.stringify(input) !== JSON.stringify([1, SIDE, SIDE])) throw new SpecError(`its input is not 1 × ${SIDE} × ${SIDE}`)
  },
}
