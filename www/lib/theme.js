/**
 * Light, dark, or as the system has it. Sets the choice before the first paint. May import settings.js.
 * Fires `themechange` on the window whenever colours change, so that canvases are drawn again.
 *
 * @typedef {'auto' | 'light' | 'dark'} Theme
 */
import { keep, kept } from './settings.js'

/** @type {readonly [Theme, ...Theme[]]} */
export const THEMES = ['auto', 'light', 'dark']

const changed = () => window.dispatchEvent(new Event('themechange'))

/** Shows a theme, whatever the choice is. @param {Theme} theme */
export function showTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  changed()
}

export const theme = () => kept('theme', THEMES)

/** @param {Theme} choice */
export function setTheme(choice) {
  keep('theme', choice)
  showTheme(choice)
}

showTheme(theme())
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
