// tabgrad: the engine of dist/, spoken to in messages as the page does (www/core/protocol.js). Imports tabgrad-specs.js.

import { inputs } from "../workloads.js";
import { CHAIN, experiment, productSpec } from "./tabgrad-specs.js";

/** @typedef {import("../workloads.js").Problem} Problem */

const SESSION = 1;

/** @param {string} device "auto", "cpu" or "webgpu" */
export async function open(device) {
  const [{ startEngine }, { MODULE }, { startThreads }] = await Promise.all(["engine.js", "module.js", "threads.js"].map((file) => import(`/dist/core/${file}`)));
  const engine = await startEngine(MODULE, startThreads().ports);
  /** @param {string} type @param {object} [fields] */
  const call = async (type, fields) => {
    const reply = await engine.handle({ type, session: SESSION, ...fields });
    if (!reply.ok) throw new Error(`${reply.message}${reply.at ? ` (${reply.at})` : ""}`);
    return reply;
  };
  const peer = {
    device,
    /** @param {Problem} problem */
    async open(problem) {
      const { create, values } = experiment(problem);
      peer.device = (await call("create", { ...create, device })).device.kind;
      for (const [name, data] of Object.entries(values)) await call("write", { name, data });
    },
    /** @param {Problem} problem */
    async train(problem) {
      await peer.open(problem);
      return async (/** @type {number} */ steps) => (await call("train", { steps, sync: true })).points.at(-1).loss;
    },
    /** @param {Problem} problem */
    async infer(problem) {
      await peer.open(problem);
      const example = Float32Array.from(inputs(problem).subarray(0, problem.x.length / problem.workload.batch));
      return async () => (await call("predict", { inputs: example, count: 1 })).output;
    },
    /** A product by itself is not a message: the evaluation of some Linear layers and a cross entropy is products, and little else. */
    chain: CHAIN,
    /** @param {number} n */
    async product(n) {
      peer.device = (await call("create", { ...productSpec(n), device })).device.kind;
      return async (/** @type {number} */ times) => {
        for (let i = 0; i < times; i += CHAIN) await call("evaluate", { split: "train" });
      };
    },
  };
  return peer;
}
