/** The choice between light, dark and what the system has. May import lib/. */
import { h } from '../lib/dom.js'
import { t } from '../lib/i18n.js'
import { THEMES, setTheme, theme } from '../lib/theme.js'

export function themeField() {
  const names = { auto: t('System'), light: t('Light'), dark: t('Dark') }
  const select = h('select', {}, ...THEMES.map((one) => h('option', { value: one }, names[one])))
  select.value = theme()
  select.addEventListener('change', () => setTheme(/** @type {import('../lib/theme.js').Theme} */ (select.value)))
  return h('label', { class: 'theme' }, h('span', {}, t('Theme')), select)
}
