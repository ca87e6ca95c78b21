// Gives the functions that a module imports short names, in the module and in its bindings: those of wasm-bindgen end in 16 digits of a hash, which do
// not compress. (binaryen's --minify-imports leaves wasm-bindgen's alone: it is for Emscripten's.) Imports Node's standard library only.
//
//   node scripts/wasm-imports.mjs MODULE.wasm BINDINGS.js

import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

/** Where a module's sections begin. */
const HEADER = 8;
/** The section's number. */
const IMPORTS = 2;

/**
 * The module and the bindings with the short names.
 * @param {Buffer} wasm
 * @param {string} bindings
 */
export function shorten(wasm, bindings) {
  let at = HEADER;
  /** Reads a number (LEB128). */
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm.readUInt8(at++);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const text = () => {
    const length = number();
    return wasm.toString("utf8", at, (at += length));
  };

  while (wasm[at] !== IMPORTS) {
    at++;
    at = number() + at;
  }
  const section = at++;
  const end = number() + at;
  const count = number();
  /** @type {Uint8Array[]} */
  const parts = [encoded(count)];
  for (let n = 0; n < count; n++) {
    const from = text();
    let name = text();
    const type = at;
    const kind = wasm[at++];
    if (kind === 0) {
      number();
      const pieces = bindings.split(`${name}: `);
      if (pieces.length !== 2) throw new Error(`wasm-imports: the bindings define ${name} ${pieces.length - 1} times instead of once`);
      name = `_${n.toString(36)}`;
      bindings = pieces.join(`${name}: `);
    } else if (kind === 2) {
      const limits = number();
      number();
      if (limits & 1) number();
    } else {
      throw new Error(`wasm-imports: ${name} is neither a function nor memory`);
    }
    parts.push(encoded(from.length), Buffer.from(from), encoded(name.length), Buffer.from(name), wasm.subarray(type, at));
  }
  const body = Buffer.concat(parts);
  return { wasm: Buffer.concat([wasm.subarray(0, section + 1), encoded(body.length), body, wasm.subarray(end)]), bindings };
}

/**
 * A number as a module writes it (LEB128).
 * @param {number} value
 */
function encoded(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  const [module = "", bindings = ""] = argv.slice(2);
  const short = shorten(readFileSync(module), readFileSync(bindings, "utf8"));
  writeFileSync(module, short.wasm);
  writeFileSync(bindings, short.bindings);
}
