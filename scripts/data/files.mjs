// The files in which the page loads a data set, gzipped: safetensors and texts; with what the index says of each. Imports Node's standard library only.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** @typedef {{ shape: number[], data: Buffer }} Tensor of type U8 */

/**
 * A safetensors file: the header's length (u64, little endian), the JSON header padded with spaces to 8 bytes, the data.
 * @param {Record<string, Tensor>} tensors
 * @param {Record<string, string>} metadata
 */
function safetensors(tensors, metadata) {
  /** @type {Record<string, unknown>} */
  const entries = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    entries[name] = { dtype: "U8", shape, data_offsets: [end, (end += data.length)] };
  }
  let header = JSON.stringify(entries);
  header = header.padEnd(Math.ceil(header.length / 8) * 8, " ");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header, "ascii"), ...Object.values(tensors).map((t) => t.data)]);
}

/**
 * @param {string} to folder
 * @param {string} name
 * @param {Record<string, Tensor>} tensors
 * @param {{ source: string, license: string }} origin
 */
export function writeTensors(to, name, tensors, { source, license }) {
  return pack(to, `${name}.safetensors.gz`, safetensors(tensors, { name, source, license }));
}

/**
 * A text in ASCII; its entry in the index.
 * @param {string} to folder
 * @param {string} name
 * @param {string} text
 */
export const writeText = (to, name, text) => ({ ...pack(to, `${name}.txt.gz`, Buffer.from(text, "ascii")), count: text.length });

/** @param {string} to folder @param {string} file @param {Buffer} content */
function pack(to, file, content) {
  const bytes = gzipSync(content, { level: 9 });
  writeFileSync(join(to, file), bytes);
  console.log(`    ${file}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  return { file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/**
 * A split of labelled pictures of one channel; its entry in the index.
 * @param {string} to folder
 * @param {string} name
 * @param {{ images: Buffer, labels: Buffer, side: number }} pictures
 * @param {{ source: string, license: string }} origin
 */
export function writeImages(to, name, { images, labels, side }, origin) {
  const count = labels.length;
  const tensors = { images: { shape: [count, 1, side, side], data: images }, labels: { shape: [count], data: labels } };
  return { ...writeTensors(to, name, tensors, origin), count };
}
