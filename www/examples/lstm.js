/** Characters of Moby Dick by one layer of LSTM. May import core/spec, lib/i18n, text.js and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import spec from './lstm.json' with { type: 'json' }
import { textExample } from './text.js'

export const lstm = textExample({
  id: 'lstm',
  spec: formOf(spec),
  epochs: 5,
  about: {
    title: t('Character LSTM'),
    lead: t('A recurrent network that reads Moby Dick character by character, and learns which one comes next. Its cell keeps a memory that gates write, forget and read.'),
    source: t('“Long Short-Term Memory” (Hochreiter and Schmidhuber, 1997), with the forget gate of “Learning to Forget” (Gers et al., 2000).'),
  },
  card: {
    shows: t('A recurrent network with a memory cell reads the same book and writes, letter by letter.'),
    score: t('{bits} bits per character on text that it has not seen, {share} % of the characters right', { bits: '2.164', share: '54.54' }),
  },
})
