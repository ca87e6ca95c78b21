// Proves: the picture of a schedule shows the rates that the engine learns at: of plain descent a step is the rate times the gradient, and both can be read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { rateAt } from "../../www/core/schedule.js";
import { startEngine } from "../diagnosis/engine.mjs";

const playground = JSON.parse(readFileSync(new URL("../../www/examples/playground.json", import.meta.url), "utf8"));

const schedules = [
  { schedule: { type: "ConstantLR" } },
  { schedule: { type: "ConstantLR" }, warmup_steps: 10 },
  { schedule: { type: "StepLR", step_size: 7, gamma: 0.3 }, warmup_steps: 4 },
  { schedule: { type: "CosineAnnealingLR", t_max: 12, eta_min: 0.01 } },
];

for (const changes of schedules) {
  test(JSON.stringify(changes), async () => {
    const call = await startEngine();
    const spec = { ...playground, ...changes, optimizer: { type: "SGD", lr: 0.2 } };
    await call("create", { session: 1, spec, device: "cpu" });
    for (let step = 0; step < 30; step++) {
      const { before, after, gradients } = await call("trace", { session: 1, start: 0, count: 50 });
      const gradient = gradients.find((/** @type {any} */ one) => one.name === before[0].name);
      const largest = gradient.data.reduce((/** @type {number} */ best, /** @type {number} */ value, /** @type {number} */ i) => (Math.abs(value) > Math.abs(gradient.data[best]) ? i : best), 0);
      const rate = (before[0].data[largest] - after[0].data[largest]) / gradient.data[largest];
      assert.ok(Math.abs(rate - rateAt(spec, step)) < 1e-3 * 0.2, `step ${step}: ${rate}, shown ${rateAt(spec, step)}`);
      await call("train", { session: 1, steps: 1, sync: true });
    }
  });
}
