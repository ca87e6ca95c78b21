/** Characters of Moby Dick by one layer of LSTM. May import core/spec, text.js and its own JSON. */
import { formOf } from '../core/spec.js'
import spec from './lstm.json' with { type: 'json' }
import { textExample } from './text.js'

export const lstm = textExample({
  id: 'lstm',
  spec: formOf(spec),
  epochs: 5,
  about: {
    title: 'Character LSTM',
    lead: 'A recurrent network that reads Moby Dick character by character, and learns which one comes next. Its cell keeps a memory that gates write, forget and read.',
    source: '“Long Short-Term Memory” (Hochreiter and Schmidhuber, 1997), with the forget gate of “Learning to Forget” (Gers et al., 2000).',
  },
  card: {
    shows: 'A recurrent network with a memory cell reads the same book and writes, letter by letter.',
    score: 'not measured to the end yet',
  },
})
