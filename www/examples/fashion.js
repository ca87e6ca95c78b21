/** What ResNet and VGG look at: Fashion-MNIST, photographs of clothes in ten classes. May import lib/i18n. */
import { t } from '../lib/i18n.js'

export const FASHION = {
  data: 'fashion-mnist',
  called: 'Fashion-MNIST',
  amount: t('64,343 photographs of clothes (Fashion-MNIST), 9,176 of them for the test'),
  classes: [t('T-shirt/top'), t('Trouser'), t('Pullover'), t('Dress'), t('Coat'), t('Sandal'), t('Shirt'), t('Sneaker'), t('Bag'), t('Ankle boot')],
  written: false,
}
