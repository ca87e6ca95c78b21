// Proves that Fashion-MNIST is made of the images it is said to be made of, or of none: a package that is not what it was is refused by name.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { CLASSES, PER_CLASS, PIXELS, SPLIT_FILE, collect, official, packed, readClass, unpacked } from "../../scripts/data/fashion.mjs";

const folder = mkdtempSync(join(tmpdir(), "fashion-"));
after(() => rmSync(folder, { recursive: true }));

/** @param {number} label @param {unknown} data */
const write = (label, data) => writeFileSync(join(folder, `${label}.json`), JSON.stringify({ data }));
const black = Array(PIXELS).fill(0);

test("a class needs 7000 whole images; empty entries are passed over", () => {
  write(0, [[], ...Array(PER_CLASS).fill(black), []]);
  assert.equal(readClass(folder, 0).length, PER_CLASS);
  write(1, Array(PER_CLASS - 1).fill(black));
  assert.throws(() => readClass(folder, 1), /1\.json: 6999 images instead of 7000/);
  write(1, [...Array(PER_CLASS - 1).fill(black), [...black.slice(1), 256]]);
  assert.throws(() => readClass(folder, 1), /1\.json: not every image is 784 numbers from 0 to 255/);
  write(1, "nothing");
  assert.throws(() => readClass(folder, 1), /1\.json: no list of images/);
});

test("7000 other images of each class are refused", () => {
  const classes = Array(CLASSES).fill(Array(PER_CLASS).fill(Buffer.alloc(PIXELS)));
  for (const name of /** @type {const} */ (["train", "test"])) assert.throws(() => official(classes, name), new RegExp(`its ${name} images are not those of Fashion-MNIST`));
});

test("the committed split takes 55,167 and 9,176 images, as it was packed", () => {
  /** @type {{ classes: string[] }} */
  const { classes } = JSON.parse(readFileSync(SPLIT_FILE, "utf8"));
  const belongs = classes.map(unpacked);
  assert.deepEqual(belongs.map(packed), classes);
  const counts = ["train", "test", "neither"].map((name) => belongs.flat().filter((one) => one === name).length);
  assert.deepEqual(counts, [55_167, 9176, 5657]);
});

test("a split takes its classes in turn", () => {
  const image = (/** @type {number} */ value) => Buffer.alloc(PIXELS, value);
  const { images, labels } = collect([[image(1), image(2), image(3)], [image(4)]], [["train", "test", "train"], ["train"]], "train");
  assert.deepEqual([...labels], [0, 1, 0]);
  assert.deepEqual([0, 1, 2].map((i) => images[i * PIXELS]), [1, 4, 3]);
});
