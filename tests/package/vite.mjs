// The npm package bundled by Vite, built and in development: the samples of docs/package.md learn and its element trains. Not one of `./build.sh test`, as it installs Vite.
//
//   node tests/package/vite.mjs

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium } from "../../scripts/browsers.mjs";
import { serve } from "../../scripts/server.mjs";
import { site } from "../page/page.mjs";
import { elements, found, learned, page, program, project, run, told, visit } from "./package.mjs";

const VITE = "8.4.0";

/** Where the samples are told that a site of tabgrad is. */
const tabgrad = await site();
const app = await project(`vite@${VITE}`);
const browser = await launchChromium({ webgpu: false });
const vite = join(app.folder, "node_modules/vite/bin/vite.js");

/** @param {string} url */
async function works(url) {
  learned(await visit(browser, `${url}engine.html`, found));
  const { name, detail } = await visit(browser, `${url}digits.html`, told("done"));
  assert.deepEqual([name, detail.step], ["done", 2]);
}

/** Vite's own server, while `use` uses it. @param {(url: string) => Promise<void>} use */
async function developing(use) {
  const server = spawn(process.execPath, [vite, "--host", "127.0.0.1", "--port", "5273"], { cwd: app.folder, env: { ...process.env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "inherit"] });
  try {
    let said = "";
    for await (const text of server.stdout.setEncoding("utf8")) {
      said += text;
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0];
      if (url) return await use(url);
    }
    assert.fail(`Vite's server does not start: ${said}`);
  } finally {
    server.kill();
  }
}

try {
  const [, digits] = await elements(tabgrad.url);
  await app.write("engine.html", page(`<script type="module">${await program()}</script>`));
  await app.write("digits.html", page(/** @type {string} */ (digits).replace("<tab-grad", '<tab-grad device="cpu"')));
  await developing(works);
  console.log(`Vite ${VITE}: its server works`);
  await app.write("vite.config.js", `export default { build: { rollupOptions: { input: ["engine.html", "digits.html"] } } }`);
  await run(process.execPath, [vite, "build"], app.folder);
  // What it built needs nothing of the project.
  await rename(join(app.folder, "node_modules"), join(app.folder, "away"));
  for (const isolated of [false, true]) {
    const server = await serve(join(app.folder, "dist"), { isolated });
    await works(server.url);
    await server.close();
  }
  console.log(`Vite ${VITE}: what it builds works, isolated and not`);
} finally {
  await browser.close();
  await tabgrad.close();
  await app.remove();
}
