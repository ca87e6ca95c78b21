// Proves: the schema that the editor and the text's suggestions go by is the engine's: every type and option is there and no other, what is usual is what the engine takes,
// every bound is where the engine's is, and what a new layer begins with is taken. Asked of the shipped engine.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXPERIMENT, DATA, FAMILIES, LAYERS, LOSSES, OPTIMIZERS, SCHEDULES, STARTS, isRequired } from "../../www/core/schema.js";
import { readSafetensors } from "../../www/lib/safetensors.js";
import { LAYER_WORDS, OPTION_WORDS } from "../../www/parts/layer-words.js";
import { startEngine } from "../diagnosis/engine.mjs";

/** @typedef {import("../../www/core/schema.js").Option} Option */

const call = await startEngine();
const TABLE = { type: "Table", x: [[1, 2], [2, 1]], y: [0, 1] };
const linear = { type: "Linear", out_features: 1 };
const plain = { name: "", input: [2], layers: [linear], loss: { type: "MSELoss" }, optimizer: { type: "SGD", lr: 0.1 }, batch_size: 2, seed: 0, data: TABLE };

/** What each kind of typed thing stands beside, for one of it to be asked about. @type {[string, import("../../www/core/schema.js").Types, (thing: any) => any][]} */
const KINDS = [
  ["layer", LAYERS, (thing) => ({ ...plain, data: { type: "Images", name: "any" }, ...around(thing) })],
  ["loss", LOSSES, (thing) => ({ ...plain, loss: thing, layers: [{ type: "Linear", out_features: thing.type === "CrossEntropyLoss" ? 2 : 1 }, ...(thing.type === "BCELoss" ? [{ type: "Sigmoid" }] : [])] })],
  ["optimizer", OPTIMIZERS, (thing) => ({ ...plain, optimizer: { ...thing } })],
  ["schedule", SCHEDULES, (thing) => ({ ...plain, schedule: thing })],
  ["data", DATA, (thing) => ({ ...plain, data: thing, input: [thing.type === "Text" ? 4 : 2], layers: thing.type === "Text" ? [{ type: "Embedding", num_embeddings: 9, embedding_dim: 2 }, linear] : [linear] })],
];
const SAMPLES = /** @type {{ [type: string]: object }} */ ({ StepLR: { step_size: 3 }, CosineAnnealingLR: { t_max: 3 }, Table: { x: TABLE.x, y: TABLE.y }, Points: { shape: "xor" }, Images: { name: "mnist" }, Text: { name: "book" } });

/** An input and layers that a layer fits in. @param {any} layer */
function around(layer) {
  const { type } = layer;
  if (type === "TransformerDecoderLayer") return { input: [5, 8], layers: [{ type: "EncoderDecoder", source_length: 2, encoder: [], decoder: [layer] }, linear] };
  if (type === "Embedding") return { input: [4], layers: [layer, linear] };
  if (FAMILIES.sequence.includes(type) || type === "EncoderDecoder") return { input: [4, 8], layers: [layer, linear] };
  if (FAMILIES.image.includes(type) || ["BatchNorm2d", "GroupNorm"].includes(type)) return { input: [2, 8, 8], layers: [layer, { type: "Flatten" }, linear] };
  return { input: [2], layers: [layer, linear] };
}

/** @param {string} type */
const start = (type) => ({ type, ...(STARTS[type] ?? SAMPLES[type]) });

/** The engine's refusal, or what it says where there is none. @param {object} spec @returns {Promise<string>} */
const refusalOf = (spec) => call("check", { spec }).then(() => "", (error) => String(error.message));

/** The names at the end of a refusal: "... known: a, b". @param {string} refusal */
const known = (refusal) => /known: (.*)/.exec(refusal)?.[1]?.split(", ").sort() ?? (/has no options/.test(refusal) ? [] : [refusal]);

for (const [kind, types, within] of KINDS) {
  test(`each type and each of its options (${kind}) is in the schema, and no other`, async () => {
    assert.deepEqual(Object.keys(types).sort(), known(await refusalOf(within({ type: "Nonsense" }))));
    for (const [type, options] of Object.entries(types)) assert.deepEqual(Object.keys(options).sort(), known(await refusalOf(within({ ...start(type), nonsense: 1 }))), type);
  });

  test(`what has to be given (${kind}) is what the schema says, and what is refused is where its bounds are`, async () => {
    for (const [type, options] of Object.entries(types)) {
      const sample = /** @type {any} */ (start(type));
      assert.equal(await refusalOf(within(sample)), "", type);
      for (const [name, option] of Object.entries(options)) {
        const { [name]: _, ...without } = sample;
        const missing = await refusalOf(within(without));
        assert.equal(missing !== "", isRequired(option), `${type} without ${name}: ${missing}`);
        for (const [value, taken] of triesOf(option)) {
          const refusal = await refusalOf(within({ ...sample, [name]: value }));
          assert.equal(inRange(refusal, name), taken, `${type}.${name} = ${JSON.stringify(value)}: ${refusal || "taken"}`);
        }
      }
    }
  });
}

test("of the experiment itself each field is in the schema, and no other; and the bounds of its numbers are the engine's", async () => {
  assert.deepEqual(Object.keys(EXPERIMENT).sort(), known(await refusalOf({ ...plain, nonsense: 1 })));
  for (const [name, option] of Object.entries(EXPERIMENT)) {
    for (const [value, taken] of triesOf(option)) {
      const refusal = await refusalOf({ ...plain, [name]: value });
      assert.equal(inRange(refusal, name), taken, `${name} = ${JSON.stringify(value)}: ${refusal || "taken"}`);
    }
  }
});

test("what is usual is what the engine writes where an option is left out", async () => {
  for (const [kind, types, within] of KINDS.slice(0, 4)) {
    for (const [type, options] of Object.entries(types)) {
      const thing = Object.fromEntries(Object.entries(start(type)).filter(([name]) => name === "type" || (options[name] && isRequired(options[name]))));
      const made = within(thing);
      const x = TABLE.x.map(() => Array(made.input.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1)).fill(1));
      const { report } = await call("check", { spec: { ...made, data: { ...TABLE, x } } });
      const [, ...output] = [0, ...report.output];
      const size = type === "CrossEntropyLoss" ? 1 : output.reduce((a, b) => a * b, 1);
      await call("create", { session: 1, device: "cpu", spec: { ...made, data: { ...TABLE, x, y: TABLE.y.map((y) => Array(size).fill(y)) } } });
      const { bytes } = await call("save", { session: 1 });
      const saved = JSON.parse(readSafetensors(new Uint8Array(bytes)).metadata.spec ?? "");
      const [first] = saved.layers;
      const written = kind !== "layer" ? saved[kind] : type === "TransformerDecoderLayer" ? first.decoder[0] : first;
      for (const [name, { usual, kind }] of Object.entries(options)) {
        if (usual === undefined) continue;
        const one = kind === "pair" && Array.isArray(written[name]) ? written[name][0] : written[name];
        assert.deepEqual(typeof one === "number" ? Math.fround(one) : one, typeof usual === "number" ? Math.fround(usual) : usual, `${type}.${name}`);
      }
    }
  }
});

test("each layer has words and stands in one family, and each option has words", () => {
  const types = Object.keys(LAYERS).sort();
  assert.deepEqual(Object.keys(LAYER_WORDS).sort(), types);
  assert.deepEqual(Object.values(FAMILIES).flat().sort(), types);
  const options = new Set(Object.values(LAYERS).flatMap((all) => Object.keys(all).filter((name) => all[name]?.kind !== "layers")));
  assert.deepEqual(Object.keys(OPTION_WORDS).sort(), [...options].sort());
});

/** Whether a value was not refused for being out of its range or no such value: other refusals are about the network around. @param {string} refusal @param {string} name */
const inRange = (refusal, name) => !new RegExp(`^check: (\\S+\\.)?${name}(\\[\\d\\])? .*(must be|unknown word)`).test(refusal);

/**
 * Values at both sides of an option's bounds, and whether they are taken.
 * @param {Option} option
 * @returns {[unknown, boolean][]}
 */
function triesOf({ kind, usual, min, above, max, below, choices }) {
  if (kind === "flag") return [[true, true], [false, true], ["yes", false]];
  if (kind === "choice") return [...(choices ?? []).map((one) => /** @type {[string, boolean]} */ ([one, true])), ["nonsense", false]];
  if (!["whole", "pair", "sizes", "number", "betas"].includes(kind)) return [];
  const step = ["number", "betas"].includes(kind) ? 1e-3 : 1;
  /** @type {[number, boolean][]} */
  const tries = [];
  if (min !== undefined) tries.push([min, true], [min - step, false]);
  if (above !== undefined) tries.push([above + step, true], [above, false]);
  if (max !== undefined) tries.push([max, true], [max + step, false]);
  if (below !== undefined) tries.push([below - step, true], [below, false]);
  if (!tries.length) tries.push([-5, true]);
  if (kind === "betas") return tries.map(([value, taken]) => [[value, 0.5], taken]);
  /** @type {[unknown, boolean][]} */
  const more = step === 1 ? [[1.5, false]] : [];
  if (kind === "pair") more.push([[min ?? 0, min ?? 0], true], [[1, 1, 1], false]);
  if (usual === null) more.push([null, true]);
  return [...tries, ...more];
}
