/** The likeliest next characters. May import lib/i18n and parts/bars. */
import { t } from '../../lib/i18n.js'
import { bars } from '../../parts/bars.js'

const SHOWN = 8
/** Characters that are not seen have names. @type {{ [character: string]: string }} */
const NAMES = { ' ': t('space'), '\n': t('new line') }

export function nextCharacters() {
  const { element, show } = bars(SHOWN, { class: 'bars next', label: t('The likeliest next characters') })
  return {
    element,
    /** @param {import('./generate.js').Drawn['choices']} choices the likeliest first */
    show(choices) {
      const shown = choices.slice(0, SHOWN)
      const names = shown.map(({ character }) => NAMES[character] ?? character)
      show([...names, ...Array(SHOWN - shown.length).fill('')], shown.map(({ probability }) => probability))
    },
  }
}
