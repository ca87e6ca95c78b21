// The layering check: which module of src/ may use which other, and which module alone may name certain crates.
// The table is the one place where the layers are written down for the machine; ARCHITECTURE.md explains them to people.
// Node's standard library only.
//
//   node scripts/layers.mjs FOLDER...

import { readFileSync, readdirSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

const base = ["error", "dtype", "shape", "random", "math", "sorted", "list", "json"];
const language = ["op", "graph", "simplify", "grad"];
const engine = [...base, ...language, "tensor", "nn", "compile", "cpu", "pool", "gpu", "data", "formats"];

/** Module (the first name below its crate) -> the modules it may use besides itself. lib.rs may use all. */
export const MAY_USE = {
  error: ["dtype", "shape"],
  dtype: ["error", "shape", "math"],
  shape: ["error", "dtype", "list"],
  math: [],
  random: ["math"],
  sorted: [],
  list: [],
  json: ["list"],

  // The crates plan/ and kernels/ (`cpu`), whose modules the others see as their own.
  op: ["dtype", "math"],
  index: [],
  plan: ["dtype", "op", "index"],
  nest: ["index", "plan"],
  pool: [],
  cpu: ["error", "dtype", "op", "index", "plan", "nest", "pool"], // `op` for the rows of the op table: the scalar function

  graph: [...base, ...language],
  simplify: [...base, ...language],
  grad: [...base, ...language, "tensor"],
  tensor: [...base, ...language],

  nn: [...base, ...language, "tensor", "compile"], // a training step is a graph with its gradient, and a Program for `compile`

  compile: [...base, "op", "graph"],
  gpu: [...base, "op", "compile"], // `op` for the WGSL form

  formats: [...base],
  data: [...base, "formats", "nn"], // nn for the part of a Spec that describes data

  session: engine,
  web: [...base, "session", "nn", "data", "formats", "pool"],
};

/** External crate -> the only modules that may name it. */
export const CRATE_ONLY_IN = {
  wgpu: ["gpu"],
  wasm_bindgen: ["web", "json"],
  wasm_bindgen_futures: ["web"],
  serde_wasm_bindgen: ["json"],
  js_sys: ["web", "json"],
  web_sys: ["web"],
};

/**
 * Rust source without comments, string contents and the unit tests at its end: what is left are names in code.
 * @param {string} source
 */
function strip(source) {
  const code = source.replace(/'(?:\\.|[^\\'\n])'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|r#*"[\s\S]*?"#*|"(?:\\[\s\S]|[^"\\])*"/g, (text) => text.replace(/[^\n]/g, " "));
  const tests = code.search(/#\[cfg\((?:all\()?test\b[^\n]*\]\s*mod\s/);
  return tests < 0 ? code : code.slice(0, tests);
}

/**
 * The crate's own modules that a source uses, each with its line: `crate::a::b`, `crate::{a::b, c}`, and `super::` chains
 * that end at the crate.
 * @param {string} code stripped source
 * @param {number} depth how many modules deep the source is: src/op.rs 1, src/nn/loss.rs 2
 */
function* usedModules(code, depth) {
  for (const match of code.matchAll(/\b(crate|super(?:\s*::\s*super)*)\s*::\s*(\{|\w+)/g)) {
    const [, root = "", first = ""] = match;
    if (root !== "crate" && root.split("::").length !== depth) continue;
    const start = match.index + match[0].length;
    const names = first === "{" ? groupHeads(code, start) : [first];
    for (const name of names) yield { name, line: lineOf(code, match.index) };
  }
}

/**
 * The first names of the items of a `{...}` group: `{a::b, c::{d, e}}` -> a, c.
 * @param {string} code @param {number} start just behind the opening brace
 */
function groupHeads(code, start) {
  let depth = 1;
  let end = start;
  let flat = "";
  for (; depth > 0 && end < code.length; end++) {
    const c = code[end];
    if (c === "{") depth++;
    else if (c === "}") depth--;
    else if (depth === 1) flat += c;
  }
  return flat.split(",").map((item) => item.trim().match(/^\w+/)?.[0] ?? "");
}

/** @param {string} text @param {number} index */
const lineOf = (text, index) => text.slice(0, index).split("\n").length;

/**
 * Every broken rule below a source folder, as "path:line: sentence".
 * @param {string} folder
 * @returns {string[]}
 */
export function check(folder) {
  const mayUse = /** @type {Record<string, string[]>} */ (MAY_USE);
  const problems = [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".rs"));
  for (const file of files.sort()) {
    if (file === "lib.rs") continue;
    const parts = file.replace(/\.rs$/, "").split(sep).filter((part) => part !== "mod");
    const module = parts[0] ?? "";
    const allowed = mayUse[module];
    const path = join(folder, file);
    if (!allowed) {
      problems.push(`${path}:1: module '${module}' is not in the table of scripts/layers.mjs`);
      continue;
    }
    const code = strip(readFileSync(path, "utf8"));
    for (const { name, line } of usedModules(code, parts.length)) {
      if (name in mayUse && name !== module && !allowed.includes(name))
        problems.push(`${path}:${line}: '${module}' may not use '${name}' (it may use: ${allowed.join(", ") || "nothing"})`);
    }
    for (const [crate, owners] of Object.entries(CRATE_ONLY_IN)) {
      const at = code.search(new RegExp(`(?<!::\\s*)\\b${crate}\\s*::|\\b(?:use|extern crate)\\s+${crate}\\b`));
      if (at >= 0 && !owners.includes(module))
        problems.push(`${path}:${lineOf(code, at)}: only '${owners.join("', '")}' may name the crate '${crate}'`);
    }
  }
  return problems;
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? "")).href) {
  const problems = process.argv.slice(2).flatMap(check);
  for (const problem of problems) console.error(problem);
  process.exit(problems.length ? 1 : 0);
}
