// The npm package as others have it: packed, installed in an empty project, its types checked, and the samples of docs/package.md run in Chromium and in Node.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { launchChromium } from "../../scripts/browsers.mjs";
import { serve } from "../../scripts/server.mjs";
import { site } from "../page/page.mjs";
import { elements, found, learned, page, program, project, run, samples, told, tsc, visit } from "./package.mjs";

const CONSUMER = `
import { createEngine, EngineError, type Evaluation, type Progress, type Session, type Spec } from "tabgrad"
import { TabGrad } from "tabgrad/element"

const spec: Spec = {
  input: [2], layers: [{ type: "Linear", out_features: 1 }], loss: { type: "MSELoss" }, optimizer: { type: "SGD", lr: 0.1 },
  data: { type: "Points", shape: "plane" },
}
const engine = await createEngine({ site: new URL("https://example.org/") })
const session: Session = await engine.open(spec, { device: "cpu" })
const { step, points }: Progress = await session.train({ epochs: 1, signal: AbortSignal.timeout(1), onProgress: (progress) => progress.step.toFixed() })
const { loss, confusion }: Evaluation = await session.evaluate("test", { details: true })
const output: Float32Array = (await session.predict([[0, 1], new Float32Array(2)])).output
const numbers: number[] = [step, points.length, loss, confusion?.classes ?? 0, output.length, session.report.params]
const bytes: Uint8Array = await session.save()
const again: Session = await engine.load(bytes, { data: { text: "a" } })
const problem = new EngineError({ code: "spec", message: "" }) satisfies Error
const texts: string[] = [problem.code, problem.hint, problem.at, session.device.why]

TabGrad.site = null
const element: TabGrad | null = document.querySelector("tab-grad")
if (element) {
  element.lr = 0.1
  element.addEventListener("done", ({ detail }) => detail.testLoss?.toFixed())
  element.addEventListener("click", () => {})
  await element.train()
}

// @ts-expect-error there is no such device
await engine.open(spec, { device: "tpu" })
// @ts-expect-error data must be of a known type
const wrong: Spec = { ...spec, data: { type: "Nothing" } }
// @ts-expect-error a learning rate is a number
if (element) element.lr = "fast"
export { numbers, texts, again, wrong }
`;

const OPTIONS = { strict: true, noEmit: true, target: "es2023", module: "nodenext", lib: ["es2023", "dom", "dom.iterable"], types: [], exactOptionalPropertyTypes: true };

describe("the npm package", () => {
  /** @type {Awaited<ReturnType<typeof project>>} */
  let app;
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof serve>>[]} */
  const servers = [];
  const served = async (/** @type {Promise<Awaited<ReturnType<typeof serve>>>} */ starting) => {
    servers.push(await starting);
    return servers.at(-1)?.url ?? "";
  };

  before(async () => {
    [app, browser] = await Promise.all([project(), launchChromium({ webgpu: false })]);
  });
  after(async () => {
    await browser?.close();
    for (const { close } of servers) await close();
    await app?.remove();
  });

  /** A page of the project, without a bundler, under the policy that docs/package.md asks for. @param {string} name @param {string} body @param {string} [from] the site */
  async function plain(name, body, from = "") {
    const [map] = await samples("json");
    const policy = `default-src 'none'; img-src data:; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src blob: 'self'; connect-src 'self' ${from}`;
    await app.write(`${name}.html`, page(body, `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="importmap">${map}</script>`));
  }

  test("it holds what it needs, its facts are the crate's, and no data set comes along", async () => {
    const installed = join(app.folder, "node_modules/tabgrad");
    const { version, license } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    const crate = await readFile(new URL("../../Cargo.toml", import.meta.url), "utf8");
    assert.ok(crate.includes(`version = "${version}"`) && crate.includes(`license = "${license}"`));
    const files = await readdir(installed, { recursive: true });
    for (const file of ["README.md", "embedding.md", "LICENSE-MIT", "LICENSE-APACHE", "engine/tabgrad_bg.wasm", "engine/threads/tabgrad_bg.wasm", "api.d.ts", "element.d.ts"]) assert.ok(files.includes(file), file);
    assert.deepEqual(files.filter((file) => /index\.html|main\.js|\.gz$|embed\.js|views\/gallery/.test(file)), []);
    for (const file of ["worker.js", "thread.js", "engine/tabgrad.js", "engine/threads/tabgrad.js"]) {
      assert.doesNotMatch(await readFile(join(installed, file), "utf8"), /^\s*import\b[^(]*\bfrom\b/m, `${file} is copied as it is by bundlers, without what it imports`);
    }
    const root = new URL("../..", import.meta.url).pathname;
    for (const file of files.filter((name) => /\.(js|ts|json|md)$/.test(name))) assert.ok(!(await readFile(join(installed, file), "utf8")).includes(root), `${file} names a folder of this machine`);
  });

  test("its types hold for a strict program in TypeScript, and for the samples", async () => {
    await app.write("consumer.ts", CONSUMER);
    await app.write("samples.js", (await samples("js")).join("\n"));
    await app.write("tsconfig.json", JSON.stringify({ compilerOptions: { ...OPTIONS, allowJs: true, checkJs: true }, files: ["consumer.ts", "samples.js"] }));
    await tsc(["--project", "."], app.folder);
  });

  for (const isolated of [false, true]) {
    test(`the samples learn what they are to, in a page that is ${isolated ? "" : "not "}isolated from others`, async () => {
      await plain("engine", `<script type="module">${await program()}\nglobalThis.found.device = xor.device.name</script>`);
      const url = await served(serve(app.folder, { isolated }));
      const { device, ...results } = await visit(browser, `${url}engine.html`, found);
      learned(results);
      assert.match(device, isolated ? /threads/ : /^CPU \(WebAssembly SIMD\)$/);
    });
  }

  test("in Node they learn the same", async () => {
    const file = await app.write("node.mjs", `${await program()}\nconsole.log(JSON.stringify(globalThis.found))\n`);
    learned(JSON.parse((await run(process.execPath, [file], app.folder)).trim().split("\n").at(-1) ?? ""));
  });

  test("what goes wrong is an EngineError that says what, where and what to do; sessions go on", async () => {
    const file = await app.write("errors.mjs", `
import { createEngine, EngineError } from "tabgrad"
const spec = { input: [2], layers: [{ type: "Linear", out_features: 1 }], loss: { type: "MSELoss" }, optimizer: { type: "SGD", lr: 0.1 }, batch_size: 2, data: { type: "Table", x: [[0, 1], [1, 1]], y: [0, 1] } }
const engine = await createEngine()
const session = await engine.open(spec)
const closed = await engine.open(spec)
await closed.close()
const tries = {
  layer: () => engine.open({ ...spec, layers: [{ type: "Linaer" }] }),
  nothing: () => engine.open(undefined),
  file: () => engine.load(new Uint8Array(9)),
  site: () => createEngine({ site: "::" }),
  set: () => session.set({ ...spec, batch_size: 100 }),
  amount: () => session.train({}),
  both: () => session.train({ steps: 1, epochs: 1 }),
  half: () => session.train({ steps: 0.5 }),
  flat: () => session.predict([0, 1]),
  short: () => session.predict([[0]]),
  images: () => engine.open({ ...spec, data: { type: "Images", name: "mnist" } }),
  webgpu: () => engine.open(spec, { device: "webgpu" }),
  closed: () => closed.train({ steps: 1 }),
  infinite: async () => (await engine.open({ ...spec, optimizer: { type: "SGD", lr: 1e30 } })).train({ steps: 9 }),
}
const told = {}
for (const [name, attempt] of Object.entries(tries)) {
  told[name] = await attempt().then(() => null, (error) => ({ known: error instanceof EngineError, code: error.code, message: error.message, hint: error.hint, at: error.at }))
}
const aborted = await session.train({ steps: 1e9, signal: AbortSignal.timeout(50) }).catch(({ name }) => name)
const { step } = await session.train({ steps: 1 })
engine.close()
told.gone = await session.evaluate().catch(({ code }) => code)
console.log(JSON.stringify({ told, aborted, on: step > 1 && step === session.step }))
`);
    const { told: all, aborted, on } = JSON.parse(await run(process.execPath, [file], app.folder));
    const { gone, ...errors } = all;
    for (const [name, error] of Object.entries(errors)) assert.ok(error?.known && error.message && (error.hint || name === "nothing"), `${name}: ${JSON.stringify(error)}`);
    assert.deepEqual(Object.entries(errors).map(([name, { code }]) => `${name}: ${code}`), [
      "layer: spec", "nothing: spec", "file: checkpoint", "site: option", "set: spec", "amount: option", "both: option", "half: option", "flat: option", "short: data", "images: data", "webgpu: device",
      "closed: session", "infinite: non_finite",
    ]);
    assert.equal(errors.layer.at, "layers[0]");
    assert.match(errors.images.message, /"mnist" is not here/);
    assert.deepEqual([aborted, on, gone], ["TimeoutError", true, "gone"]);
  });

  test("the element trains, also one whose data set comes from a site; without one, that is said", async () => {
    const from = await served(site());
    const [made, digits] = await elements(from);
    const url = await served(serve(app.folder, { isolated: false }));
    await plain("made", /** @type {string} */ (made));
    await plain("digits", /** @type {string} */ (digits).replace("<tab-grad", '<tab-grad device="cpu"'), from);
    await plain("without", /** @type {string} */ (made).replace('src="playground"', 'src="digits"'));
    const { ready, metrics, ways } = await visit(browser, `${url}made.html`, async (one) => {
      const { detail } = await told("ready")(one);
      await one.locator("tab-grad").evaluate((element) => void Reflect.get(element, "train").call(element));
      return { ready: detail, metrics: (await told("metrics")(one)).detail, ways: await one.getByText(/Embed code|Open in tabgrad/).count() };
    });
    assert.deepEqual([ready.device, ways], ["cpu", 0], "there is no site to go on to");
    assert.ok(metrics.step > 0 && metrics.loss > 0, JSON.stringify(metrics));
    const done = await visit(browser, `${url}digits.html`, async (one) => {
      const event = await told("done")(one);
      return { ...event, ways: await one.getByText(/Embed code|Open in tabgrad/).count() };
    });
    assert.deepEqual([done.name, done.detail.step, done.ways], ["done", 2, 2]);
    const without = await visit(browser, `${url}without.html`, told("ready"));
    assert.match(`${without.name}: ${without.detail.message} ${without.detail.hint}`, /^error: The data set "mnist" is not here.*site/);
  });

  test("what renders pages on a server can import the element", async () => {
    const file = await app.write("server.mjs", `import { TabGrad } from "tabgrad/element"\nconsole.log(typeof TabGrad)\n`);
    assert.equal((await run(process.execPath, [file], app.folder)).trim(), "function");
  });
});
