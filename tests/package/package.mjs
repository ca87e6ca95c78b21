// What the tests of the npm package share: an empty project in which the packed package is installed, the samples of docs/package.md, and pages. Imports the scripts.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

/** What takes longer hangs. */
export const PATIENCE = 120_000;

const root = resolve(import.meta.dirname, "../..");

/**
 * Runs a program; its output is in the error if it fails.
 * @param {string} program @param {string[]} args @param {string} cwd
 */
export async function run(program, args, cwd) {
  const { stdout } = await promisify(execFile)(program, args, { cwd, timeout: PATIENCE }).catch((error) => assert.fail(`${program} ${args.join(" ")}: ${error.stdout}${error.stderr}`));
  return stdout;
}

/** The repository's own compiler. @param {string[]} args @param {string} cwd */
export const tsc = (args, cwd) => run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...args], cwd);

/**
 * An empty project with the package and others from the registry; without those nothing is asked of the network.
 * @param {...string} others
 */
export async function project(...others) {
  const folder = await mkdtemp(join(tmpdir(), "package-"));
  const [pkg, app] = [join(folder, "pkg"), join(folder, "app")];
  await run(process.execPath, [join(root, "scripts/package.mjs"), pkg], root);
  const [{ filename }] = JSON.parse(await run("npm", ["pack", "--json", "--pack-destination", folder], pkg));
  const write = async (/** @type {string} */ name, /** @type {string} */ text) => {
    await writeFile(join(app, name), text);
    return join(app, name);
  };
  await run("mkdir", [app], folder);
  await write("package.json", JSON.stringify({ private: true, type: "module" }));
  const online = others.length ? [] : ["--offline"];
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...online, join(folder, filename), ...others], app);
  return { folder: app, write, remove: () => rm(dirname(app), { recursive: true }) };
}

/** The blocks of docs/package.md in a language. @param {string} language */
export async function samples(language) {
  const text = await readFile(join(root, "docs/package.md"), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, code = ""]) => (of === language ? [code] : []));
}

/** The samples of the engine as one module, which leaves what it found in `globalThis.found`. */
export const program = async () => `${(await samples("js")).join("\n")}\nglobalThis.found = { loss, accuracy, probabilities: [...probabilities], step: again.step, right, next: writer.vocabulary[last.indexOf(Math.max(...last))] }\n`;

/** What that module must have found. @param {any} found */
export function learned({ loss, accuracy, probabilities, step, right, next }) {
  assert.ok(loss < 0.01 && accuracy === 1, `XOR: loss ${loss}, accuracy ${accuracy}`);
  assert.ok(probabilities[0] > 0.9 && probabilities[1] < 0.1, `XOR: ${probabilities}`);
  assert.equal(step, 310, "the loaded one goes on from step 300");
  assert.equal(right, 1, "images");
  assert.equal(next, "t", "text");
}

/**
 * The samples of the element: each a page's body.
 * @param {string} site what stands for the address of a site
 */
export const elements = async (site) => (await samples("html")).map((html) => html.replace("https://HOST/", site));

/** @param {string} body @param {string} [head] */
export const page = (body, head = "") => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A project</title><link rel="icon" href="data:,">${head}</head><body>
<script>window.told = []; for (const name of ["ready", "metrics", "done", "error"]) addEventListener(name, (event) => event instanceof CustomEvent && told.push({ name, detail: event.detail }), true)</script>
${body}
</body></html>`;

/**
 * Visits a page; `ask` what is to be known of it. What goes wrong in it fails the test.
 * @template T
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {(page: import("playwright-core").Page) => Promise<T>} ask
 */
export async function visit(browser, url, ask) {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  const failed = new Promise((_, reject) => page.on("pageerror", (error) => (faults.push(String(error)), reject(error))));
  failed.catch(() => {});
  await page.goto(url);
  const answer = await Promise.race([ask(page), failed]);
  await context.close();
  assert.deepEqual(faults, []);
  return /** @type {T} */ (answer);
}

/** Waits for what the samples of the engine found. @param {import("playwright-core").Page} page */
export const found = async (page) => (await page.waitForFunction(() => Reflect.get(window, "found"))).jsonValue();

/** Waits for an event of the element. @param {string} name @returns {(page: import("playwright-core").Page) => Promise<any>} */
export const told = (name) => async (page) => (await page.waitForFunction((wanted) => Reflect.get(window, "told").find((/** @type {any} */ one) => one.name === wanted || one.name === "error"), name)).jsonValue();
