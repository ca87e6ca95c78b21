// Lists the files that the page needs offline, with their hashes, for its service worker (www/sw.js): writes site.json into the assembled site.
// The version is a hash of it all, so two builds of the same files are one version. Why not workbox-build: it brings 348 packages, Babel and Rollup
// among them, and keeps one version at a time, with an old page served from the new one's files. Node's standard library only.
//
//   node scripts/offline.mjs FOLDER

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";

/** Data sets come when they are used; the rest is for pages of others, for developers, and for the browser that installs the page. */
const LEFT_OUT = /^(data\/.*\.gz|embed\.html|embed\.js|embed\/.*|LICENSE.*|.*\.d\.ts|sw\.js|site\.json|.*\.webmanifest|icons\/.*)$/;

/** @param {string | Buffer} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/**
 * @param {string} folder
 * @returns {{ version: string, files: { [file: string]: string } }}
 */
export function list(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());
  const wanted = names.map((name) => name.split(sep).join("/")).filter((name) => !LEFT_OUT.test(name)).sort();
  const files = Object.fromEntries(wanted.map((name) => [name, sha256(readFileSync(join(folder, name)))]));
  return { version: sha256(JSON.stringify(files)).slice(0, 16), files };
}

const [, , folder] = process.argv;
if (!folder) throw new Error("which folder?");
writeFileSync(join(folder, "site.json"), `${JSON.stringify(list(folder), null, 1)}\n`);
