// Writes a file of the data sets as the page loads it: gzipped, with what the index says of it. Imports Node's standard library only.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/**
 * @param {string} to the output folder
 * @param {string} file
 * @param {Buffer} content before it is gzipped
 * @returns {{file: string, bytes: number, sha256: string}} its entry in the index
 */
export function pack(to, file, content) {
  const bytes = gzipSync(content, { level: 9 });
  writeFileSync(join(to, file), bytes);
  return { file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
