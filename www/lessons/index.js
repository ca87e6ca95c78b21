/**
 * The lessons, in the order in which they build on each other. Loaded when one is asked for. May import core/lesson and its JSON files.
 */
import { lessonOf } from '../core/lesson.js'
import convolution from './convolution.json' with { type: 'json' }
import deeper from './deeper.json' with { type: 'json' }
import hiddenLayers from './hidden-layers.json' with { type: 'json' }
import learningRate from './learning-rate.json' with { type: 'json' }
import oneNeuron from './one-neuron.json' with { type: 'json' }
import overFitting from './over-fitting.json' with { type: 'json' }
import shortcuts from './shortcuts.json' with { type: 'json' }
import smallGpt from './small-gpt.json' with { type: 'json' }

export const LESSONS = [oneNeuron, learningRate, hiddenLayers, deeper, overFitting, convolution, shortcuts, smallGpt].map(lessonOf)
