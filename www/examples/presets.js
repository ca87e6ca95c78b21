/**
 * Networks to start from, made for the data at hand: the page's own, and plain ones. Each is a change of the experiment: its layers, and of the training what these
 * need to learn. May import lib/i18n, core/ and the examples' JSON.
 *
 * @typedef {import('../core/spec.js').Spec} Spec
 * @typedef {import('../core/spec.js').Layer} Layer
 * @typedef {{ name: string, about: string, of: (spec: Spec, classes: number) => Spec }} Preset of: what it makes of an experiment; classes: how many there are
 */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import digits from './digits.json' with { type: 'json' }
import gpt from './gpt.json' with { type: 'json' }
import gru from './gru.json' with { type: 'json' }
import lstm from './lstm.json' with { type: 'json' }
import resnet from './resnet.json' with { type: 'json' }
import vgg from './vgg.json' with { type: 'json' }

const adam = (/** @type {number} */ lr) => ({ type: 'Adam', lr })

/**
 * With the layers of `network`, as many outputs as there are classes, and a row of the embedding for each character.
 * @param {string} name
 * @param {string} about
 * @param {{ layers: Layer[], optimizer: { type: string, lr: number }, warmup_steps?: number, clip_grad_norm?: number | null }} network
 * @returns {Preset}
 */
const preset = (name, about, { layers, optimizer, warmup_steps = 0, clip_grad_norm = null }) => ({
  name,
  about,
  of: (spec, classes) => {
    const last = layers.length - 1
    const fitted = layers.map((layer, n) => (n === last ? { ...layer, out_features: classes } : layer.type === 'Embedding' ? { ...layer, num_embeddings: classes } : layer))
    return formOf({ ...spec, layers: fitted, optimizer, warmup_steps, clip_grad_norm })
  },
})

const IMAGES = [
  preset('MLP', t('fully connected layers alone, which see no picture, only numbers'), {
    layers: [{ type: 'Flatten' }, { type: 'Linear', out_features: 128 }, { type: 'ReLU' }, { type: 'Linear', out_features: 64 }, { type: 'ReLU' }, { type: 'Linear', out_features: 10 }],
    optimizer: adam(0.001),
  }),
  preset('LeNet', t('two convolutions with pooling, then fully connected layers (LeCun et al., 1998)'), digits),
  preset('VGG', t('many small convolutions one after the other (Simonyan and Zisserman, 2014)'), vgg),
  preset('ResNet', t('convolutions with shortcuts around them (He et al., 2015)'), resnet),
]

const TEXTS = [
  preset('MLP', t('fully connected layers at each place, which see one character each'), {
    layers: [{ type: 'Embedding', num_embeddings: 80, embedding_dim: 64 }, { type: 'Linear', out_features: 128 }, { type: 'ReLU' }, { type: 'Linear', out_features: 80 }],
    optimizer: adam(0.003),
  }),
  preset('LSTM', t('reads character by character and keeps what matters (Hochreiter and Schmidhuber, 1997)'), lstm),
  preset('GRU', t('the same with fewer gates (Cho et al., 2014)'), gru),
  preset('GPT', t('looks back at all characters at once (Radford et al., 2019)'), gpt),
]

/** Those for an experiment's data; none where there are none. @param {Spec} spec @returns {readonly Preset[]} */
export const presetsFor = ({ data }) => (data.type === 'Images' ? IMAGES : data.type === 'Text' ? TEXTS : [])
