/** A ResNet (He, Zhang, Ren, Sun 2015) on Fashion-MNIST, of a size for two CPU cores. May import core/spec, lib/i18n, its neighbours and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import { FASHION } from './fashion.js'
import { imagesExample } from './images.js'
import spec from './resnet.json' with { type: 'json' }

export const resnet = imagesExample({
  id: 'resnet',
  spec: formOf(spec),
  epochs: 7,
  pictures: {
    ...FASHION,
    lead: t('Clothes, told apart by a small residual network (He, Zhang, Ren and Sun, 2015: Deep Residual Learning for Image Recognition). It learns from 55,167 photographs and is tested on 9,176 others. After seven epochs it gets 92 of 100 right.'),
  },
  card: {
    shows: t('A residual network tells clothes apart. Look through the test images, or show it a picture of your own.'),
    data: FASHION.amount,
    score: t('{share} % of the test images right', { share: '92.49' }),
  },
})
