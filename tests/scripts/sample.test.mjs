// Proves how the page draws characters: what temperature and top-k do to the probabilities, and that a seed is all there is to chance.
import assert from "node:assert/strict";
import { test } from "node:test";
import { distribution, draw, generator } from "../../www/lib/sample.js";

const LOGITS = [1, 3, 2, -1];
const ALL = { temperature: 1, topK: 0 };

/** @param {number[]} found @param {number[]} expected */
const near = (found, expected) => found.forEach((p, n) => assert.ok(Math.abs(p - (expected[n] ?? NaN)) < 1e-12, `${found} instead of ${expected}`));

test("at temperature 1 the probabilities are the softmax, however large the logits are", () => {
  const sum = LOGITS.reduce((total, x) => total + Math.exp(x), 0);
  near(distribution(LOGITS, ALL), LOGITS.map((x) => Math.exp(x) / sum));
  near(distribution(LOGITS.map((x) => x + 1e6), ALL), distribution(LOGITS, ALL));
});

test("the temperature divides the logits: low ones favour the likeliest, 0 leaves it alone", () => {
  near(distribution(LOGITS, { temperature: 2, topK: 0 }), distribution(LOGITS.map((x) => x / 2), ALL));
  assert.deepEqual(distribution(LOGITS, { temperature: 0, topK: 0 }), [0, 1, 0, 0]);
  near(distribution(LOGITS, { temperature: 1e-3, topK: 0 }), [0, 1, 0, 0]);
});

test("top-k leaves the k likeliest in their proportions, of equal ones the first", () => {
  const two = Math.exp(3) + Math.exp(2);
  near(distribution(LOGITS, { temperature: 1, topK: 2 }), [0, Math.exp(3) / two, Math.exp(2) / two, 0]);
  assert.deepEqual(distribution([5, 5, 5], { temperature: 1, topK: 2 }), [0.5, 0.5, 0]);
  near(distribution(LOGITS, { temperature: 1, topK: 99 }), distribution(LOGITS, ALL));
});

test("each class is drawn by its share of the numbers from 0 to 1, and one that cannot be never is", () => {
  const shares = [0.25, 0, 0.5, 0.25, 0];
  assert.deepEqual([0, 0.2499, 0.25, 0.7499, 0.75, 0.999999].map((random) => draw(shares, random)), [0, 0, 2, 2, 3, 3]);
  assert.equal(draw([0.1, 0.2, 0.6999999999999998, 0], 1 - 2 ** -32 / 2), 2, "what rounding leaves over is the last's that can be");
});

test("the generator gives the same numbers for a seed, others for another, and fills the range evenly", () => {
  const numbers = (/** @type {number} */ seed, /** @type {number} */ count) => {
    const next = generator(seed);
    return Array.from({ length: count }, next);
  };
  assert.deepEqual(numbers(7, 50), numbers(7, 50));
  // Neighbouring seeds must not begin alike: the first numbers of 10,000 of them fill the range, as do 10,000 of one seed.
  for (const found of [numbers(0, 10_000), Array.from({ length: 10_000 }, (_, seed) => numbers(seed, 1)[0] ?? NaN)]) {
    assert.ok(found.every((x) => x >= 0 && x < 1));
    const tenths = Array(10).fill(0);
    for (const x of found) tenths[Math.floor(10 * x)] += 1;
    // 1,000 each, give or take 30: five times that is beyond chance.
    assert.ok(tenths.every((n) => Math.abs(n - 1000) < 150), String(tenths));
  }
});
