// Proves that every text of the page, in its sources and its data, and of the engine is in every catalogue (www/lang), with the same holes, and that no
// catalogue has others; and that reader and language find each other.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "espree";
import { languageFor } from "../../www/lib/i18n.js";
import { engineTexts } from "./engine-texts.mjs";

const root = join(import.meta.dirname, "../..");
const www = join(root, "www");

/** @param {string} folder @param {RegExp} wanted */
const filesIn = (folder, wanted) => readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => wanted.test(name)).map((name) => join(folder, name));

/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(file, "utf8"));

/**
 * The first arguments of all calls of `t` and `parts`.
 * @param {string} source
 * @returns {{ text: string | null, line: number }[]} null: not a literal
 */
function texts(source) {
  /** @type {{ text: string | null, line: number }[]} */
  const found = [];
  /** @param {any} node */
  const visit = (node) => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!node || typeof node.type !== "string") return;
    if (node.type === "CallExpression" && node.callee.type === "Identifier" && ["t", "parts"].includes(node.callee.name)) {
      const [first] = node.arguments;
      found.push({ text: first?.type === "Literal" && typeof first.value === "string" ? first.value : null, line: node.loc.start.line });
    }
    Object.values(node).forEach(visit);
  };
  visit(parse(source, { ecmaVersion: "latest", sourceType: "module", loc: true }));
  return found;
}

/** @param {string} text */
const holes = (text) => [...text.matchAll(/\{(\w*)\}/g)].map(([, name]) => name).sort();

const sources = filesIn(www, /\.js$/).filter((file) => !file.includes("/vendor/"));
const calls = sources.flatMap((file) => texts(readFileSync(file, "utf8")).map((call) => ({ ...call, file: file.slice(root.length + 1) })));
const engine = engineTexts();
/** The texts of index.html that main.js puts in the page's language. */
function ofPage() {
  const html = readFileSync(join(www, "index.html"), "utf8");
  const marked = [...html.matchAll(/<\w+[^>]*\bdata-said="([\w-]+)"[^>]*>([^<]*)/g)];
  return marked.map(([tag, name, text = ""]) => (name === "text" ? text.trim().replace(/\s+/g, " ") : new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]) ?? assert.fail(tag));
}

/** The texts of the page that stand in data: what is shown of the lessons, and the examples' names. */
const ofData = () => [
  ...filesIn(join(www, "examples"), /\.json$/).map((file) => json(file).name),
  ...filesIn(join(www, "lessons"), /\.json$/).flatMap((file) => {
    const { title, about, steps } = json(file);
    return [title, about, ...steps.flatMap((/** @type {any} */ { text, goal }) => [...text, goal?.text ?? []].flat())];
  }),
];

const data = [...ofPage(), ...ofData()];
const catalogues = filesIn(join(www, "lang"), /\.json$/);

test("texts are literals where they are translated", () => {
  assert.ok(calls.length > 0);
  assert.ok(data.includes("Skip to the content") && data.includes("Networks") && data.includes("One neuron"));
  assert.deepEqual(calls.filter(({ text, file }) => text === null && file !== "www/lib/i18n.js"), []);
});

for (const file of catalogues) {
  const catalogue = json(file);
  const name = file.split("/").at(-1);

  test(`${name} has every text of the page, and no other`, () => {
    const used = new Set([...calls.flatMap(({ text }) => text ?? []), ...engine.keys(), ...data]);
    const has = new Set(Object.keys(catalogue));
    assert.deepEqual([...used].filter((text) => !has.has(text)), [], "missing");
    assert.deepEqual([...has].filter((text) => !used.has(text)), [], "not used");
  });

  test(`${name} has the same holes, in sorted lines, and nothing empty`, () => {
    for (const [english, own] of Object.entries(catalogue)) {
      assert.deepEqual(holes(own), holes(english), english);
      assert.notEqual(own.trim(), "", english);
    }
    assert.deepEqual(Object.keys(catalogue), Object.keys(catalogue).toSorted());
  });
}

test("a reader gets the first of their languages that there is", () => {
  assert.equal(languageFor(["zh-CN", "en"]), "zh-Hans");
  assert.equal(languageFor(["zh"]), "zh-Hans");
  assert.equal(languageFor(["zh-TW", "en-GB"]), "en", "traditional characters are another script");
  assert.equal(languageFor(["pt-BR", "zh-Hans-SG"]), "zh-Hans");
  assert.equal(languageFor([]), "en");
});
