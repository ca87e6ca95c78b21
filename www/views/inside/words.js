/** What layers do, in a sentence each. May import lib/i18n. */
import { t } from '../../lib/i18n.js'

/** By type; of others the page says nothing, and shows what they give. @type {{ [type: string]: string }} */
const DOES = {
  Linear: t('Each number is a bias plus the sum of all inputs, each times a weight of its own.'),
  Conv2d: t('Each number is a bias plus the sum of a window of the input, each value times the weight at its place in the filter. The same filter slides over the whole picture.'),
  ConvTranspose2d: t('Each number of the input stamps the filter, times itself, on a larger picture.'),
  MaxPool2d: t('Each number is the largest of a window of the input.'),
  AvgPool2d: t('Each number is the mean of a window of the input.'),
  AdaptiveAvgPool2d: t('Each number is the mean of a part of the map.'),
  BatchNorm1d: t('Each channel, less its mean and divided by its deviation in training, times a weight plus a bias.'),
  BatchNorm2d: t('Each map, less its mean and divided by its deviation in training, times a weight plus a bias.'),
  LayerNorm: t('Each example, less its own mean and divided by its own deviation, times weights plus biases.'),
  GroupNorm: t('Each group of channels, less its own mean and divided by its own deviation, times weights plus biases.'),
  RMSNorm: t('Each example divided by the root of its mean square, times weights.'),
  Dropout: t('Hands on what it gets. Only in training it sets some numbers to 0, at random.'),
  Flatten: t('The same numbers, in one row.'),
  Embedding: t('Each character has a row of numbers, which is learnt.'),
  PositionalEmbedding: t('Adds to each place a row of numbers that is learnt for that place.'),
  SinusoidalPositions: t('Adds sines and cosines to each place, which tell where it is.'),
  RNN: t('Its state, place after place: made of the input there and the state before.'),
  GRU: t('Its state, place after place. Gates decide how much of it is made anew.'),
  LSTM: t('What it shows of its memory, place after place. Gates decide what is written, forgotten and shown.'),
  MultiheadAttention: t('Each place is a mean of what places have to say, weighted by how well they answer what it asks.'),
  TransformerEncoderLayer: t('Attention to other places and a small network at each place, each added to what came in.'),
  ReLU: t('What is below 0 becomes 0.'),
  LeakyReLU: t('What is below 0 becomes small.'),
  ELU: t('What is below 0 comes close to −1 the further down it is.'),
  GELU: t('What is far below 0 becomes 0, smoothly.'),
  SiLU: t('Each number times its own sigmoid: what is far below 0 becomes 0.'),
  Sigmoid: t('Each number is pressed between 0 and 1.'),
  Tanh: t('Each number is pressed between −1 and 1.'),
  Softmax: t('Positive numbers that add up to 1.'),
  Residual: t('What its layers make of the input is added to the input, or to what the shortcut makes of it.'),
  Sequential: t('What the last of its layers gives.'),
}

/** @param {string} type */
export const does = (type) => DOES[type] ?? ''
