// IDX files of bytes, the form in which MNIST and what follows it were published. Imports Node's standard library only.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/**
 * Reads one, gzipped or not: 0, 0, type 8 (u8), number of dimensions, the dimensions as big-endian u32, the data.
 * @param {string} path
 * @param {number[]} shape the dimensions it must have
 * @returns {Buffer}
 */
export function readIdx(path, shape) {
  const file = path.endsWith(".gz") ? gunzipSync(readFileSync(path)) : readFileSync(path);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length, 0);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  if (!file.subarray(0, header.length).equals(header)) throw new Error(`${path}: not an IDX file of u8 [${shape}]`);
  const data = file.subarray(header.length);
  const expected = shape.reduce((a, b) => a * b, 1);
  if (data.length !== expected) throw new Error(`${path}: ${data.length} bytes of data instead of ${expected}`);
  return data;
}
