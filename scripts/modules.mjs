// What the site's modules are made of: which ones reach which, and several as one. Imports esbuild, which finds and joins modules.

import { build } from "esbuild";
import { resolve } from "node:path";

/** esbuild's options: modules as they are, joined. @param {string} folder of the assembled site */
const joining = (folder) => /** @type {const} */ ({ absWorkingDir: resolve(folder), bundle: true, format: "esm", target: "es2022", write: false, logLevel: "error" });

/**
 * The modules that some reach by their imports, themselves among them; paths in the folder.
 * @param {string} folder
 * @param {string[]} modules
 * @param {(by: string) => boolean} [later] whether those count, too, that this module imports later, when it wants them
 */
export async function reached(folder, modules, later = () => true) {
  const { metafile } = await build({ ...joining(folder), entryPoints: modules, splitting: true, outdir: resolve(folder), metafile: true });
  const found = new Set(modules);
  for (const module of found) {
    for (const { path, kind } of metafile.inputs[module]?.imports ?? []) if (kind !== "dynamic-import" || later(module)) found.add(path);
  }
  return [...found];
}

/** Workers speak English: what is joined for them has no catalogues. @type {import("esbuild").Plugin} */
const ENGLISH = { name: "English", setup: (build) => build.onLoad({ filter: /\blang[/\\][^/\\]+\.json$/ }, () => ({ contents: "{}", loader: "json" })) };

/**
 * One module without imports.
 * @param {string} folder
 * @param {string} module
 */
export async function joined(folder, module) {
  const { outputFiles } = await build({ ...joining(folder), entryPoints: [module], plugins: [ENGLISH] });
  return outputFiles[0]?.contents ?? new Uint8Array();
}
