// Proves that what the engine and its worker say in English is found in a catalogue, with whatever fills its holes, and is put into good Chinese.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { filled, reader } from "../../www/lib/messages.js";
import { engineTexts } from "./engine-texts.mjs";

const CATALOGUE = {
  "a list": "是列表",
  "no GPU adapter found": "未找到 GPU 适配器",
  "the GPU was lost: {why}": "GPU 已丢失：{why}",
  "unknown field {odd}": "未知的字段 {odd}",
  "known: {0}": "可用的有：{0}",
  "{0} must be {what}, not {1}": "{0} 必须 {what}，而不是 {1}",
  "{0} needs {name}": "{name} 是 {0} 所需的",
  "{first} {second}": "{second}{first}",
  "{kind} {message}: its input is {input}": "{kind} {message}：其输入为 {input}",
  "needs an even number of features": "需要偶数个特征",
  loss: "损失",
  "{name}[{n}] is {value}": "{name}[{n}] 为 {value}",
  "[hole] infinite": "无穷大",
};
const said = reader(CATALOGUE);

test("a text is found whole, or by its template", () => {
  assert.equal(said("no GPU adapter found"), "未找到 GPU 适配器");
  assert.equal(said("unknown field kernel"), "未知的字段 kernel");
  assert.equal(said("the GPU was lost: it was\nunplugged"), "GPU 已丢失：it was\nunplugged");
  assert.equal(said("nobody wrote this"), "nobody wrote this");
  assert.equal(said("$1 (.*) [x] nobody"), "$1 (.*) [x] nobody");
});

test("what fills a hole is put into words, too, but names stay", () => {
  assert.equal(said("layers must be a list, not 3"), "layers 必须是列表，而不是 3");
  assert.equal(said("Linear needs an even number of features: its input is [3]"), "Linear 需要偶数个特征：其输入为 [3]");
  assert.equal(said("unknown field loss"), "未知的字段 loss");
  assert.equal(said("x[0] is infinite"), "x[0] 为无穷大");
  assert.equal(said("unknown field {odd}"), "未知的字段 {odd}");
});

test("a template of few signs swallows nothing, and of several the one that says most is meant", () => {
  assert.equal(said("two words"), "two words");
  assert.equal(said("Linear needs out_features"), "out_features 是 Linear 所需的");
  assert.equal(said("Linear needs an even number of features: its input is [3]"), "Linear 需要偶数个特征：其输入为 [3]");
});

test("places before a message and remedies behind it are kept", () => {
  assert.equal(said("layers[0].layers[1]: unknown field a (known: b, c)"), "layers[0].layers[1]: 未知的字段 a (可用的有：b, c)");
  assert.equal(said("layers[0]: Linear needs an even number of features: its input is [3]"), "layers[0]: Linear 需要偶数个特征：其输入为 [3]");
  assert.equal(said("spec: no GPU adapter found"), "spec: 未找到 GPU 适配器");
});

test("between two Chinese signs the space of the catalogue goes, elsewhere it stays", () => {
  assert.equal(filled("{a} 必须 {b}，而不是 {c}", { a: "学习率", b: "大于 0", c: "我的 文件" }), "学习率必须大于 0，而不是我的 文件");
  assert.equal(filled("{a} 必须 {b}", { a: "lr", b: "> 0" }), "lr 必须 > 0");
  assert.equal(filled("{a} and {b}", { a: "我", b: "你" }), "我 and 你");
  assert.equal(filled("{missing} stays", {}), "{missing} stays");
});

test("each text of the engine is found among all others of the Chinese catalogue", () => {
  const catalogue = JSON.parse(readFileSync(new URL("../../www/lang/zh-Hans.json", import.meta.url), "utf8"));
  const find = reader(catalogue);
  for (const english of engineTexts().keys()) {
    if (english.startsWith("[hole]")) continue;
    for (const sample of ["7", "Linear", "[3]", "kernel_size"]) {
      const names = [...english.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
      const values = Object.fromEntries(names.map((name) => [name, sample]));
      assert.equal(find(filled(english, values)), filled(catalogue[english], values));
    }
  }
});
