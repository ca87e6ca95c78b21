// `<tab-grad>` in pages that real documentation tools build: each builds a page with it, which is served from another origin and trains there.
// Not among `./build.sh test`, as it needs the tools: MkDocs (with Material), Sphinx (with Furo), mdBook and rustdoc, on the PATH. Wants a built site in dist/.
//
//   node tests/embed/docs.mjs [--shots FOLDER] [mkdocs sphinx mdbook rustdoc]     without names: all

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { launchChromium } from "../../scripts/browsers.mjs";
import { serve } from "../../scripts/server.mjs";
import { PATIENCE, site } from "../page/page.mjs";

const DEMO = `<tab-grad src="playground" epochs="20">\nA circle, told apart in 20 epochs.\n</tab-grad>`;

/** @type {{ [tool: string]: (script: string) => { files: { [path: string]: string }, command: string[], page: string } }} */
const TOOLS = {
  mkdocs: (script) => ({
    files: {
      "mkdocs.yml": `site_name: Sample\ntheme:\n  name: material\n  palette:\n    - media: "(prefers-color-scheme: light)"\n      scheme: default\n    - media: "(prefers-color-scheme: dark)"\n      scheme: slate\nextra_javascript:\n  - path: ${script}\n    type: module\n`,
      "docs/index.md": `# Sample\n\n${DEMO}\n\nText after it.\n`,
    },
    command: ["mkdocs", "build", "--quiet"],
    page: "site/",
  }),
  sphinx: (script) => ({
    files: {
      "conf.py": `project = "Sample"\nhtml_theme = "furo"\nhtml_js_files = [("${script}", {"type": "module"})]\n`,
      "index.rst": `Sample\n======\n\n.. raw:: html\n\n${DEMO.replace(/^/gm, "   ")}\n\nText after it.\n`,
    },
    command: ["sphinx-build", "-q", ".", "site"],
    page: "site/",
  }),
  mdbook: (script) => ({
    files: {
      "book.toml": `[book]\ntitle = "Sample"\n[output.html]\npreferred-dark-theme = "navy"\n`,
      "src/SUMMARY.md": "# Summary\n\n- [Sample](sample.md)\n",
      "src/sample.md": `# Sample\n\n<script type="module" src="${script}"></script>\n\n${DEMO}\n\nText after it.\n`,
    },
    command: ["mdbook", "build"],
    page: "book/sample.html",
  }),
  rustdoc: (script) => ({
    files: {
      "header.html": `<script type="module" src="${script}"></script>\n<style>[data-theme="dark"], [data-theme="ayu"] { color-scheme: dark }</style>\n`,
      "sample.rs": `//! Sample\n//!\n${DEMO.replace(/^/gm, "//! ")}\n//!\n//! Text after it.\n`,
    },
    command: ["rustdoc", "--html-in-header", "header.html", "--out-dir", "site", "sample.rs"],
    page: "site/sample/",
  }),
};

const { values, positionals } = parseArgs({ options: { shots: { type: "string" } }, allowPositionals: true });
const folder = mkdtempSync(join(tmpdir(), "embed-docs-"));
const [tabgrad, docs] = await Promise.all([site(), serve(folder, { isolated: false })]);
const browser = await launchChromium();
try {
  for (const name of positionals.length ? positionals : Object.keys(TOOLS)) {
    const tool = TOOLS[name] ?? assert.fail(`there is no ${name}: there are ${Object.keys(TOOLS).join(", ")}`);
    const { files, command, page: address } = tool(`${tabgrad.url}embed.js`);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), text);
    }
    const [program = "", ...rest] = command;
    const built = spawnSync(program, rest, { cwd: join(folder, name), encoding: "utf8" });
    assert.ok(!built.error, `${program} cannot be started: install ${name}, so that it is on the PATH`);
    assert.equal(built.status, 0, `${command.join(" ")}: ${built.stderr}`);

    const grounds = new Set();
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 1000 } });
      page.setDefaultTimeout(PATIENCE);
      /** @type {string[]} */
      const faults = [];
      page.on("pageerror", (error) => faults.push(String(error)));
      await page.goto(`${docs.url}${name}/${address}`);
      const demo = page.locator("tab-grad");
      await demo.scrollIntoViewIfNeeded();
      await demo.getByRole("button", { name: "Train" }).click();
      await demo.getByText("run complete").waitFor();
      const { step, testAccuracy } = await demo.evaluate((element) => Reflect.get(element, "metrics"));
      const ground = await demo.evaluate((element) => getComputedStyle(/** @type {Element} */ (element.shadowRoot?.querySelector(".demo"))).backgroundColor);
      if (values.shots) await page.screenshot({ path: join(values.shots, `${name}-${colorScheme}.png`) });
      grounds.add(ground);
      assert.equal(step, 500);
      assert.ok(testAccuracy > 0.9, `${name}: ${testAccuracy}`);
      assert.equal(await page.getByText("Text after it.").count(), 1);
      assert.deepEqual(faults, []);
      console.log(`${name}, ${colorScheme}: 500 steps, test accuracy ${testAccuracy}, ground ${ground}`);
      await page.close();
    }
    assert.equal(grounds.size, 2, `${name}: light and dark are two`);
  }
} finally {
  await browser.close();
  await Promise.all([tabgrad.close(), docs.close()]);
  rmSync(folder, { recursive: true });
}
