/**
 * Handwritten digits: LeNet-5 with ReLU and max pooling on MNIST. May import core/spec.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 */
import { SpecError } from '../core/spec.js'

export const SIDE = 28
export const CLASSES = 10
const EPOCHS = 5
const TRAIN_IMAGES = 60_000
const BATCH = 64

/**
 * The optimiser steps of one press on Train.
 * @param {Spec} spec
 */
export const scheduleSteps = (spec) => EPOCHS * Math.floor(TRAIN_IMAGES / spec.batch_size)

/** @type {import('../core/experiment.js').Example} */
export const digits = {
  id: 'digits',
  spec: {
    name: 'Digits',
    input: [1, SIDE, SIDE],
    layers: [
      { type: 'Conv2d', out_channels: 6, kernel_size: 5, padding: 2 },
      { type: 'ReLU' },
      { type: 'MaxPool2d', kernel_size: 2 },
      { type: 'Conv2d', out_channels: 16, kernel_size: 5 },
      { type: 'ReLU' },
      { type: 'MaxPool2d', kernel_size: 2 },
      { type: 'Flatten' },
      { type: 'Linear', out_features: 120 },
      { type: 'ReLU' },
      { type: 'Linear', out_features: 84 },
      { type: 'ReLU' },
      { type: 'Linear', out_features: CLASSES },
    ],
    loss: { type: 'CrossEntropyLoss' },
    optimizer: { type: 'Adam', lr: 0.002 },
    schedule: { type: 'CosineAnnealingLR', t_max: EPOCHS * Math.floor(TRAIN_IMAGES / BATCH), eta_min: 0 },
    batch_size: BATCH,
    seed: 0,
    data: { type: 'Images', name: 'mnist', normalize: { mean: 0.1307, std: 0.3081 } },
  },
  epochs: EPOCHS,
  speeds: [{ name: 'full' }],
  details: true,
  accept(spec) {
    if (spec.data?.type !== 'Images' || spec.data.name !== 'mnist') throw new SpecError('this view needs the MNIST digits as its data')
    if (JSON.stringify(spec.input) !== JSON.stringify([1, SIDE, SIDE])) throw new SpecError(`its input is not 1 × ${SIDE} × ${SIDE}`)
  },
}
