// Proves: the engine as it is shipped answers in Node too, where there is no GPU, and holds no path of the machine that built it.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { startEngine } from "./engine.mjs";

const spec = {
  input: [2],
  layers: [{ type: "Linear", out_features: 4 }, { type: "Activation", formula: "x*tanh(softplus(x))" }, { type: "Linear", out_features: 1 }],
  loss: { type: "BCEWithLogitsLoss" },
  optimizer: { type: "Adam", lr: 0.01 },
  batch_size: 8,
  data: { type: "Points", shape: "xor", samples: 64 },
};

test("a GPU that is not there", async () => {
  const call = await startEngine();
  await assert.rejects(call("create", { session: 1, spec, device: "webgpu" }), /no GPU adapter found use the CPU/);
  const { device } = await call("create", { session: 2, spec, device: "auto" });
  assert.equal(device.kind, "cpu", JSON.stringify(device));
  const { points } = await call("train", { session: 2, steps: 3, sync: true });
  assert.ok(points.length > 0 && points.every((/** @type {any} */ point) => Number.isFinite(point.loss)), JSON.stringify(points));
});

test("no paths of the machine that built it", () => {
  const engine = new URL("../../dist/engine/", import.meta.url);
  const modules = readdirSync(engine, { recursive: true }).filter((name) => String(name).endsWith(".wasm"));
  assert.equal(modules.length, 2);
  const here = fileURLToPath(new URL("../..", import.meta.url));
  for (const name of modules) {
    const module = readFileSync(new URL(String(name), engine), "latin1");
    for (const path of [homedir(), here]) assert.ok(!module.includes(path), `${name} names ${path}`);
  }
});
