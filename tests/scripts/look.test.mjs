// Proves what the view inside a network computes by itself: principal components against known cases, the order of alike rows, neighbours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS, kindOf, nearest, together } from "../../www/views/inside/alike.js";
import { inOrder } from "../../www/views/inside/order.js";
import { principal } from "../../www/views/inside/principal.js";
import { generator } from "../../www/lib/sample.js";

/** @param {ArrayLike<number> | undefined} found @param {number[]} expected */
function near(found, expected) {
  assert.ok(found);
  assert.equal(found.length, expected.length);
  expected.forEach((value, n) => assert.ok(Math.abs((found[n] ?? NaN) - value) < 1e-6, `${[...Array.from(found)]} instead of ${expected}`));
}

test("principal components of a known cloud: its axes, in their order, wherever it lies, and what they keep", () => {
  // An ellipse along (4, 3)/5 and (-3, 4)/5 with the lengths 3 and 2, moved, in a space of three sizes of which the third never differs.
  const ellipse = [3, -3, 0, 0].flatMap((long, n) => {
    const short = [0, 0, 2, -2][n] ?? 0;
    return [(4 * long - 3 * short) / 5 + 10, (3 * long + 4 * short) / 5 - 7, 5];
  });
  const plane = principal(ellipse, 4, 3);
  near(plane?.axes[0], [0.8, 0.6, 0]);
  near(plane?.axes[1], [-0.6, 0.8, 0]);
  near(plane?.scores[0], [3, -3, 0, 0]);
  near(plane?.scores[1], [0, 0, 2, -2]);
  near(plane?.shares, [18 / 26, 8 / 26]);
});

test("principal components: many sizes beside few rows, no difference at all, one row, and numbers that are not finite", () => {
  const random = generator(3);
  const [count, width] = [20, 200];
  const values = Float32Array.from({ length: count * width }, () => random() - 0.5);
  const { axes, scores, shares } = principal(values, count, width) ?? assert.fail("there is a plane");
  const product = (/** @type {Float64Array} */ a, /** @type {Float64Array} */ b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
  const [first, second] = [axes[0] ?? new Float64Array(), axes[1] ?? new Float64Array()];
  near([product(first, first), product(second, second), product(first, second)], [1, 1, 0]);
  // An axis is an eigenvector: what the rows' covariance makes of it is a multiple of it.
  const means = Array.from({ length: width }, (_, i) => Array.from({ length: count }, (_, row) => values[row * width + i] ?? NaN).reduce((a, b) => a + b) / count);
  axes.forEach((axis, n) => {
    const score = scores[n] ?? new Float64Array();
    const image = axis.map((_, i) => score.reduce((sum, along, row) => sum + along * ((values[row * width + i] ?? NaN) - (means[i] ?? NaN)), 0));
    const size = product(image, axis);
    assert.ok(Math.max(...image.map((value, i) => Math.abs(value / size - (axis[i] ?? NaN)))) < 1e-4, `axis ${n} is no eigenvector`);
  });
  assert.ok((shares[0] ?? NaN) > (shares[1] ?? NaN) && (shares[0] ?? NaN) + (shares[1] ?? NaN) < 1);
  assert.deepEqual(principal([1, 2, 1, 2], 2, 2)?.shares, [0, 0]);
  near(principal([1, 2, 3], 1, 3)?.scores[0], [0]);
  assert.equal(principal([1, NaN, 2, 3], 2, 2), null);
  assert.equal(principal([1, Infinity, 2, 3], 2, 2), null);
});

test("principal components that go on from earlier ones are not mirrored", () => {
  const cloud = [4, 1, -4, -1, 1, -3, -1, 3];
  const before = principal(cloud, 4, 2)?.axes ?? [];
  const mirrored = before.map((axis) => axis.map((value) => -value));
  const moved = cloud.map((value, i) => value + 0.01 * i);
  for (const axes of [before, mirrored]) {
    const after = principal(moved, 4, 2, axes)?.axes ?? [];
    after.forEach((axis, n) => assert.ok((axis[0] ?? NaN) * (axes[n]?.[0] ?? NaN) + (axis[1] ?? NaN) * (axes[n]?.[1] ?? NaN) > 0.99));
  }
  assert.equal(principal([1, 2, 3, 3, 2, 1], 2, 3, before)?.axes[0]?.length, 3, "axes of another width are of no use");
});

test("rows in order: alike ones together whatever their size, the liveliest first, or as they are", () => {
  const places = Array.from({ length: 24 }, (_, place) => place);
  const wave = (/** @type {number} */ shift, /** @type {number} */ size) => places.map((place) => 5 + size * Math.sin(place * (Math.PI / 6) + shift));
  const rows = [wave(0, 1), wave(2, 0.5), wave(0.1, 3), places.map(() => 7), wave(2.1, 4), wave(-0.1, 2)];
  const rowOf = (/** @type {number} */ n) => rows[n] ?? [];
  assert.deepEqual(inOrder("numbered", 6, 4, rowOf), [0, 1, 2, 3]);
  assert.deepEqual(inOrder("lively", 6, 4, rowOf), [4, 2, 5, 0]);
  const alike = inOrder("similar", 6, 5, rowOf);
  assert.deepEqual([...alike].sort(), [0, 1, 2, 4, 5], "the one that never changes is left out");
  const place = (/** @type {number} */ n) => alike.indexOf(n);
  assert.equal(Math.abs(place(1) - place(4)), 1, String(alike));
  assert.ok(Math.abs(place(0) - place(2)) === 1 && Math.abs(place(0) - place(5)) === 1, `the middle one of three lies between the others: ${alike}`);
  assert.deepEqual(inOrder("similar", 2, 2, () => [NaN, 1]), [0, 1]);
});

test("nearest rows go by direction, and how well kinds lie together by distance", () => {
  const values = Float32Array.of(1, 0, 10, 1, 0, 3, -1, 0, 0.1, 0.1);
  assert.deepEqual(nearest(values, 2, 0, 3).map(({ row }) => row), [1, 4, 2]);
  near(nearest(values, 2, 0, 4).map(({ cosine }) => cosine), [10 / Math.sqrt(101), Math.SQRT1_2, 0, -1]);
  near(nearest(Float32Array.of(0, 0, 1, 1), 2, 0, 1).map(({ cosine }) => cosine), [0]);
  assert.equal(together(Float32Array.of(0, 0.1, 0.2, 9, 9.1, 9.2), [0, 0, 0, 1, 1, 1], 2), 1);
  assert.equal(together(Float32Array.of(0, 0.1, 9, 9.1), [0, 1, 0, 1], 1), 0);
  assert.equal(together(Float32Array.of(0, 1, 2), [0, 0, 1], 9), 1 / 3, "of rows that have only two others");
});

test("characters are of one kind each", () => {
  const kinds = [..."aéxßÉZ7٣ \n,’"].map((character) => KINDS[kindOf(character)]);
  assert.deepEqual(kinds, ["vowel", "vowel", "consonant", "consonant", "capital", "capital", "digit", "digit", "sign", "sign", "sign", "sign"]);
});
