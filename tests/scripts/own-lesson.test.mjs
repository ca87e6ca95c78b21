// Proves: a lesson comes out of its link as it went in, in the shorter of its two forms; a link that is none, or would fill the memory, is refused; and what is wrong
// with a lesson of one's own is said with its place in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { OWN, isLesson, ownExample, packed, unpacked } from "../../www/core/own-lesson.js";
import { parseHash, toHash } from "../../www/core/share.js";
import { digits } from "../../www/examples/digits.js";
import { gpt } from "../../www/examples/gpt.js";
import { playground } from "../../www/examples/playground.js";
import { fileName } from "../../www/parts/download.js";

const LESSON = {
  id: "circles", title: "Circles <b>", about: "圆", minutes: 3, network: "playground", changes: { data: { shape: "circle" } },
  steps: [{ text: ["Train, <img src=x onerror=alert(1)>."], goal: { text: "200 steps.", all: [{ reading: "step", above: 200 }] } }],
};
const NETWORKS = [playground, digits, gpt];

test("a lesson comes out of its link as it went in", async () => {
  const id = await packed(LESSON);
  assert.match(id, /^lesson\/\.[\w-]+$/, "compressed");
  assert.deepEqual(await unpacked(id), LESSON);
  const small = await packed({ a: 1 });
  assert.match(small, /^lesson\/[\w-]+$/, "plain, where that is shorter");
  assert.deepEqual(await unpacked(small), { a: 1 });
});

test("the address of a changed experiment is the lesson's, with the changes behind it", async () => {
  const id = await packed(LESSON);
  const { spec } = ownExample(LESSON, NETWORKS, id);
  const hash = toHash(id, spec, { ...spec, seed: 77 });
  assert.equal(parseHash(hash).id, id);
  assert.notEqual(parseHash(hash).changes, "");
  assert.deepEqual(parseHash(`#${id}`), { id, changes: "" });
  assert.deepEqual(parseHash("#playground/abc"), { id: "playground", changes: "abc" });
  assert.deepEqual(parseHash("#lesson-one-neuron"), { id: "lesson-one-neuron", changes: "" });
});

test("a link that is damaged, too long, or much longer unpacked, is refused; so is a lesson that would make one", async () => {
  const id = await packed(LESSON);
  for (const broken of [id.slice(0, -9), `${OWN}.$$$`, `${OWN}.AAAA`, OWN, `${OWN}e30x`]) await assert.rejects(unpacked(broken), { message: "it is damaged or cut off" }, broken);
  await assert.rejects(unpacked(OWN + "A".repeat(30_000)), { message: "it is too long" });
  const bomb = deflateRawSync(JSON.stringify({ text: "a".repeat(5_000_000) })).toString("base64url");
  assert.ok(bomb.length < 10_000);
  await assert.rejects(unpacked(`${OWN}.${bomb}`), { message: "it is too long" });
  const noise = Array.from({ length: 30_000 }, (_, i) => ((i * 7919 * 104729) % 65521).toString(36)).join("");
  await assert.rejects(packed({ noise }), { code: "page", message: "The lesson is too long for a link." });
});

test("its network is that of the page with its changes, apart from the lessons of the page", async () => {
  const id = await packed(LESSON);
  const example = ownExample(LESSON, NETWORKS, id);
  assert.deepEqual([example.id, example.view, example.lesson.own, example.lesson.id], [id, "playground", true, id]);
  assert.equal(example.spec.name, LESSON.title);
  assert.equal(/** @type {any} */ (example.spec.data).shape, "circle");
  const site = { ...playground, id: "lesson-x", lesson: example.lesson };
  for (const [broken, at] of /** @type {[object, string][]} */ ([
    [{ ...LESSON, network: "nothing" }, "network"],
    [{ ...LESSON, network: "lesson-x" }, "network"],
    [{ ...LESSON, changes: { layers: [{ size: 3 }] } }, "changes.layers[0]"],
    [{ ...LESSON, network: "gpt", changes: { layers: [{ type: "Residual", layers: [null] }] } }, "changes.layers[0].layers[0]"],
    [{ ...LESSON, network: "digits", changes: { layers: [{ type: "Residual", layers: "none" }] } }, "changes.layers[0].layers"],
    [{ ...LESSON, network: "gpt", changes: { layers: [{ type: "Residual", layers: [], shortcut: [{ type: "LSTM", hidden_size: 8, bidirectional: true }] }] } }, "changes.layers[0]"],
    [{ ...LESSON, changes: { data: { type: "Images", name: "mnist" } } }, "changes"],
    [{ ...LESSON, steps: "none" }, "steps"],
  ])) assert.throws(() => ownExample(broken, [...NETWORKS, site], id), (/** @type {any} */ error) => error.name === "Error" && error.at === at, at);
});

test("files about a lesson's runs have names of the usual length, in no folder", async () => {
  assert.equal(fileName(await packed(LESSON), 20, "csv"), "tabgrad-lesson-step-20.csv");
  assert.equal(fileName("digits", 5, "png"), "tabgrad-digits-step-5.png");
});

test("a lesson's file is told from an experiment's", () => {
  assert.deepEqual([LESSON, playground.spec, null, [], { steps: 5 }].map(isLesson), [true, false, false, false, false]);
});
