/**
 * Which of the engine's two modules this browser can run: the one with relaxed SIMD and memory that threads share, or the one for all browsers.
 * Imports nothing.
 */

/** The smallest module with an instruction of relaxed SIMD: a function that gives f32x4.relaxed_madd(0, 0, 0). */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic number and version
  ...[1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0], // one function, () -> v128
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
)

/** Whether there is memory that threads could share, as much as the engine may ask for. It is there on pages that may not share it, too. */
function sharable() {
  try {
    return Boolean(new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true }))
  } catch {
    return false
  }
}

/** Whether it is the one with threads. */
export const SHARED = WebAssembly.validate(RELAXED) && sharable()

/** Where its bindings and the module itself are. Each address is written out, as other sites' bundlers find files by that. */
export const MODULE = SHARED
  ? { bindings: new URL('../engine/threads/tabgrad.js', import.meta.url).href, wasm: new URL('../engine/threads/tabgrad_bg.wasm', import.meta.url).href }
  : { bindings: new URL('../engine/tabgrad.js', import.meta.url).href, wasm: new URL('../engine/tabgrad_bg.wasm', import.meta.url).href }
