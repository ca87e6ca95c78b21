// Proves: at each place of an experiment's text the suggestions are what may stand there, also while the text is not JSON; and what is taken makes an experiment.

import assert from "node:assert/strict";
import { test } from "node:test";
import { completionAt } from "../../www/core/complete.js";
import { format } from "../../www/core/json.js";
import { EXPERIMENT, LAYERS, LOSSES, OPTIMIZERS } from "../../www/core/schema.js";
import { resnet } from "../../www/examples/resnet.js";

/** What is suggested at the mark ‸. @param {string} marked */
const at = (marked) => completionAt(marked.replace("‸", ""), marked.indexOf("‸"));
/** @param {string} marked */
const labels = (marked) => at(marked)?.suggestions.map(({ label }) => label) ?? [];
/** The text with a suggestion taken. @param {string} marked @param {string} label */
function taken(marked, label) {
  const { from, to, suggestions } = at(marked) ?? assert.fail(`nothing is suggested for ${marked}`);
  const { text } = suggestions.find((one) => one.label === label) ?? assert.fail(`${label} is not suggested for ${marked}`);
  const all = marked.replace("‸", "");
  return all.slice(0, from) + text + all.slice(to);
}

test("types, where a type stands: those of what it is the type of", () => {
  assert.deepEqual(labels('{ "layers": [{ "type": "‸" }] }'), Object.keys(LAYERS));
  assert.deepEqual(labels('{ "loss": { "type": "‸'), Object.keys(LOSSES), "nothing is closed");
  assert.deepEqual(labels('{ "layers": [{ "type": "Residual", "shortcut": [{ "type": ‸'), Object.keys(LAYERS));
  assert.deepEqual(labels('{ "optimizer": { "lr": 0.1, "type": "ada‸" } }'), ["Adam", "AdamW", "Adagrad"]);
  assert.deepEqual(labels('{ "layers": [{ "type": "norm‸'), ["BatchNorm1d", "BatchNorm2d", "LayerNorm", "GroupNorm", "RMSNorm"]);
  assert.deepEqual(labels('{ "layers": [{ "type": "re‸'), ["ReLU", "Residual", "TransformerEncoderLayer", "LeakyReLU"], "what begins so comes first");
});

test("options, where a name stands: those of its type that are not there yet, wherever the type is", () => {
  assert.deepEqual(labels('{ "layers": [{ "type": "Linear", ‸ }] }'), ["out_features", "bias", "init", "tied_to", "in_features"]);
  assert.deepEqual(labels('{ "layers": [{ "out_features": 3, "‸", "type": "Linear" }] }'), ["bias", "init", "tied_to", "in_features"]);
  assert.deepEqual(labels('{ "layers": [{ "type": "Linear", "out_f‸": 3 }] }'), ["out_features"]);
  assert.deepEqual(labels('{ "layers": [{ ‸'), ["type"]);
  assert.deepEqual(labels('{ "batch_size": 3, "pre‸'), ["precision"]);
  assert.deepEqual(labels("{ ‸ }"), Object.keys(EXPERIMENT));
  assert.ok(!labels('{ "optimizer": { "type": "SGD", "betas": 1 }, "seed": 1, ‸ }').some((name) => ["seed", "optimizer", "betas"].includes(name)));
});

test("values, where a value stands, and whole layers in a list of them", () => {
  assert.deepEqual(labels('{ "layers": [{ "type": "Linear", "init": ‸'), ["default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"]);
  assert.deepEqual(labels('{ "layers": [{ "type": "Linear", "bias": f‸'), ["false"]);
  assert.deepEqual(labels('{ "precision": "‸"'), ["f32", "f16"]);
  assert.deepEqual(labels('{ "layers": [{ "type": "ReLU" }, ‸] }'), Object.keys(LAYERS));
});

test("nothing, where nothing is known: behind a value, in numbers, outside", () => {
  for (const place of ["‸", "{}‸", '{ "input": [‸] }', '{ "seed": 1 ‸ }', '{ "seed": ‸ }', '{ "name": "‸" }', '{ "layers": [{ "type": "Nonsense", "a‸', '{ "regularization": { "‸" } }']) assert.deepEqual(labels(place), [], place);
});

test("what is taken stands in the place of what was typed, with what belongs to it", () => {
  assert.equal(taken('{ "loss": { "type": "mse‸" } }', "MSELoss"), '{ "loss": { "type": "MSELoss" } }');
  assert.equal(taken('{ "loss": { "type": mse‸ } }', "MSELoss"), '{ "loss": { "type": "MSELoss" } }');
  assert.equal(taken('{ "see‸ }', "seed"), '{ "seed":  }', "an open quote takes nothing else of its line");
  assert.equal(taken('{ "layers": [{ "out‸, "type": "Linear" }] }', "out_features"), '{ "layers": [{ "out_features": , "type": "Linear" }] }');
  assert.equal(taken('{ "see‸": 3 }', "seed"), '{ "seed": 3 }');
  assert.equal(taken('{ "layers": [‸] }', "Conv2d"), '{ "layers": [{ "type": "Conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 }] }');
});

test("all through a real experiment nothing is suggested that may not be there, and each type and option that is there is", () => {
  const text = format(resnet.spec);
  let types = 0;
  for (const { 0: all, index, 1: type = "" } of text.matchAll(/"type": "(\w+)"/g)) {
    const suggestions = completionAt(text, index + all.length - 1)?.suggestions ?? [];
    assert.deepEqual(suggestions.map(({ label }) => label)[0], type, `at ${index}`);
    types++;
  }
  assert.ok(types > 30);
  assert.deepEqual(completionAt(text, text.indexOf('"weight_decay"') + 3)?.suggestions.map(({ label }) => label), Object.keys(OPTIMIZERS.SGD ?? {}).filter((name) => name === "weight_decay"));
});
