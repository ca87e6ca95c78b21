// The engine in Node, on the CPU: sessions trained in pieces, as the page does it, with what the page keeps of a run. From dist/, as it is shipped.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Run } from "../../www/core/run.js";
import { byteTensor, readSafetensors } from "../../www/lib/safetensors.js";

const dist = new URL("../../dist/", import.meta.url);
/** @param {string} file */
const unpacked = (file) => new Uint8Array(gunzipSync(readFileSync(new URL(`data/${file}`, dist))));

/** @returns {Promise<(type: string, body: object) => Promise<any>>} asks a new engine; refusals are thrown, with the `reply` */
export async function startEngine() {
  const module = await import(new URL("engine/tabgrad.js", dist).href);
  await module.default({ module_or_path: readFileSync(new URL("engine/tabgrad_bg.wasm", dist)) });
  const engine = new module.Engine();
  return async (type, body) => {
    const reply = await engine.handle({ ...body, type });
    if (!reply.ok) throw Object.assign(new Error(`${type}: ${reply.at} ${reply.message} ${reply.hint}`), { reply });
    return reply;
  };
}

/** The first images of a data set's part. @param {string} file @param {number} count */
export function images(file, count) {
  const all = readSafetensors(unpacked(`${file}.safetensors.gz`));
  return { images: byteTensor(all, "images").data.slice(0, 784 * count), labels: byteTensor(all, "labels").data.slice(0, count) };
}

/** The first characters of the book. @param {number} count */
export const text = (count) => unpacked("moby-dick.txt.gz").slice(0, count);

/**
 * Trains in twenty pieces, with a test after each.
 * @param {Awaited<ReturnType<typeof startEngine>>} call
 * @param {number} session
 * @param {{ spec: any, data?: object, steps: number, change?: (call: any, session: number) => Promise<void> }} job change: of the weights, before it begins
 */
export async function trained(call, session, { spec, data, steps, change }) {
  const opened = await call("create", { session, spec, device: "cpu", ...data });
  await change?.(call, session);
  const run = new Run();
  run.measured(await call("evaluate", { session, split: "test" }));
  for (let piece = 0; piece < 20 && !run.broken; piece++) {
    run.advance(await call("train", { session, steps: Math.ceil(steps / 20), sync: true }));
    if (!run.broken) run.measured(await call("evaluate", { session, split: "test" }));
  }
  return { session, spec, opened, run };
}
