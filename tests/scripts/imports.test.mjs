// Proves that the engine's imports get short names in the module and its bindings alike, and that bindings that do not fit are refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shorten } from "../../scripts/wasm-imports.mjs";

const LONG = "__wbg_twice_0123456789abcdef";
const MODULE = "./tabgrad_bg.js";
/** @param {string} text */
const named = (text) => [text.length, ...Buffer.from(text)];
/** @param {number} id @param {number[]} body */
const section = (id, body) => [id, body.length, ...body];
/** Imports memory that threads share and a function i32 -> i32, and exports a function "run" that calls it. */
const WASM = Buffer.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...section(1, [1, 96, 1, 127, 1, 127]),
  ...section(2, [2, ...named(MODULE), ...named("memory"), 2, 3, 1, 2, ...named(MODULE), ...named(LONG), 0, 0]),
  ...section(3, [1, 0]),
  ...section(7, [1, ...named("run"), 0, 1]),
  ...section(10, [1, 6, 0, 32, 0, 16, 0, 11]),
]);
const BINDINGS = `export default { ${LONG}: function(x) { return 2 * x; }, memory: new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true }) }`;

test("a module with short names runs with its bindings", async () => {
  const { wasm, bindings } = shorten(WASM, BINDINGS);
  assert.ok(!bindings.includes(LONG) && !wasm.includes(LONG));
  const imports = await import(`data:text/javascript,${encodeURIComponent(bindings)}`);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { [MODULE]: imports.default });
  assert.equal(/** @type {(x: number) => number} */ (instance.exports.run)(21), 42);
});

test("bindings without the function, or with two of it, are refused", () => {
  assert.throws(() => shorten(WASM, ""), { message: `wasm-imports: the bindings define ${LONG} 0 times instead of once` });
  assert.throws(() => shorten(WASM, BINDINGS + BINDINGS), /2 times instead of once/);
});
