/** Keeps drawing off the critical path: at most once per animation frame, and only when visible. May import i18n.js. */
import { t } from './i18n.js'

export const CANVAS_FONT = '11px system-ui, sans-serif'

let atOnce = false

/**
 * What is asked for meanwhile is drawn there and then: no frame comes before a page is printed.
 * @param {() => void} ask
 */
export function drawnAtOnce(ask) {
  atOnce = true
  try {
    ask()
  } finally {
    atOnce = false
  }
}

/**
 * Calls `draw` once in the next animation frame, however often it is asked.
 * @param {() => void} draw
 * @returns {() => void}
 */
export function perFrame(draw) {
  let asked = false
  return () => {
    if (atOnce) return draw()
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      draw()
    })
  }
}

/**
 * Runs an asynchronous job so that only one is under way; asked again meanwhile, it runs once more after.
 * @param {() => Promise<void>} job
 * @returns {() => Promise<void>} asks for it; over when all that was asked for is, or at once where that is under way
 */
export function oneAtATime(job) {
  let running = false
  let again = false
  return async function ask() {
    again = true
    if (running) return
    running = true
    try {
      while (again) {
        again = false
        await job()
      }
    } finally {
      running = false
    }
  }
}

/**
 * A canvas that fills its box on the screen: `draw` runs when asked, when the box changes and when the theme does, and one unit is
 * a CSS pixel. It does not run while the canvas is not shown.
 * @param {HTMLCanvasElement} canvas
 * @param {(c: CanvasRenderingContext2D, width: number, height: number) => void} draw
 * @returns {() => void} asks for a drawing
 */
export function surface(canvas, draw) {
  const c = plain(canvas)
  let width = 0
  let height = 0
  const ask = perFrame(() => {
    if (atOnce) ({ clientWidth: width, clientHeight: height } = canvas)
    if (!width || !height) return
    const ratio = devicePixelRatio || 1
    const size = { width: Math.round(width * ratio), height: Math.round(height * ratio) }
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size)
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    c.clearRect(0, 0, width, height)
    draw(c, width, height)
  })
  // The observer tells the size; asking the canvas for it would lay out the page once more for every drawing.
  new ResizeObserver((entries) => {
    for (const { contentRect } of entries) ({ width, height } = contentRect)
    // A canvas that was taken out of the page is not held by the window.
    if (width && height) window.addEventListener('themechange', ask)
    else window.removeEventListener('themechange', ask)
    ask()
  }).observe(canvas)
  return ask
}

/**
 * A canvas' drawing context in its own pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {boolean} [readBack] its pixels will be read again and again
 * @returns {CanvasRenderingContext2D}
 */
export function plain(canvas, readBack = false) {
  const c = canvas.getContext('2d', { willReadFrequently: readBack })
  if (!c) throw new Error(t('This browser cannot draw on a canvas.'))
  return c
}
