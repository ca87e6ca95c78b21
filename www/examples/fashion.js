/** What ResNet and VGG look at: Fashion-MNIST, photographs of clothes in ten classes. Imports nothing. */

export const FASHION = {
  data: 'fashion-mnist',
  called: 'Fashion-MNIST',
  amount: '64,343 photographs of clothes (Fashion-MNIST), 9,176 of them for the test',
  classes: ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  thing: 'piece of clothing',
  written: false,
}
