// Makes the npm package from what the build made: the modules that its exports reach, the files that those name by `new URL('…', import.meta.url)`, their
// types, a README and the licences. A module among these files, such as the engine's worker, becomes one file that imports nothing, since other sites'
// bundlers copy it as it is. Imports modules.mjs; tsc makes the types.
//
//   node scripts/package.mjs [folder, default pkg]

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { joined, reached } from "./modules.mjs";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");

/** What the package exports, and the module of the site that it is. */
const EXPORTS = { ".": "api", "./element": "element" };

/**
 * The files that a module names by their addresses; paths in dist/.
 * @param {string} module
 */
function named(module) {
  const source = readFileSync(join(dist, module), "utf8");
  return [...source.matchAll(/\bnew URL\('([^']+)', import\.meta\.url\)/g)].map(([, path = ""]) => join(dirname(module), path));
}

/** A field of the crate: each of these facts stands in Cargo.toml only. @param {string} field */
function ofCrate(field) {
  const crate = readFileSync(join(root, "Cargo.toml"), "utf8").split("[package]")[1] ?? "";
  const value = new RegExp(`^${field} = (.+)$`, "m").exec(crate)?.[1];
  if (!value) throw new Error(`Cargo.toml has no ${field} of the package`);
  return JSON.parse(value);
}

/** @param {string} folder */
function manifest(folder) {
  const entry = (/** @type {string} */ name) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
  return {
    name: "tabgrad",
    version: ofCrate("version"),
    description: ofCrate("description"),
    keywords: ofCrate("keywords"),
    license: ofCrate("license"),
    type: "module",
    engines: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines,
    exports: { ...Object.fromEntries(Object.entries(EXPORTS).map(([path, name]) => [path, entry(name)])), "./package.json": "./package.json" },
    types: `./${EXPORTS["."]}.d.ts`,
    sideEffects: [`./${EXPORTS["./element"]}.js`],
    files: readdirSync(folder).sort(),
  };
}

/** @param {string} folder what is there gives way to the package */
async function makePackage(folder) {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  /** @param {string} path @param {Uint8Array | string} [content] that of the site's file, if it is left out */
  const put = (path, content) => {
    mkdirSync(dirname(join(part, path)), { recursive: true });
    if (content === undefined) copyFileSync(join(dist, path), join(part, path));
    else writeFileSync(join(part, path), content);
  };
  const modules = await reached(dist, Object.values(EXPORTS).map((name) => `${name}.js`));
  for (const module of modules) put(module);
  for (const file of new Set(modules.flatMap(named))) put(file, file.endsWith(".js") ? await joined(dist, file) : undefined);

  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--project", join(root, "tsconfig.package.json"), "--outDir", part], { stdio: "inherit" });
  const www = join(root, "www");
  for (const path of readdirSync(www, { recursive: true, encoding: "utf8" })) {
    if (path.endsWith(".d.ts")) put(path, readFileSync(join(www, path))); // by hand
  }
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) put(licence);
  put("README.md", readFileSync(join(root, "docs/package.md")));
  put("embedding.md", readFileSync(join(root, "docs/embedding.md"))); // which it refers to
  put("package.json", `${JSON.stringify(manifest(part), null, 2)}\n`);
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
}

const folder = resolve(process.argv[2] ?? join(root, "pkg"));
try {
  await makePackage(folder);
} catch (error) {
  console.error(`package: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
