/** Characters of Moby Dick by one layer of GRU. May import core/spec, text.js and its own JSON. */
import { formOf } from '../core/spec.js'
import spec from './gru.json' with { type: 'json' }
import { textExample } from './text.js'

export const gru = textExample({
  id: 'gru',
  spec: formOf(spec),
  epochs: 5,
  about: {
    title: 'Character GRU',
    lead: 'A recurrent network like the LSTM, with two gates instead of three and no memory besides its state: three quarters of the weights.',
    source: '“Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine Translation” (Cho et al., 2014).',
  },
  card: {
    shows: 'The LSTM’s smaller sister, on the same book, to compare the two.',
    score: 'not measured to the end yet',
  },
})
