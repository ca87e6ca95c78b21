// What the engine says to people, read from its Rust sources, so that tests can tell whether all of it is in the catalogues. Node's standard library only.
//
// In the crates' modules that speak of experiments, data, files and devices, every text with words in it counts, however it becomes a message; not what
// panics with it, attributes, and the names of WORKING. In those that make kernels, where most texts are shaders, it is what stands in an error or a hint. Not
// read are modules that only people who write Rust can hear (graph, tensor, grad, compile: shapes of their operations), and the words of the
// protocol, which pages and programs have to keep (session/protocol.rs).

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

const SPEAKING = ["src/nn", "src/data", "src/formats", "src/session", "src/json"];
const MAKING = ["src/gpu", "kernels/src"];
const NOT_READ = ["src/session/protocol.rs"];

/** Names of computations and machines, and numbers with their units: no words for people. */
const WORKING = /^(evaluate|predict|trace) \{|^ layers$|, tabgrad \{1\}$|^[{}\d.]+ ms$/;

/** Single words that fill holes of others, and are no names. */
const WORDS = ["here", "infinite", "test", "train"];

/**
 * @param {string} folder
 * @returns {{ file: string, code: string }[]} without comments, attributes, tests and what panics
 */
const sourcesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .map((name) => `${folder}/${name}`)
    .filter((file) => !NOT_READ.includes(file))
    .map((file) => ({ file, code: bare(readFileSync(join(root, file), "utf8")) }));

const STRING = String.raw`"(?:\\[\s\S]|[^"\\])*"`;

/** @param {string} source */
function bare(source) {
  const tests = source.search(/#\[cfg\((?:all\()?test\b[^\n]*\]\s*mod\s/);
  const code = tests < 0 ? source : source.slice(0, tests);
  return code
    .replace(new RegExp(`${STRING}|//[^\\n]*|/\\*[\\s\\S]*?\\*/|'(?:\\\\.|[^\\\\'\\n])'`, "g"), (text) => (text.startsWith('"') ? text : " "))
    .replace(new RegExp(`#!?\\[(?:${STRING}|[^\\]"]|\\[[^\\]]*\\])*\\]|\\b(?:expect|panic!|assert!|unreachable!)\\(\\s*${STRING}`, "g"), " ");
}

/** A format string as it is in catalogues: holes have names, or their number. @param {string} text */
function normal(text) {
  let unnamed = 0;
  return text
    .replace(/\\\n\s*/g, "")
    .replace(/\\(["\\])/g, "$1")
    .replace(/\{(\w*)(?::[^}]*)?\}/g, (_, name) => `{${name || unnamed++}}`);
}

/** Has a word and a space, besides its holes. @param {string} text */
const speaks = (text) => /[a-z]{2}/i.test(text.replace(/\{\w+\}/g, "")) && text.includes(" ") && !WORKING.test(text);

/** @param {string} text a literal */
const inside = (text) => normal(text.slice(1, -1));

/** @returns {Map<string, string>} each text with its file */
export function engineTexts() {
  /** @type {Map<string, string>} */
  const found = new Map();
  /** @param {string} file @param {string} text */
  const add = (file, text) => void (speaks(text) && found.set(text, file));
  for (const { file, code } of SPEAKING.flatMap(sourcesIn)) {
    for (const [text] of code.matchAll(new RegExp(STRING, "g"))) {
      add(file, inside(text));
      if (WORDS.includes(inside(text))) found.set(`[hole] ${inside(text)}`, file);
    }
  }
  const given = new RegExp(`(?:\\bError::device\\(|\\bDeviceLost,|\\bhint\\(|\\b(?:message|hint) =)\\s*(?:format!\\()?\\s*(${STRING})`, "g");
  for (const { file, code } of MAKING.flatMap(sourcesIn)) {
    for (const [, text = ""] of code.matchAll(given)) add(file, inside(text));
  }
  return found;
}
