// Proves that the benchmark beside the peers starts everybody from the same numbers and draws its conclusions rightly.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { network, size, weights } from "../../bench/layers.js";
import { normal, uniform } from "../../bench/random.js";
import { figure, report, standing, table } from "../../bench/report.mjs";
import { disagreements, median } from "../../bench/statistics.js";
import { GROWTH, WORKLOADS, problem } from "../../bench/workloads.js";

/** @param {() => number} random @param {number} count */
function moments(random, count) {
  const values = Array.from({ length: count }, random);
  const mean = values.reduce((a, b) => a + b, 0) / count;
  return { values, mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count };
}

test("random numbers follow from the seed and have the right moments", () => {
  const { values, mean, variance } = moments(uniform(7), 20_000);
  assert.deepEqual(Array.from({ length: 3 }, uniform(7)), values.slice(0, 3));
  assert.notEqual(uniform(8)(), values[0]);
  assert.ok(values.every((v) => v >= 0 && v < 1));
  assert.ok(Math.abs(mean - 0.5) < 0.01 && Math.abs(variance - 1 / 12) < 0.003, `${mean} ${variance}`);
  const gauss = moments(normal(uniform(7)), 20_000);
  assert.ok(Math.abs(gauss.mean) < 0.03 && Math.abs(gauss.variance - 1) < 0.04, `${gauss.mean} ${gauss.variance}`);
});

test("median", () => {
  assert.equal(median([5]), 5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 9]), 3);
  assert.ok(Number.isNaN(median([])));
});

test("who disagrees is named with the first place; the majority is right", () => {
  const all = [
    { name: "a", values: [1, 2] },
    { name: "b", values: [1.0005, 2] },
    { name: "c", values: [1, 2.1] },
    { name: "d", values: [NaN, 2] },
    { name: "e", values: [1] },
  ];
  assert.deepEqual(disagreements(all, 1e-3).map(({ name, place }) => [name, place]), [["c", 1], ["d", 0]]);
});

test("the golden Plans are those of the benchmark's networks", () => {
  for (const id of Object.keys(WORKLOADS)) {
    const { title, input, layers, loss, optimizer, batch } = problem(id).workload;
    const spec = JSON.parse(readFileSync(new URL(`../plans/specs/${id}.json`, import.meta.url), "utf8"));
    assert.deepEqual({ ...spec, data: null }, { name: title, input, layers, loss: { type: loss }, optimizer, batch_size: batch, data: null }, id);
  }
});

/** Parameters by PyTorch's count of the same network. */
const COUNTS = { W1: 48 + 272 + 17, W2: 784 * 256 + 256 + 256 * 128 + 128 + 1290, W3: 160 + 4640 + 1568 * 128 + 128 + 1290 };

test("the networks have PyTorch's shapes, names and bounds", () => {
  for (const [id, count] of Object.entries(COUNTS)) {
    const { weights } = problem(id);
    assert.equal(Object.values(weights).reduce((sum, { values }) => sum + values.length, 0), count, id);
  }
  const { output, parameters, flops } = network(WORKLOADS.W3?.layers ?? [], [1, 28, 28]);
  assert.deepEqual(output, [10]);
  assert.deepEqual(parameters.find(({ name }) => name === "7.weight")?.image, [32, 7, 7]);
  assert.equal(flops, 2 * (9 * 16 * 784 + 144 * 32 * 196 + 1568 * 128 + 1280));
  const resnet = network(WORKLOADS.W4?.layers ?? [], [1, 28, 28]);
  assert.deepEqual(resnet.output, [10]);
  assert.deepEqual(resnet.parameters.find(({ name }) => name === "5.shortcut.0.weight")?.shape, [32, 16, 1, 1]);
  assert.equal(resnet.parameters.filter(({ trained }) => !trained).length, 2 * 9);
  const { "7.weight": dense, "7.bias": bias } = weights(parameters, 2);
  const largest = (dense?.values ?? new Float32Array()).reduce((a, b) => Math.max(a, b));
  assert.ok(largest <= 1568 ** -0.5 && largest > 0.99 * 1568 ** -0.5, `${largest}`);
  assert.ok((bias?.values ?? []).some((v) => v !== 0));
  assert.throws(() => network([{ type: "Conv3d" }], [1]), /no workload has a layer Conv3d/);
});

test("a workload's batch fits its network, and is the same each time", () => {
  for (const id of Object.keys({ ...WORKLOADS, ...GROWTH })) {
    const { workload, x, y, output } = problem(id);
    assert.equal(x.length, workload.batch * size(workload.input), id);
    assert.equal(y.length, workload.kind === "tokens" ? x.length : workload.batch, id);
    assert.ok(Math.max(...y) < Math.max(2, output.at(-1) ?? 0), id);
    assert.deepEqual(problem(id).x, x, id);
  }
  assert.throws(() => problem("W9"), /there is no workload W9/);
});

test("figures have three digits, columns stand below each other", () => {
  assert.deepEqual([figure(0.012345), figure(1234.5), figure(undefined), figure(12, " ms")], ["0.0123", "1235", "–", "12 ms"]);
  assert.equal(table([["a", "b", "c"], ["long", "", "1"]]), "  a     b  c\n  long     1\n");
});

/** @param {string} peer @param {number} step_ms @param {object} [more] @returns {import("../../bench/run.mjs").Result} */
const result = (peer, step_ms, more) => ({ name: "", task: "train", workload: "W1", peer, backend: "cpu", losses: [1, 1, 1, 1, 1], step_ms, ...more });

test("tabgrad's best is held against the fastest peer that computes the same", () => {
  const all = [result("tabgrad", 4), result("tabgrad", 2, { backend: "webgpu" }), result("slow", 20), result("fast", 8), result("other", 1, { rough: "not the same" })];
  assert.match(standing(all, ({ step_ms }) => step_ms), /tabgrad webgpu \/ fast cpu .*: 0\.25 of/);
  assert.equal(standing(all.slice(0, 2), ({ step_ms }) => step_ms), "");
});

test("growth is told as the time for the same arithmetic, and products beside those of the same kernel natively", () => {
  const flops = (/** @type {string} */ id) => problem(id).flops;
  const grown = ["GPT-64-64", "GPT-128-64"].map((workload) => result("tabgrad", (10 * flops(workload)) / flops("GPT-64-64"), { workload }));
  assert.match(report([...grown, result("tabgrad", 10, { workload: "GPT-256-64" })]), /GPT 4 x 128.* 1\n.*GPT 4 x 256.* 0\.0\d+\n$/);
  const product = result("tabgrad", NaN, { task: "product", workload: undefined, losses: undefined, gflops: { 256: 40, 512: 50, 1024: 60 } });
  assert.match(report([product], "256:20 512:25 1024:40"), /tabgrad cpu \/ natively +2 +2 +1\.5\n/);
});

test("the report says who differs, who is left out and who failed", () => {
  const odd = result("odd", 3, { losses: [1, 1, 1, 1, 2] });
  const text = report([result("tabgrad", 1), result("fine", 2), odd, result("late", NaN, { step_ms: undefined, losses: undefined, failed: "out of time" })]);
  assert.match(text, /DISAGREES: odd cpu: fifth loss 2, the others' 1/);
  assert.match(text, /late cpu: out of time/);
  assert.match(report([result("tabgrad", 1), result("fine", 2)]), /all agree: first loss 1\.0000, fifth loss 1\.0000/);
});
