/** Characters of Moby Dick by one layer of GRU. May import core/spec, lib/i18n, text.js and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import spec from './gru.json' with { type: 'json' }
import { textExample } from './text.js'

export const gru = textExample({
  id: 'gru',
  spec: formOf(spec),
  epochs: 5,
  about: {
    title: t('Character GRU'),
    lead: t('A recurrent network like the LSTM, with two gates instead of three and no memory besides its state: three quarters of the weights.'),
    source: t('“Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine Translation” (Cho et al., 2014).'),
  },
  card: {
    shows: t('The LSTM’s smaller sister, on the same book, to compare the two.'),
    score: t('{bits} bits per character on text that it has not seen, {share} % of the characters right', { bits: '2.109', share: '55.70' }),
  },
})
