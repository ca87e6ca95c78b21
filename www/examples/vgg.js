/** A network in the style of VGG (Simonyan, Zisserman 2014) on Fashion-MNIST. May import core/spec, lib/i18n, its neighbours and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import { FASHION } from './fashion.js'
import { imagesExample } from './images.js'
import spec from './vgg.json' with { type: 'json' }

export const vgg = imagesExample({
  id: 'vgg',
  spec: formOf(spec),
  epochs: 5,
  pictures: {
    ...FASHION,
    lead: t('The same clothes as the ResNet’s, told apart by blocks of two 3 × 3 convolutions and a pooling, with dropout, in the style of VGG (Simonyan and Zisserman, 2014: Very Deep Convolutional Networks for Large-Scale Image Recognition).'),
  },
  card: {
    shows: t('A plain stack of convolutions with dropout, on the same clothes as the ResNet, to compare the two.'),
    data: FASHION.amount,
    score: t('{share} % of the test images right', { share: '89.97' }),
  },
})
