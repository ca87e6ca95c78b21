// Proves that the layering check sees each way in which a module can name another, and nothing else.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { MAY_USE, check } from "../../scripts/layers.mjs";

/**
 * The problems of a crate of these files, without their folder.
 * @param {Record<string, string>} files
 */
function problems(files) {
  const folder = mkdtempSync(join(tmpdir(), "layers-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return check(folder).map((problem) => problem.slice(folder.length + 1));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("allowed uses pass", () => {
  const files = {
    "lib.rs": "use crate::web::Engine;",
    "graph.rs": "use crate::{error::Error, shape::Shape};",
    "compile/lower.rs": "use super::memory::plan;\nuse crate::graph::Graph;",
    "gpu/mod.rs": "use wgpu::Device;\nuse crate::compile::Plan;",
    "web.rs": "use wasm_bindgen::prelude::*;",
  };
  assert.deepEqual(problems(files), []);
});

test("a forbidden module is found by path, group, super chain and inline use", () => {
  const says = (/** @type {string} */ at) => `${at}: 'compile' may not use 'tensor' (it may use: ${MAY_USE.compile.join(", ")})`;
  assert.deepEqual(problems({ "compile/a.rs": "\nuse crate::tensor::Tensor;" }), [says("compile/a.rs:2")]);
  assert.deepEqual(problems({ "compile/b.rs": "use crate::{graph::{self, Node},\n tensor::Tensor};" }), [says("compile/b.rs:1")]);
  assert.deepEqual(problems({ "compile/c/d.rs": "use super::super::super::tensor::T;" }), [says("compile/c/d.rs:1")]);
  assert.deepEqual(problems({ "compile/mod.rs": "use super::tensor::T;" }), [says("compile/mod.rs:1")]);
  assert.deepEqual(problems({ "compile/e.rs": "fn f() { crate::tensor::zeros() }" }), [says("compile/e.rs:1")]);
});

test("comments, strings and unit tests do not count", () => {
  const source = "const Q: char = '\"';" + '// crate::tensor\n/* wgpu:: */ const A: &str = "crate::tensor wgpu::";\n#[cfg(test)]\nmod tests { use crate::tensor::T; }';
  assert.deepEqual(problems({ "compile/a.rs": source }), []);
});

test("only their owner names the crates of the outside", () => {
  assert.deepEqual(problems({ "cpu/mod.rs": "fn f(d: &wgpu::Device) {}" }), ["cpu/mod.rs:1: only 'gpu' may name the crate 'wgpu'"]);
  assert.deepEqual(problems({ "session.rs": "use js_sys::Promise;" }), ["session.rs:1: only 'web', 'json' may name the crate 'js_sys'"]);
});

test("a module that the table does not know is an error", () => {
  assert.deepEqual(problems({ "extra.rs": "" }), ["extra.rs:1: module 'extra' is not in the table of scripts/layers.mjs"]);
});
