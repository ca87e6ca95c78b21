// Proves what the view inside a network and that of its kernels compute by themselves: principal components against known cases, the order of alike rows,
// neighbours; and what a printed Plan says, against the committed ones.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { KINDS, kindOf, nearest, together } from "../../www/views/inside/alike.js";
import { inOrder } from "../../www/views/inside/order.js";
import { principal } from "../../www/views/inside/principal.js";
import { generator } from "../../www/lib/sample.js";
import { planOf, workOf } from "../../www/views/kernels/plan.js";

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

const plans = new URL("../plans/", import.meta.url);
/** @param {string} name */
const printed = (name) => readFileSync(new URL(`${name}.txt`, plans), "utf8");

test("a printed Plan is read whole: as many dispatches, kernels and bytes as its head says, and no line is lost", () => {
  const names = readdirSync(plans).flatMap((name) => (name.endsWith(".txt") ? [name.replace(".txt", "")] : []));
  assert.ok(names.length > 5);
  for (const name of names) {
    const text = printed(name);
    const plan = planOf(text);
    const kernels = plan.dispatches.flatMap((dispatch) => dispatch.kernels);
    const scratch = plan.buffers.reduce((sum, { bytes, length, leaf }) => sum + (leaf === null ? Math.ceil((bytes * length) / 4) * 4 : 0), 0);
    assert.equal(text.split("\n")[0], `${plan.dispatches.length} dispatches, ${kernels.length} kernels, ${scratch} bytes of scratch`, name);
    assert.deepEqual(kernels.flatMap((kernel) => kernel.text.split("\n")), text.split("\n").filter((line) => line.startsWith("  ")), name);
    assert.ok(kernels.every(({ kind, name, bytes }) => ["map", "row", "contract"].includes(kind) && name && bytes > 0), name);
  }
});

test("what kernels take is their loops', and loops are told", () => {
  const { dispatches } = planOf(printed("digits"));
  const [, first] = dispatches;
  assert.equal(first && workOf(first).operations, 2 * 64 * 28 * 28 * 6 * 5 * 5);
  assert.equal(first && workOf(first).bytes, 4 * (64 * 28 * 28 + 61706 + 64 * 6 * 28 * 28), "the pictures, the buffer of all parameters, and the maps");
  const lstm = planOf(printed("W5")).dispatches;
  assert.deepEqual(lstm.map(({ times }) => times), [1, 1, 1, 64, 64, 1, 1, 1, 1, 64, 64, 64, 1, 1, 1, 1, 1]);
  const row = planOf("b0: f32[6] leaf x\nb1: f32[2] temp\ndispatch 0\n  row [2] of [3] 0.Sum\n    v0: f32 = b0[3*i0 + i1]\n    v1: f32 = Mul v0 v0\n    v2: f32 = acc 0\n    acc 0 = Sum v1\n    b1[i0] = v2 per row\n").dispatches[0];
  assert.deepEqual(row && workOf(row), { operations: 6 * 2, bytes: 4 * (6 + 2) });
  const map = planOf("b0: u8[9] leaf x\nb1: f16[5] temp\ndispatch 0\n  map [5] Where\n    v0: f32 = b0[i0]\n    v1: bool = Lt v0 v0\n    v2: f32 = cast v1\n    v3: f32 = v1 ? v2 : v0\n    v4: f32 = -0.5\n    v5: i32 = i0\n    b1[i0] = v3\n").dispatches[0];
  assert.deepEqual(map && workOf(map), { operations: 5 * 3, bytes: 5 + 2 * 5 }, "what is computed, not what is loaded, given or counted");
});

test("each dispatch is of its part of the step, and of its layers", () => {
  const parts = (/** @type {string} */ name) => planOf(printed(name)).dispatches.map((dispatch) => `${dispatch.parts} ${dispatch.scopes}`.trim());
  assert.deepEqual(parts("digits"), [
    ...["batch", "forward 0", "forward 2", "forward 3", "forward 5", "forward 7", "forward 9", "forward 11", "loss"],
    ...["loss,backward 11", "backward 9", "backward 7", "backward 4", "backward 3", "backward 1", "backward 0", "update", "update", "update"],
  ]);
  // The loss is computed with the last layer, and Adam's factors early on.
  assert.deepEqual(parts("first"), ["batch", "forward,update 0", "forward 2", "loss,backward 2,0", "update", "update"]);
  const gpt = parts("W6");
  assert.ok(gpt.includes("forward 2.self_attn") && gpt.includes("forward 2.linear1") && gpt.at(-1) === "update", gpt.join("; "));
  const turn = gpt.findIndex((part) => part.startsWith("backward"));
  assert.ok(turn > 0 && gpt.slice(turn).every((part) => !part.includes("forward")), gpt.join("; "));
});
