/**
 * Which of the engine's two modules this browser takes: the one that multiplies and adds in one step (relaxed SIMD) where it can. Imports nothing.
 */

/** The smallest module with such an instruction: a function that gives f32x4.relaxed_madd(0, 0, 0). */
const RELAXED = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0], // magic number and version
  ...[1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0], // one function, () -> v128
  ...[10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11],
)

/** Its name in the folder of the engine. */
export const wasmFile = () => (WebAssembly.validate(RELAXED) ? 'tabgrad_relaxed_bg.wasm' : 'tabgrad_bg.wasm')
