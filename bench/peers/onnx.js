// onnxruntime-web: inference only. Imports onnx-model.js, workloads.js.

import { size } from "../layers.js";
import { inputs, matrices } from "../workloads.js";
import { networkModel, productModel } from "./onnx-model.js";

/** @typedef {import("../workloads.js").Problem} Problem */

/** @param {string} backend "wasm" or "webgpu" */
export async function open(backend) {
  const module = `/bench/node_modules/onnxruntime-web/dist/ort.${backend}.bundle.min.mjs`;
  const ort = await import(module);
  ort.env.wasm.numThreads = 1;
  /** @param {Uint8Array} model */
  const start = (model) => ort.InferenceSession.create(model, { executionProviders: [backend] });
  return {
    device: backend,
    /** @param {Problem} problem */
    async infer(problem) {
      const { input, kind } = problem.workload;
      const session = await start(networkModel(problem));
      const example = inputs(problem).subarray(0, size(input));
      const x = kind === "tokens" ? new ort.Tensor("int32", example, input) : new ort.Tensor("float32", example, [1, ...input]);
      return async () => (await session.run({ x })).y.data;
    },
    /** @param {number} n */
    async product(n) {
      const session = await start(productModel(n, matrices(n)));
      const x = new ort.Tensor("float32", Float32Array.of(0), [1]);
      return async (/** @type {number} */ times) => {
        for (let i = 0; i < times; i++) await session.run({ x });
      };
    },
  };
}
