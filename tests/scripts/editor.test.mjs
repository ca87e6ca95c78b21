// Proves: what is done to a draft of layers makes the layers it should, and leaves each layer its identity; a draft is put to use when it is right, and kept with its
// mistake while it is not; what is undone comes back; and the presets are networks for the data at hand. The engine is the shipped one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryOf } from "../../www/core/costs.js";
import { nameOfChange } from "../../www/core/change-name.js";
import { addedAfter, appended, blamed, duplicated, fresh, layersOf, moved, movedInto, removed, stands, treeOf, withOption, withType, wrapped } from "../../www/core/draft.js";
import { Drafting } from "../../www/core/drafting.js";
import { Experiment } from "../../www/core/experiment.js";
import { History } from "../../www/core/history.js";
import { EngineError } from "../../www/core/protocol.js";
import { SpecError, formOf } from "../../www/core/spec.js";
import { digits } from "../../www/examples/digits.js";
import { gpt } from "../../www/examples/gpt.js";
import { presetsFor } from "../../www/examples/presets.js";
import { resnet } from "../../www/examples/resnet.js";
import { images, startEngine, text } from "../diagnosis/engine.mjs";

const relu = { type: "ReLU" };
/** @param {number} out_features */
const linear = (out_features) => ({ type: "Linear", out_features });
/** @param {object[]} layers @param {object[]} [shortcut] */
const residual = (layers, shortcut = []) => ({ type: "Residual", layers, shortcut });
const LAYERS = [linear(1), residual([linear(2), relu], [linear(3)]), relu];

describe("a draft", () => {
  const tree = treeOf(LAYERS);
  /** @param {string} path */
  const idOf = (path) => stands(tree).find((stand) => stand.path === path)?.node.id ?? assert.fail(path);
  /** @param {import("../../www/core/draft.js").Node[] | null} changed */
  const made = (changed) => changed && layersOf(changed);

  test("is the layers that it was made of, each at the path that the engine names", () => {
    assert.deepEqual(layersOf(tree), LAYERS);
    assert.deepEqual(stands(tree).map(({ path }) => path), ["layers[0]", "layers[1]", "layers[1].layers[0]", "layers[1].layers[1]", "layers[1].shortcut[0]", "layers[2]"]);
  });

  test("layers are added, copied and removed at any depth, and the draft before is as it was", () => {
    const inner = idOf("layers[1].layers[0]");
    assert.deepEqual(made(addedAfter(tree, inner, fresh("Tanh"))), [linear(1), residual([linear(2), { type: "Tanh" }, relu], [linear(3)]), relu]);
    assert.deepEqual(made(appended(tree, idOf("layers[1]"), "shortcut", fresh("Tanh"))), [linear(1), residual([linear(2), relu], [linear(3), { type: "Tanh" }]), relu]);
    assert.deepEqual(made(removed(tree, idOf("layers[1].shortcut[0]"))), [linear(1), residual([linear(2), relu]), relu]);
    const { tree: twice, node } = duplicated(tree, idOf("layers[1]"));
    assert.deepEqual(made(twice), [LAYERS[0], LAYERS[1], LAYERS[1], LAYERS[2]]);
    assert.notEqual(node.id, idOf("layers[1]"));
    assert.equal(new Set(stands(twice).map((stand) => stand.node.id)).size, 10, "no two layers are the same one");
    assert.deepEqual(layersOf(tree), LAYERS);
  });

  test("a layer moves past its neighbours and out of its block, no further than the ends, and is the same one", () => {
    assert.deepEqual(made(moved(tree, idOf("layers[0]"), 1)), [LAYERS[1], LAYERS[0], LAYERS[2]]);
    assert.deepEqual(made(moved(tree, idOf("layers[1].layers[0]"), 1)), [linear(1), residual([relu, linear(2)], [linear(3)]), relu]);
    assert.deepEqual(made(moved(tree, idOf("layers[1].layers[0]"), -1)), [linear(1), linear(2), residual([relu], [linear(3)]), relu]);
    const out = moved(tree, idOf("layers[1].shortcut[0]"), 1);
    assert.deepEqual(made(out), [linear(1), residual([linear(2), relu]), linear(3), relu]);
    assert.equal(out?.[2]?.id, idOf("layers[1].shortcut[0]"));
    assert.equal(moved(tree, idOf("layers[0]"), -1), null);
    assert.equal(moved(tree, idOf("layers[2]"), 1), null);
  });

  test("a layer goes into the block above it, and gets a shortcut around it", () => {
    assert.deepEqual(made(movedInto(tree, idOf("layers[2]"))), [linear(1), residual([linear(2), relu, relu], [linear(3)])]);
    assert.equal(movedInto(tree, idOf("layers[1]")), null);
    assert.deepEqual(made(wrapped(tree, idOf("layers[0]"))), [residual([linear(1)]), ...LAYERS.slice(1)]);
  });

  test("options change, back to what is usual too, and a type keeps what it shares with the one before", () => {
    const conv = treeOf([{ type: "Conv2d", out_channels: 3, kernel_size: 5, groups: 3 }]);
    const id = conv[0]?.id ?? 0;
    assert.deepEqual(made(withOption(conv, id, "padding", 2)), [{ type: "Conv2d", out_channels: 3, kernel_size: 5, groups: 3, padding: 2 }]);
    assert.deepEqual(made(withOption(conv, id, "groups", undefined)), [{ type: "Conv2d", out_channels: 3, kernel_size: 5 }]);
    assert.deepEqual(made(withType(conv, id, "ConvTranspose2d")), [{ type: "ConvTranspose2d", out_channels: 3, kernel_size: 5, groups: 3 }]);
    assert.deepEqual(made(withType(conv, id, "MaxPool2d")), [{ type: "MaxPool2d", kernel_size: 5 }]);
    assert.deepEqual(made(withType(conv, id, "Linear")), [{ type: "Linear", out_features: 64 }]);
    assert.deepEqual(made(withType(tree, idOf("layers[1]"), "Sequential")), [linear(1), { type: "Sequential", layers: [linear(2), relu] }, relu]);
    assert.equal(withType(conv, id, "Linear")[0]?.id, id);
  });

  test("a mistake belongs to the innermost layer at its place, and to the option that is named; one of the loss to the last layer", () => {
    const [outer, inner] = [idOf("layers[1]"), idOf("layers[1].shortcut[0]")];
    assert.deepEqual(blamed(tree, "layers[1].shortcut[0].out_features"), { id: inner, option: "out_features" });
    assert.deepEqual(blamed(tree, "layers[1].shortcut[0]"), { id: inner, option: "" });
    assert.deepEqual(blamed(tree, "layers[1]"), { id: outer, option: "" });
    assert.deepEqual(blamed(tree, "layers[1].stride[0]"), { id: outer, option: "stride" });
    assert.deepEqual(blamed(tree, "loss"), { id: idOf("layers[2]"), option: "" });
    assert.deepEqual(blamed(tree, "batch_size"), { id: null, option: "" });
    assert.deepEqual(blamed(treeOf(Array(12).fill(relu)), "layers[11].p").option, "p", "the twelfth, not the second");
  });

  test("layers from elsewhere are the ones before where their types are", () => {
    const next = treeOf([linear(9), residual([linear(2), linear(2)]), { type: "Tanh" }], tree);
    assert.deepEqual([next[0]?.id, next[1]?.id, next[1]?.branches.layers?.[0]?.id], [idOf("layers[0]"), idOf("layers[1]"), idOf("layers[1].layers[0]")]);
    assert.ok(next[2]?.id !== idOf("layers[2]") && next[1]?.branches.layers?.[1]?.id !== idOf("layers[1].layers[1]"));
  });
});

describe("a history", () => {
  test("goes back and forth by name, and forgets what was undone at the next change", () => {
    const history = new History("a");
    assert.deepEqual([history.now, history.back, history.forth], ["a", null, null]);
    history.record("b", "to b");
    history.record("c", "to c");
    assert.deepEqual(history.back, { state: "b", name: "to c" });
    history.step(-1);
    assert.deepEqual([history.now, history.back, history.forth], ["b", { state: "a", name: "to b" }, { state: "c", name: "to c" }]);
    history.record("d", "to d");
    assert.deepEqual([history.now, history.back?.state, history.forth], ["d", "b", null]);
    history.begin("z");
    assert.deepEqual([history.now, history.back, history.forth], ["z", null, null]);
    assert.throws(() => history.step(1), RangeError);
  });

  test("is of bounded length: the oldest goes first", () => {
    const history = new History(0);
    for (let n = 1; n <= 500; n++) history.record(n, String(n));
    let back = 0;
    for (; history.back; back++) history.step(-1);
    assert.equal(back, 99);
    assert.equal(history.now, 401);
  });
});

test("a change is named by what it changes", () => {
  const { spec } = digits;
  /** @type {[Partial<import("../../www/core/spec.js").Spec>, string][]} */
  const changes = [
    [{ optimizer: { ...spec.optimizer, lr: 1 } }, "the learning rate"],
    [{ optimizer: { type: "SGD", lr: 1 } }, "the optimiser"],
    [{ batch_size: 3 }, "the batch size"],
    [{ batch_size: 3, schedule: { type: "CosineAnnealingLR", t_max: 3 } }, "the batch size"],
    [{ seed: 3, batch_size: 3 }, "several settings"],
    [{ data: { type: "Table", x: [], y: [] }, input: [2], loss: { type: "MSELoss" } }, "the data"],
    [{ layers: spec.layers.toSpliced(1, 1) }, "ReLU removed"],
    [{ layers: spec.layers.toSpliced(1, 0, { type: "Dropout" }) }, "Dropout added"],
    [{ layers: spec.layers.toSpliced(1, 2, { type: "MaxPool2d", kernel_size: 2 }, relu) }, "layers swapped"],
    [{ layers: spec.layers.toSpliced(1, 1, { type: "Tanh" }) }, "Tanh in place of ReLU"],
    [{ layers: spec.layers.toSpliced(11, 1, linear(3)) }, "out_features of Linear"],
    [{ layers: [] }, "the layers"],
  ];
  for (const [change, name] of changes) assert.equal(nameOfChange(spec, { ...spec, ...change }), name);
  const inside = resnet.spec.layers.map((layer, n) => (n === 3 ? { ...layer, layers: /** @type {any} */ (layer.layers).slice(0, -1) } : layer));
  assert.equal(nameOfChange(resnet.spec, { ...resnet.spec, layers: inside }), "BatchNorm2d removed");
});

/** An experiment on the shipped engine, and its draft. @param {import("../../www/core/example.js").Example} example */
async function drafted(example) {
  const ask = await startEngine();
  const client = /** @type {any} */ ({
    listen: () => () => {},
    call: (/** @type {string} */ type, /** @type {object} */ body) => {
      const data = ["create", "load"].includes(type) && (example.spec.data.type === "Images" ? { train: images("mnist-train", 200), test: images("mnist-test", 50) } : { text: text(20_000) });
      // A message of the worker's, which is not there.
      if (type === "pause") return Promise.resolve({});
      return ask(type, { ...body, ...data }).catch(({ reply }) => {
        throw new EngineError(reply);
      });
    },
  });
  const experiment = new Experiment(client, 1, { ...example, glance: 10 }, example.spec, "cpu");
  await experiment.open();
  return { experiment, drafting: new Drafting(experiment) };
}
/** @param {Drafting} drafting @param {string} path */
const at = (drafting, path) => stands(drafting.tree).find((stand) => stand.path === path)?.node.id ?? assert.fail(path);

describe("drafting", () => {
  test("a change that is right is in use at once, can be undone and done again, and each layer has its figures", async () => {
    const { experiment, drafting } = await drafted(digits);
    await drafting.edit((tree) => withOption(tree, at(drafting, "layers[3]"), "out_channels", 20));
    assert.deepEqual([experiment.spec.layers[3]?.out_channels, drafting.inUse, drafting.mistake], [20, true, null]);
    assert.deepEqual(drafting.figures.rows.get("layers[3]")?.output, [20, 10, 10]);
    // 20 x 6 x 5 x 5 weights and 20 biases with gradients and Adam's two; 20 x 10 x 10 numbers for each of 64 examples.
    assert.equal(drafting.figures.memory.get("layers[3]"), 4 * 4 * 3020 + 4 * 64 * 2000);
    assert.equal(await experiment.undo(), "out_channels of Conv2d");
    assert.deepEqual([experiment.spec, layersOf(drafting.tree)], [digits.spec, digits.spec.layers]);
    assert.equal(await experiment.undo(), null);
    assert.equal(await experiment.redo(), "out_channels of Conv2d");
    assert.equal(experiment.spec.layers[3]?.out_channels, 20);
  });

  test("a draft with a mistake stays, with what is wrong at its place and the figures up to there; what is in use goes on; mended, it is one change", async () => {
    const { experiment, drafting } = await drafted(digits);
    await drafting.edit((tree) => withOption(tree, at(drafting, "layers[3]"), "kernel_size", 50));
    const { mistake } = drafting;
    assert.equal(mistake?.id, at(drafting, "layers[3]"));
    assert.match(mistake?.problem.hint ?? "", /smaller kernel_size/);
    assert.deepEqual([...drafting.figures.rows.keys()], ["layers[0]", "layers[1]", "layers[2]"]);
    await drafting.edit((tree) => withOption(tree, at(drafting, "layers[3]"), "padding", -1));
    assert.equal(drafting.mistake?.option, "padding");
    assert.equal(experiment.spec, digits.spec);
    // A change from elsewhere is taken, and the draft stays.
    await experiment.edit((spec) => ({ ...spec, seed: 1 }));
    assert.equal(layersOf(drafting.tree)[3]?.kernel_size, 50);
    assert.equal(await drafting.undo(), "padding of Conv2d");
    assert.match(drafting.mistake?.problem.message ?? "", /window/);
    await drafting.edit((tree) => withOption(tree, at(drafting, "layers[3]"), "kernel_size", 3));
    assert.deepEqual([drafting.inUse, drafting.mistake, experiment.spec.layers[3]?.kernel_size, experiment.spec.seed], [true, null, 3, 1]);
    assert.deepEqual([drafting.history.back, experiment.history.back?.name], [null, "kernel_size of Conv2d"]);
  });

  test("the way back to the network in use can itself be undone", async () => {
    const { experiment, drafting } = await drafted(digits);
    await drafting.edit((tree) => removed(tree, at(drafting, "layers[6]")));
    assert.equal(drafting.mistake?.id, at(drafting, "layers[10]"), "what the loss does not take is said at the last layer");
    assert.equal(drafting.figures.rows.size, 11);
    await drafting.goBack();
    assert.deepEqual([drafting.inUse, drafting.mistake], [true, null]);
    await drafting.undo();
    assert.equal(drafting.tree.length, 11);
    assert.equal(experiment.spec.layers.length, 12);
  });

  test("what the view cannot show is refused as what the engine cannot", async () => {
    const { experiment, drafting } = await drafted({ ...gpt, spec: /** @type {any} */ (presetsFor(gpt.spec)[1]?.of(gpt.spec, 80)) });
    await drafting.edit((tree) => withOption(tree, at(drafting, "layers[1]"), "bidirectional", true));
    assert.match(drafting.mistake?.problem.message ?? "", /foretell/);
    assert.equal(experiment.spec.layers[1]?.bidirectional, undefined);
  });

  test("a file that is loaded begins a new history", async () => {
    const { experiment } = await drafted(digits);
    const bytes = await experiment.save();
    await experiment.edit((spec) => ({ ...spec, batch_size: 10 }));
    assert.equal(experiment.history.back?.name, "the batch size");
    await experiment.load(bytes);
    assert.deepEqual([experiment.history.back, experiment.history.forth, experiment.spec.batch_size], [null, null, 64]);
  });

  test("an undo that the engine refuses leaves the experiment and the history as they were", async () => {
    const { experiment } = await drafted(digits);
    await experiment.edit((spec) => ({ ...spec, batch_size: 10 }));
    experiment.history.begin({ ...digits.spec, batch_size: 0 });
    experiment.history.record(experiment.spec, "the batch size");
    await assert.rejects(experiment.undo(), /batch_size/);
    assert.deepEqual([experiment.spec.batch_size, experiment.history.back?.name], [10, "the batch size"]);
  });
});

describe("presets", () => {
  for (const example of [digits, gpt]) {
    test(`each is a network that the view shows and the engine trains, with an output for each class (${example.id})`, async () => {
      const { experiment } = await drafted(example);
      const presets = presetsFor(example.spec);
      assert.equal(presets.length, 4);
      for (const { name, of } of presets) {
        const classes = experiment.opened?.report.output.at(-1) ?? 0;
        const spec = of(experiment.spec, classes);
        example.accept(spec);
        await experiment.edit(() => ({ ...spec, batch_size: 2 }));
        assert.equal(experiment.opened?.report.output.at(-1), classes, name);
        await experiment.takeStep();
        assert.equal(experiment.run.step, 1, name);
        assert.deepEqual([spec.input, spec.data, spec.seed, spec.schedule], [example.spec.input, example.spec.data, example.spec.seed, example.spec.schedule], name);
      }
      const other = presets[0]?.of(example.spec, 33);
      assert.equal(other?.layers.at(-1)?.out_features, 33);
      while (experiment.history.back) await experiment.undo();
      assert.deepEqual(experiment.spec, example.spec);
    });
  }

  test("each for images takes other sizes and channels, too", async () => {
    const call = await startEngine();
    for (const { name, of } of presetsFor(digits.spec)) {
      const { report } = await call("check", { spec: of({ ...digits.spec, input: [3, 32, 32] }, 7) });
      assert.deepEqual(report.output, [7], name);
    }
  });
});

test("the memory of the layers sums up to what the engine reckons for the network, blocks computed again or not", async () => {
  const call = await startEngine();
  const dropped = (/** @type {any} */ spec) => ({ ...spec, layers: spec.layers.map((/** @type {any} */ layer) => (layer.type.startsWith("Transformer") ? { ...layer, dropout: 0.1 } : layer)) });
  const attention = { ...gpt.spec, layers: [...gpt.spec.layers.slice(0, 1), { type: "MultiheadAttention", num_heads: 4, causal: true, dropout: 0.1 }, { type: "RNN", hidden_size: 8, num_layers: 2, bidirectional: true }, { type: "Sequential", layers: [{ type: "GRU", hidden_size: 9 }] }, linear(80)] };
  const decoder = (/** @type {number} */ dropout) => [{ type: "TransformerDecoderLayer", nhead: 2, dim_feedforward: 24, dropout }];
  const encoder = [{ type: "TransformerEncoderLayer", nhead: 4, dim_feedforward: 32 }];
  const translations = [0, 0.1].map((dropout) => ({ ...gpt.spec, name: "translation", layers: [...gpt.spec.layers.slice(0, 1), { type: "EncoderDecoder", source_length: 9, encoder, decoder: decoder(dropout) }, linear(80)] }));
  const specs = [digits, resnet, gpt].map(({ spec }) => spec).concat(presetsFor(gpt.spec).map(({ of }) => of(gpt.spec, 80)), dropped(gpt.spec), attention, ...translations);
  for (const one of specs) {
    for (const recompute of [false, true]) {
      const spec = formOf({ ...one, recompute });
      const { report } = await call("check", { spec });
      assert.equal(memoryOf(spec, report).activations, report.memory.activations, `${spec.name}, ${recompute}`);
    }
  }
});

test("an error of the form names its place", () => {
  assert.throws(() => formOf({ ...digits.spec, layers: [{ kind: "ReLU" }] }), (error) => error instanceof SpecError && error.at === "layers[0]");
});
