// Proves: each lesson can be done: its experiment is one that the engine takes, no goal is reached before something is done for it, and what its text says to do reaches
// it. Of those on images and texts, which take minutes, the goals are tried on readings made up.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LESSONS } from "../../www/lessons/index.js";
import { exampleOf, lessonOf, reached } from "../../www/core/lesson.js";
import { Run } from "../../www/core/run.js";
import { digits } from "../../www/examples/digits.js";
import { gpt } from "../../www/examples/gpt.js";
import { playground, withData, withShape } from "../../www/examples/playground.js";
import { images, startEngine, text } from "../diagnosis/engine.mjs";

/** @typedef {import("../../www/core/spec.js").Spec} Spec */
/** @typedef {{ change?: (spec: any) => any, afresh?: boolean, steps?: number, run?: object }} Doing what is done for a step's goal; run: readings made up */

const data = (/** @type {any} */ change) => (/** @type {Spec} */ spec) => withData(spec, change);
const lr = (/** @type {number} */ lr, /** @type {object} */ more = {}) => (/** @type {Spec} */ spec) => ({ ...spec, optimizer: { ...spec.optimizer, lr, ...more } });
const relu = (/** @type {Spec} */ spec) => ({ ...spec, layers: spec.layers.map((layer) => (layer.type === "Sigmoid" ? { type: "ReLU" } : layer)) });
const l2 = (/** @type {number} */ l2) => (/** @type {Spec} */ spec) => ({ ...spec, regularization: { l1: 0, l2 } });

/** @type {{ [id: string]: Doing[] }} */
const DOING = {
  "one-neuron": [{ steps: 300 }, { change: data({ shape: "circle" }), steps: 320 }, { change: data({ shape: "circle", features: ["x1", "x2", "x1^2", "x2^2"] }), steps: 1500 }],
  "learning-rate": [{ steps: 520 }, { change: lr(0.1), steps: 4000 }, { change: lr(30), afresh: true, steps: 220 }, { change: lr(0.01, { type: "Adam" }), afresh: true, steps: 1000 }],
  "hidden-layers": [
    { steps: 320 },
    { change: (/** @type {Spec} */ spec) => withShape(spec, { hidden: [4], activation: "Tanh" }), afresh: true, steps: 1500 },
    { change: (/** @type {Spec} */ spec) => withShape(spec, { hidden: [4], activation: "Linear" }), afresh: true, steps: 320 },
  ],
  deeper: [
    { steps: 1020 },
    { change: (/** @type {Spec} */ spec) => withShape(withData(spec, { features: ["x1", "x2", "sin(x1)", "sin(x2)"] }), { hidden: [8, 8], activation: "Tanh" }), afresh: true, steps: 4000 },
    { change: data({ features: ["x1", "x2"] }), afresh: true, steps: 2020 },
  ],
  "over-fitting": [{ steps: 3000 }, { change: l2(0.1), afresh: true, steps: 520 }, { change: (/** @type {Spec} */ spec) => data({ samples: 500, train_fraction: 0.5 })(l2(0)(spec)), afresh: true, steps: 600 }],
  convolution: [{ run: { evaluation: { loss: 0.1, accuracy: 0.96 } } }, { run: { epoch: 2 } }],
  shortcuts: [{ run: { step: 401 } }, { change: relu, run: { evaluation: { loss: 0.5, accuracy: 0.81 } } }, {}],
  "small-gpt": [{ run: { evaluation: { loss: 2.4, accuracy: 0.3 } } }, { run: { evaluation: { loss: 2, accuracy: 0.4 } } }, {}],
};
const DATA = { playground: () => ({}), digits: () => ({ train: images("mnist-train", 200), test: images("mnist-test", 100) }), gpt: () => ({ text: text(20_000) }) };

for (const lesson of LESSONS) {
  test(`lesson: ${lesson.title}`, async () => {
    const network = [playground, digits, gpt].find(({ id }) => id === lesson.network);
    assert.ok(network, lesson.network);
    let { spec } = exampleOf(lesson, network);
    const call = await startEngine();
    const run = new Run();
    const evaluate = async () => run.measured(await call("evaluate", { session: 1, split: "test" }));
    const create = async () => {
      run.restart();
      await call("create", { session: 1, spec, device: "cpu", ...DATA[/** @type {"playground"} */ (lesson.network)]() });
      await evaluate();
    };
    await create();
    assert.equal(lesson.steps.length, DOING[lesson.id]?.length);
    for (const [n, step] of lesson.steps.entries()) {
      const { change, afresh, steps = 0, run: readings } = DOING[lesson.id]?.[n] ?? {};
      assert.equal(reached(step, { spec, run }), !step.goal, `step ${n + 1} is not done before it is done`);
      if (readings) {
        if (change) network.accept((spec = change(spec)));
        Object.assign(run, readings);
      } else if (step.goal) {
        if (change) {
          network.accept((spec = change(spec)));
          if (!(await call("set", { session: 1, spec })).kept) run.restart();
        }
        if (afresh) await create();
        for (let piece = 0; piece < 20; piece++) {
          run.advance(await call("train", { session: 1, steps: Math.ceil(steps / 20), sync: true }));
          await evaluate();
          if (reached(step, { spec, run })) break;
        }
      }
      const { evaluation, curves } = run;
      assert.ok(reached(step, { spec, run }), `step ${n + 1}: ${JSON.stringify(step.goal)} at step ${run.step}, train ${curves.loss.y.at(-1)}, test ${evaluation?.loss}, ${evaluation?.accuracy}`);
    }
  });
}

test("a lesson that is not one is refused with its place", () => {
  const good = LESSONS[0];
  const broken = /** @type {[object, string][]} */ ([
    [{ ...good, id: "One neuron" }, "id"],
    [{ ...good, id: undefined }, "id"],
    [{ ...good, steps: [] }, "steps"],
    [{ ...good, changes: [] }, "changes"],
    [{ ...good, steps: [null] }, "steps[0].text"],
    [{ ...good, steps: [{ text: "one" }] }, "steps[0].text"],
    [{ ...good, steps: [{ text: [], goal: "500 steps" }] }, "steps[0].goal"],
    [{ ...good, steps: [{ text: [], goal: { all: [] } }] }, "steps[0].goal"],
    [{ ...good, steps: [{ text: [], goal: { text: "", all: 5 } }] }, "steps[0].goal.all"],
    [{ ...good, steps: [{ text: [], goal: { text: "", all: [{ reading: "step", above: "500" }] } }] }, "steps[0].goal.all[0]"],
    [{ ...good, steps: [{ text: [], goal: { text: "", all: [{ reading: "luck", above: 1 }] } }] }, "steps[0].goal.all[0]"],
    [{ ...good, steps: [{ text: [], goal: { text: "", all: [{ reading: "luck", spec: "optimizer.lr", above: 1 }] } }] }, "steps[0].goal.all[0]"],
    [{ ...good, steps: [{ text: [], goal: { text: "", all: [{ spec: "optimizer.lr" }] } }] }, "steps[0].goal.all[0]"],
  ]);
  for (const [lesson, place] of broken) assert.throws(() => lessonOf(lesson), (/** @type {any} */ error) => error.at === place, place);
});
