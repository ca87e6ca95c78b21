/** Copies a text for the visitor. May import core/protocol. */
import { refusal } from '../core/protocol.js'

/**
 * @param {string} text
 * @param {string} [hint] where else to take it from
 */
export const copyText = (text, hint) =>
  navigator.clipboard.writeText(text).catch(() => {
    throw refusal('The browser does not let the page use the clipboard.', hint)
  })
