// Has the assembled site's page come sooner. What a page asks for module by module, each after those that import it, the document names at once: all that
// the page begins with. And the engine's worker, of which a document can name nothing, becomes one file. Imports modules.mjs.
//
//   node scripts/preload.mjs FOLDER

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { joined, reached } from "./modules.mjs";

/** Before the page shows anything, it asks for all that this module imports later. */
const AT_ONCE = "examples/index.js";

/**
 * The modules that the page begins with, by their paths: the engine's come first.
 * @param {string} folder
 */
export async function preloaded(folder) {
  const engine = await reached(folder, ["start.js"], () => false);
  return [...new Set([...engine, ...(await reached(folder, ["main.js"], (by) => by === AT_ONCE))])];
}

/** @param {string} folder */
async function hasten(folder) {
  const page = join(folder, "index.html");
  const links = (await preloaded(folder)).map((module) => `    <link rel="modulepreload" href="${module}"${module.endsWith(".json") ? ' as="json"' : ""} />\n`);
  writeFileSync(page, readFileSync(page, "utf8").replace("  </head>", () => `${links.join("")}  </head>`));
  writeFileSync(join(folder, "worker.js"), await joined(folder, "worker.js"));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [, , folder] = process.argv;
  if (!folder) throw new Error("which folder?");
  await hasten(folder);
}
