/** Characters of Moby Dick by a transformer. May import core/spec, lib/i18n, text.js and its own JSON. */
import { formOf } from '../core/spec.js'
import { t } from '../lib/i18n.js'
import spec from './gpt.json' with { type: 'json' }
import { textExample } from './text.js'

export const gpt = textExample({
  id: 'gpt',
  spec: formOf(spec),
  epochs: 2,
  about: {
    title: t('Character GPT'),
    lead: t('A transformer that writes: from the last 64 characters of Moby Dick it learns which one comes next. Four blocks of causal self-attention, 128 wide, with four heads.'),
    source: t('The decoder of “Attention Is All You Need” (Vaswani et al., 2017) in the form of GPT-2, with the norms before attention and feed-forward: “Language Models are Unsupervised Multitask Learners” (Radford et al., 2019).'),
  },
  card: {
    shows: t('A small transformer writes in the manner of Moby Dick, from a prompt of your own, while it learns.'),
    score: t('{bits} bits per character on text that it has not seen, {share} % of the characters right', { bits: '2.273', share: '51.91' }),
  },
})
