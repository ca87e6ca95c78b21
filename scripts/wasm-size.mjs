// The size budget of what a visitor downloads to run the engine: one of the WebAssembly modules of some folders, gzipped.
// Prints the largest and fails where it is above the limit. Node's standard library only.
//
//   node scripts/wasm-size.mjs FOLDER...

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 300;

const folders = process.argv.slice(2);
const modules = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))).filter((path) => path.endsWith(".wasm"));
const bytes = Math.max(0, ...modules.map((path) => gzipSync(readFileSync(path), { level: 9 }).length));
const kb = (bytes / 1000).toFixed(1);
console.log(`    wasm: ${kb} KB gzipped, the larger of ${modules.length} modules (limit ${LIMIT_KB} KB)`);
if (modules.length === 0 || bytes > LIMIT_KB * 1000) {
  console.error(`wasm-size: ${modules.length ? `${kb} KB gzipped is over the limit of ${LIMIT_KB} KB` : `no module in ${folders.join(", ")}`}`);
  process.exit(1);
}
