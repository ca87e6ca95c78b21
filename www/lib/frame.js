/** Keeps drawing off the critical path: at most once per animation frame, and only when visible. Imports nothing. */

/**
 * Calls `draw` once in the next animation frame, however often it is asked.
 * @param {() => void} draw
 * @returns {() => void}
 */
export function perFrame(draw) {
  let asked = false
  return () => {
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
 * @returns {() => void}
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
 * A canvas' drawing context, with as many device pixels as its box on the screen needs. One unit is a CSS pixel.
 * @param {HTMLCanvasElement} canvas
 */
export function context(canvas) {
  const ratio = devicePixelRatio || 1
  const { clientWidth: width, clientHeight: height } = canvas
  const w = Math.round(width * ratio)
  const hgt = Math.round(height * ratio)
  if (canvas.width !== w || canvas.height !== hgt) Object.assign(canvas, { width: w, height: hgt })
  const c = plain(canvas)
  c.setTransform(ratio, 0, 0, ratio, 0, 0)
  c.clearRect(0, 0, width, height)
  return { c, width, height }
}

/**
 * A canvas' drawing context in its own pixels.
 * @param {HTMLCanvasElement} canvas
 * @returns {CanvasRenderingContext2D}
 */
export function plain(canvas) {
  const c = canvas.getContext('2d')
  if (!c) throw new Error('This browser cannot draw on a canvas.')
  return c
}
