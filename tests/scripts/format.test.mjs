// Proves that numbers are said in few words, and none rounds into a larger unit's name.

import assert from "node:assert/strict";
import { test } from "node:test";
import { amount, remark } from "../../www/lib/format.js";

test("a large number is a word or two", () => {
  const said = /** @type {[number, string][]} */ ([
    [0, "0"],
    [9999, "9,999"],
    [10_000, "10 thousand"],
    [230_860, "231 thousand"],
    [999_499, "999 thousand"],
    [999_500, "1.0 million"],
    [2_549_000, "2.5 million"],
    [123_456_789, "123 million"],
    [999_500_000, "1.0 billion"],
    [3.21e12, "3,210 billion"],
  ]);
  for (const [n, words] of said) assert.equal(amount(n), words);
});

test("what is wrong and what to do about it are sentences, one after the other; without a remedy it is one", () => {
  assert.equal(remark({ message: "the kernel is too large", hint: "make it smaller" }), "The kernel is too large. Make it smaller.");
  assert.equal(remark({ message: "the kernel is too large" }), "The kernel is too large.");
});
