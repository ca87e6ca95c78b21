/**
 * Paper is light, narrow and still: before the page is printed, it is laid out as on paper (style/print.css) and all that is drawn is drawn at once; after it, as before.
 * Fires `paper` on the window for what has its place by numbers. May import frame.js and theme.js.
 */
import { drawnAtOnce } from './frame.js'
import { showTheme, theme } from './theme.js'

/** @param {boolean} onPaper */
function lay(onPaper) {
  document.documentElement.classList.toggle('paper', onPaper)
  drawnAtOnce(() => {
    window.dispatchEvent(new Event('paper'))
    showTheme(onPaper ? 'light' : theme())
  })
}

window.addEventListener('beforeprint', () => lay(true))
window.addEventListener('afterprint', () => lay(false))
