// Proves what a learner reads off a run, as far as it needs no page: smoothed curves, the numbers as rows and as a file, settings that differ, scores of classes,
// calibration, verdicts, scales, and runs that are kept to be compared where nothing can be saved.

import assert from "node:assert/strict";
import { test } from "node:test";
import { calibrationOf } from "../../www/core/calibration.js";
import { differences } from "../../www/core/differences.js";
import { csvOf, rowsOf } from "../../www/core/figures.js";
import { meanOf, perClass } from "../../www/core/per-class.js";
import { Pins, isEarlier } from "../../www/core/pins.js";
import { Run } from "../../www/core/run.js";
import { formOf } from "../../www/core/spec.js";
import { verdictsOf } from "../../www/core/verdicts.js";
import { digits } from "../../www/examples/digits.js";
import { gpt } from "../../www/examples/gpt.js";
import { playground, withData, withShape } from "../../www/examples/playground.js";
import { indexAt, smoothed } from "../../www/lib/curve.js";
import { Emitter } from "../../www/lib/emitter.js";
import { LENGTHS, SHARES, lossesOf } from "../../www/parts/scales.js";

/** @param {readonly number[]} actual @param {readonly number[]} expected */
const close = (actual, expected) => assert.ok(actual.length === expected.length && actual.every((x, i) => Math.abs(x - (expected[i] ?? NaN)) < 1e-9), `${actual} is not ${expected}`);

/** @param {{ [name: string]: [number[], number[]] }} curves */
const curvesOf = (curves) => /** @type {any} */ (Object.fromEntries(["loss", "accuracy", "gradNorm", "testLoss", "testAccuracy"].map((name) => [name, { x: curves[name]?.[0] ?? [], y: curves[name]?.[1] ?? [] }])));

test("smoothing weighs the past down by its weight, begins at the first value and lets nothing in that is not finite", () => {
  const values = [4, 2, 8];
  assert.equal(smoothed(values, 0), values, "0 is off");
  close(smoothed(values, 0.5), [4, (0.5 * 4 + 2) / 1.5, (0.25 * 4 + 0.5 * 2 + 8) / 1.75]);
  const [first, second, third] = smoothed([1, Infinity, 3], 0.5);
  assert.deepEqual([first, second], [1, Infinity]);
  close([third ?? NaN], [(0.5 * 1 + 3) / 1.5]);
});

test("a step between two points is read at the one before it", () => {
  const xs = [0, 10, 20];
  assert.deepEqual([-1, 0, 9, 10, 19, 25].map((x) => indexAt(xs, x)), [0, 0, 0, 1, 1, 2]);
});

test("rows have what was measured at each step, within a stretch; if there are too many, what was measured last in each group, and no test is lost", () => {
  const curves = curvesOf({ loss: [[0, 1, 2, 3], [4, 3, 2, 1]], testLoss: [[0, 3], [5, 1.5]], testAccuracy: [[4], [0.9]] });
  assert.deepEqual(rowsOf(curves), [
    { step: 0, values: [4, null, null, 5, null] },
    { step: 1, values: [3, null, null, null, null] },
    { step: 2, values: [2, null, null, null, null] },
    { step: 3, values: [1, null, null, 1.5, null] },
    { step: 4, values: [null, null, null, null, 0.9] },
  ]);
  assert.deepEqual(rowsOf(curves, { from: 1, to: 2 }).map(({ step }) => step), [1, 2]);
  assert.deepEqual(rowsOf(curves, { most: 2 }), [
    { step: 2, values: [2, null, null, 5, null] },
    { step: 4, values: [1, null, null, 1.5, 0.9] },
  ]);
  assert.deepEqual(rowsOf(curvesOf({})), []);
});

test("a CSV file has a line for each step of each run, and quotes names that need it", () => {
  const curves = curvesOf({ loss: [[0, 5], [0.5, 0.25]], testAccuracy: [[5], [1]] });
  assert.equal(
    csvOf([{ name: "This run", curves }, { name: 'wide, "deep"', curves: curvesOf({ gradNorm: [[1], [2]] }) }]),
    ["run,step,train_loss,train_accuracy,grad_norm,test_loss,test_accuracy", "This run,0,0.5,,,,", "This run,5,0.25,,,,1", '"wide, ""deep""",1,,,2,,', ""].join("\r\n"),
  );
});

test("only settings that differ are named, by their paths; what is left out counts as what the engine takes", () => {
  const { spec } = playground;
  assert.deepEqual(differences([spec, spec]), []);
  assert.deepEqual(differences([spec, { ...spec, name: "Other" }]), [], "a name is no setting");
  const faster = { ...spec, optimizer: { ...spec.optimizer, lr: 0.5 }, seed: 7 };
  assert.deepEqual(differences([spec, faster, spec]), [
    { path: "optimizer.lr", values: [String(spec.optimizer.lr), "0.5", String(spec.optimizer.lr)] },
    { path: "seed", values: [String(spec.seed), "7", String(spec.seed)] },
  ]);
  assert.deepEqual(differences([spec, { ...spec, regularization: { l2: 0.1 } }]), [{ path: "regularization.l2", values: ["0", "0.1"] }], "L1 is 0 in both");
  const [sgd, adam] = [{ type: "SGD", lr: 1, momentum: 0.9 }, { type: "Adam", lr: 1 }].map((optimizer) => ({ ...spec, optimizer }));
  assert.ok(sgd && adam);
  assert.deepEqual(differences([sgd, adam]), [{ path: "optimizer.type", values: ["SGD", "Adam"] }, { path: "optimizer.momentum", values: ["0.9", ""] }]);
  assert.deepEqual(differences([sgd, { ...sgd, optimizer: { type: "SGD", lr: 1 } }]), [{ path: "optimizer.momentum", values: ["0.9", "0"] }]);
});

test("layers are compared place by place where they are of one kind, and else named as a whole", () => {
  const [small, large, deep] = [[4], [8], [4, 4]].map((hidden) => withShape(playground.spec, { hidden, activation: "Tanh" }));
  assert.ok(small && large && deep);
  assert.deepEqual(differences([small, large]), [{ path: "layers[0].out_features", values: ["4", "8"] }]);
  assert.deepEqual(differences([small, deep]), [{ path: "layers", values: ["Linear 4, Tanh, Linear 1", "Linear 4, Tanh, Linear 4, Tanh, Linear 1"] }]);
  const relu = withShape(playground.spec, { hidden: [4], activation: "ReLU" });
  assert.deepEqual(differences([small, relu]), [{ path: "layers", values: ["Linear 4, Tanh, Linear 1", "Linear 4, ReLU, Linear 1"] }]);
  const [difference] = differences([withData(small, { features: ["x1"] }), withData(small, { features: ["x1", "x2"] })]).filter(({ path }) => path === "data.features");
  assert.deepEqual(difference?.values, ["x1", "x1, x2"]);
  const long = differences([digits.spec, formOf({ ...digits.spec, layers: [...digits.spec.layers, ...digits.spec.layers] })])[0]?.values[1] ?? "";
  assert.ok(long.length === 80 && long.endsWith("…"), long);
});

test("precision, recall and F1 of each class are shares of the columns and rows of the confusion matrix", () => {
  // Of 10 cats 8 are seen, of 5 dogs 4, of no bird any; nothing is taken for a bird.
  const scores = perClass({ classes: 3, counts: Uint32Array.from([8, 2, 0, 1, 4, 0, 0, 0, 0]) });
  assert.deepEqual(scores, [
    { precision: 8 / 9, recall: 0.8, f1: 16 / 19, support: 10 },
    { precision: 4 / 6, recall: 0.8, f1: 8 / 11, support: 5 },
    { precision: null, recall: null, f1: null, support: 0 },
  ]);
  const { precision, recall, f1, support } = meanOf(scores);
  close([precision ?? NaN, recall ?? NaN, f1 ?? NaN, support], [(8 / 9 + 4 / 6) / 2, 0.8, (16 / 19 + 8 / 11) / 2, 15]);
  assert.equal(meanOf([]).precision, null);
});

test("the expected calibration error is the mean distance between sure and right, weighed by the bins", () => {
  const verdicts = [[0.95, true], [0.95, false], [0.55, true], [1, true]].map(([sure, right]) => ({ sure: Number(sure), right: Boolean(right) }));
  const { bins, error } = calibrationOf(verdicts);
  assert.deepEqual(bins.map(({ count }) => count), [0, 0, 0, 0, 0, 1, 0, 0, 0, 3]);
  close([bins[9]?.sure ?? NaN, bins[9]?.right ?? NaN, bins[9]?.from ?? NaN], [2.9 / 3, 2 / 3, 0.9]);
  close([error], [(Math.abs(2.9 - 2) + Math.abs(0.55 - 1)) / 4]);
  const perfect = Array.from({ length: 100 }, (_, i) => ({ sure: 0.75, right: i % 4 > 0 }));
  close([calibrationOf(perfect).error], [0]);
  assert.equal(calibrationOf([]).error, 0);
  assert.throws(() => calibrationOf([{ sure: 1.2, right: true }].map((one) => ({ ...one, sure: NaN }))), /NaN is no probability/);
});

test("a verdict is the likeliest class, of several or, by one probability, of two", () => {
  assert.deepEqual(verdictsOf([0.2, 0.5, 0.3, 0.6, 0.3, 0.1], [1, 2], 40), [
    { index: 40, label: 1, predicted: 1, sure: 0.5, right: true },
    { index: 41, label: 2, predicted: 0, sure: 0.6, right: false },
  ]);
  assert.deepEqual(verdictsOf([0.25, 0.75], [1, 1]), [
    { index: 0, label: 1, predicted: 0, sure: 0.75, right: false },
    { index: 1, label: 1, predicted: 1, sure: 0.75, right: true },
  ]);
});

test("each scale can be chosen: bits stay bits by powers of ten, a stretch looked at closely fills the chart, no tick is minus zero", () => {
  const bits = lossesOf(gpt).scales;
  const [low, high] = bits.logarithmic.bounds(Math.LN2 * 1.5, Math.LN2 * 4);
  close([low / Math.LN2, high / Math.LN2], [1, 5]);
  assert.deepEqual(bits.logarithmic.ticks(low, high, 4).map(bits.logarithmic.label), ["1", "2", "5"]);
  assert.equal(bits.linear.show(Math.LN2 * 2), "2.000");
  const { linear } = lossesOf(playground).scales;
  close(linear.bounds(0.2, 0.3), [0, 0.312]);
  close(linear.bounds(0.2, 0.3, true), [0.196, 0.304]);
  assert.deepEqual(linear.ticks(0.196, 0.304, 4).map(linear.label), ["0.2", "0.25", "0.3"]);
  assert.ok(!Object.is(linear.ticks(0, 1, 4)[0], -0));
  close(SHARES.logarithmic.bounds(0.5, 1), [0.5, 1]);
  close(SHARES.usual.bounds(0.97, 0.99, true), [0.9692, 0.9908]);
  assert.notEqual(LENGTHS.usual, LENGTHS.linear);
});

test("runs are kept with a free name and look, the run before a reset by itself and only once; where nothing can be saved, that is said when it was asked for", async () => {
  const run = new Run();
  const experiment = Object.assign(/** @type {Emitter<{ ending: null, restarted: null }>} */ (new Emitter()), { run, example: playground, spec: playground.spec });
  /** @param {number} step @param {number} loss */
  const train = (step, loss) => {
    run.advance({ steps_done: 1, step, epoch: 0, points: [{ step: step - 1, loss, grad_norm: 1, accuracy: 0.5 }], steps_per_second: 1, status: "running" });
    run.measured({ loss: loss + 1, accuracy: 0.75, count: 10 });
  };
  const reset = () => {
    experiment.emit("ending", null);
    run.restart();
    experiment.emit("restarted", null);
  };
  const pins = new Pins(/** @type {any} */ (experiment));
  /** @type {string[]} */
  const problems = [];
  pins.on("problem", ({ hint }) => problems.push(hint ?? ""));
  train(10, 2);
  train(20, 3);
  const first = await pins.keep();
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /until this page is closed/);
  /** @type {Set<number>} */
  const setAside = new Set();
  pins.on("changed", () => pins.list.filter(isEarlier).forEach(({ step }) => setAside.add(step)));
  reset();
  const { name, slot, step, train: trained, test: tested, best, shown, curves } = first;
  assert.deepEqual({ name, slot, step, trained, tested, best, shown }, { name: "Run 1", slot: 0, step: 20, trained: { loss: 3, accuracy: 0.5 }, tested: { loss: 4, accuracy: 0.75 }, best: 3, shown: true });
  assert.deepEqual(curves.loss.y, [2, 3], "the reset does not reach it");

  train(5, 1);
  reset();
  train(6, 1);
  reset();
  while (!pins.list.some((pin) => isEarlier(pin) && pin.step === 6)) await new Promise((resolve) => setImmediate(resolve));
  const earlier = pins.list.filter(isEarlier);
  assert.deepEqual(earlier.map((pin) => [pin.step, pin.shown]), [[6, false]], "only the last of them, and not among the curves");
  assert.deepEqual([...setAside], [5, 6], "what was kept as it was is not kept twice");
  assert.equal(problems.length, 1, "what was not asked for is no reason to complain");
  await pins.keepEarlier(/** @type {any} */ (earlier[0]));
  assert.deepEqual(pins.list.map((pin) => [pin.name, pin.slot, pin.shown]), [["Run 1", 0, true], ["Run 2", 1, true]]);
  train(8, 1);
  reset();
  while (!pins.list.some((pin) => isEarlier(pin) && pin.step === 8)) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(pins.list.map((pin) => [pin.name, pin.step]), [["Run 1", 20], ["Run 2", 6], ["The run before", 8]], "what was kept is not lost to the next run before");
  await pins.remove(first);
  train(7, 1);
  assert.equal((await pins.keep()).name, "Run 1", "the free place is taken again");
});
