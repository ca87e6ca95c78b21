/** The choice of the page's language. May import lib/. */
import { h } from '../lib/dom.js'
import { LANGUAGES, keepLanguage, languageChoice, t } from '../lib/i18n.js'

/** @param {() => Promise<unknown>} before what is done before the page is loaded again in another language */
export function languageField(before) {
  const own = [...LANGUAGES].map(([code, name]) => h('option', { value: code, lang: code }, name))
  const select = h('select', {}, h('option', { value: 'auto' }, t('Browser’s')), ...own)
  select.value = languageChoice()
  select.addEventListener('change', async () => {
    keepLanguage(select.value)
    await before()
    const address = new URL(location.href)
    address.searchParams.delete('lang') // It would go before the choice.
    history.replaceState(null, '', address)
    location.reload()
  })
  return h('label', { class: 'theme' }, h('span', {}, t('Language')), select)
}
