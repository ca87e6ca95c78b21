/** Copies a text for the visitor. May import lib/i18n and core/protocol. */
import { t } from '../lib/i18n.js'
import { refusal } from '../core/protocol.js'

/**
 * @param {string} text
 * @param {string} [hint] where else to take it from
 */
export const copyText = (text, hint) =>
  navigator.clipboard.writeText(text).catch(() => {
    throw refusal(t('The browser does not let the page use the clipboard.'), hint)
  })
