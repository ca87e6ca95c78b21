// Proves that the static server serves what a browser needs, and nothing outside its folder.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../scripts/server.mjs";

const folder = mkdtempSync(join(tmpdir(), "server-"));
/** @type {Awaited<ReturnType<typeof serve>>} */
let server;

before(async () => {
  mkdirSync(join(folder, "site/sub"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "site/index.html"), "<p>home");
  writeFileSync(join(folder, "site/sub/index.html"), "<p>sub");
  writeFileSync(join(folder, "site/engine.wasm"), "\0asm");
  writeFileSync(join(folder, "site/data.safetensors.gz"), "x");
  server = await serve(join(folder, "site"));
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test("index files, types and revalidation", async () => {
  const home = await fetch(server.url);
  assert.equal(await home.text(), "<p>home");
  assert.equal(home.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(home.headers.get("cache-control"), "no-cache");
  const again = await fetch(server.url, { headers: { "if-none-match": home.headers.get("etag") ?? "" } });
  assert.equal(again.status, 304);
  assert.equal((await fetch(`${server.url}engine.wasm`)).headers.get("content-type"), "application/wasm");
  const data = await fetch(`${server.url}data.safetensors.gz`);
  assert.equal(data.headers.get("content-encoding"), null);
  assert.equal(data.headers.get("content-length"), "1");
  assert.equal(await (await fetch(`${server.url}sub?x=1`)).text(), "<p>sub");
});

test("missing, malformed and foreign paths are refused", async () => {
  assert.equal((await fetch(`${server.url}nothing.js`)).status, 404);
  assert.equal((await fetch(`${server.url}%E0%A4%A`)).status, 404);
  assert.equal((await fetch(server.url, { method: "POST" })).status, 405);
  for (const path of ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]) {
    const status = await new Promise((done) => request(server.url, { path }, (r) => done(r.resume().statusCode)).end());
    assert.equal(status, 404, path);
  }
});

test("pages are isolated, unless they are to be as on a static host", async () => {
  assert.equal((await fetch(server.url)).headers.get("cross-origin-embedder-policy"), "require-corp");
  assert.equal((await fetch(server.url)).headers.get("cross-origin-opener-policy"), "same-origin");
  const plain = await serve(join(folder, "site"), { isolated: false });
  assert.equal((await fetch(plain.url)).headers.get("cross-origin-embedder-policy"), null);
  await plain.close();
});

test("a page of another site may use the files, isolated or not", async () => {
  for (const options of [{}, { isolated: false }]) {
    const other = await serve(join(folder, "site"), options);
    const { headers } = await fetch(`${other.url}engine.wasm`);
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("cross-origin-resource-policy"), "cross-origin");
    await other.close();
  }
});

test("a taken port is an error", async () => {
  await assert.rejects(serve(folder, { port: Number(new URL(server.url).port) }), { code: "EADDRINUSE" });
});
