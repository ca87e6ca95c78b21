/** Handwritten digits: LeNet-5 with ReLU and max pooling on MNIST. May import core/spec, lib/i18n, images.js and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import { imagesExample } from './images.js'
import spec from './digits.json' with { type: 'json' }

export const digits = imagesExample({
  id: 'digits',
  spec: formOf(spec),
  epochs: 5,
  pictures: {
    data: 'mnist',
    called: t('the MNIST digits'),
    classes: [...'0123456789'],
    written: true,
    lead: t('A small convolutional network learns to read handwriting from 60,000 images and is tested on 10,000 others. After five epochs it reads 99 of 100 right.'),
  },
  card: {
    shows: t('A small convolutional network reads handwriting. Draw a digit and see what it takes it for, and which ones it confuses.'),
    data: t('70,000 digits (MNIST), 10,000 of them for the test'),
    score: t('{share} % of the test images right', { share: '99.16' }),
  },
})
