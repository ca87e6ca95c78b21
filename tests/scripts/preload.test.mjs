// Proves: the document names all modules that the page begins with, each before the browser could know of it by reading another, and none that is not there.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { joined, reached } from "../../scripts/modules.mjs";
import { preloaded } from "../../scripts/preload.mjs";

const WWW = new URL("../../www", import.meta.url).pathname;

/** @param {string} module @param {RegExp} pattern of an import */
const imports = (module, pattern) => [...readFileSync(join(WWW, module), "utf8").matchAll(pattern)].map(([, path = ""]) => join(dirname(module), path));
const STATIC = /^(?:import|export) .*?from '(\.[^']+)'/gm;

test("the modules that the page begins with are all named, the engine's first", async () => {
  const named = await preloaded(WWW);
  assert.deepEqual(named.filter((module) => !existsSync(join(WWW, module))), []);
  assert.equal(named[0], "start.js");
  assert.ok(named.indexOf("core/connect.js") < named.indexOf("main.js"));
  const wanted = named.filter((module) => module.endsWith(".js")).flatMap((module) => imports(module, STATIC));
  assert.ok(wanted.includes("examples/digits.json"), "examples are there with their own");
  assert.deepEqual(wanted.filter((module) => !named.includes(module)), []);
  assert.deepEqual(imports("examples/index.js", /import\('(\.[^']+)'\)/g).filter((module) => !named.includes(module)), []);
  assert.equal(new Set(named).size, named.length);
  for (const later of ["shell.js", "parts/offline.js", "views/inside/inside.js", "lessons/index.js"]) assert.ok(!named.includes(later), later);
});

test("the engine's worker is one file", async () => {
  assert.ok((await reached(WWW, ["worker.js"])).includes("core/host.js"));
  const text = new TextDecoder().decode(await joined(WWW, "worker.js"));
  assert.doesNotMatch(text, /^import /m);
  assert.match(text, /self\.onmessage/);
});
