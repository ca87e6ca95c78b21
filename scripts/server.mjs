// A small static server for dist/: what any static host does, so that what works here works there; the two headers that isolate a page from others, without which its
// threads have no memory to share; and those that let other sites embed a network (docs/embedding.md).
// 127.0.0.1 only; the browser asks again for each file (ETag), so a rebuild is seen at once. Node's standard library only.
//
//   node scripts/server.mjs [folder, default dist] [--port 8080]

import { createReadStream, existsSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

/** @type {Record<string, string>} */
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".gz": "application/gzip", // never Content-Encoding: the page itself unpacks what it loads, to show the progress
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".safetensors": "application/octet-stream",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Any page may use the files, as it must where a network is embedded in another site: they are public, and nothing is known of who asks. */
const PUBLIC = { "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" };
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/**
 * Serves a folder on 127.0.0.1.
 * @param {string} folder
 * @param {{port?: number, isolated?: boolean}} [options] port: 0 takes any free one; isolated: false leaves out the headers that isolate pages
 * @returns {Promise<{url: string, close: () => Promise<void>}>} url ends with a slash; rejects when the port is taken
 */
export function serve(folder, { port = 0, isolated = true } = {}) {
  const root = realpathSync(folder);
  const server = createServer((request, response) => answer(root, { ...PUBLIC, ...(isolated && ISOLATED) }, request, response));
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const address = /** @type {import("node:net").AddressInfo} */ (server.address());
      const close = () => {
        server.closeAllConnections();
        return /** @type {Promise<void>} */ (new Promise((closed) => server.close(() => closed())));
      };
      done({ url: `http://127.0.0.1:${address.port}/`, close });
    });
  });
}

/**
 * @param {string} root
 * @param {Record<string, string>} always sent with every file
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
function answer(root, always, request, response) {
  /** @param {number} status @param {Record<string, string>} [headers] */
  const refuse = (status, headers = {}) => void response.writeHead(status, headers).end();
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, { allow: "GET, HEAD" });

  const found = find(root, request.url ?? "/");
  if (!found) return refuse(404);
  if ("location" in found) return refuse(301, { location: found.location });

  const { path, stat } = found;
  const etag = `"${stat.size.toString(16)}-${Math.floor(stat.mtimeMs).toString(16)}"`;
  const headers = { ...always, "cache-control": "no-cache", "x-content-type-options": "nosniff", etag };
  if (request.headers["if-none-match"] === etag) return refuse(304, headers);

  const type = TYPES[extname(path)] ?? "application/octet-stream";
  response.writeHead(200, { ...headers, "content-type": type, "content-length": stat.size });
  if (request.method === "HEAD") response.end();
  else createReadStream(path).on("error", () => response.destroy()).pipe(response);
}

/**
 * The file that a URL names, or where to go instead (a folder without its slash).
 * @param {string} root @param {string} url
 * @returns {{location: string} | {path: string, stat: import("node:fs").Stats} | null}
 */
function find(root, url) {
  try {
    const name = decodeURIComponent(new URL(url, "http://127.0.0.1").pathname);
    let path = realpathSync(join(root, name));
    if (path !== root && !path.startsWith(root + sep)) return null;
    let stat = statSync(path);
    if (stat.isDirectory()) {
      if (!name.endsWith("/")) return { location: `${name.slice(name.lastIndexOf("/") + 1)}/` };
      path = join(path, "index.html");
      stat = statSync(path);
    }
    return { path, stat };
  } catch {
    return null; // a malformed URL, or no such file
  }
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? "")).href) {
  try {
    const { values, positionals } = parseArgs({ options: { port: { type: "string" } }, allowPositionals: true });
    const port = Number(values.port ?? 8080);
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port ${values.port} is not a port number`);
    const folder = positionals[0] ?? "dist";
    if (!existsSync(folder)) throw new Error(`there is no folder ${folder}: run ./build.sh build first`);
    const { url } = await serve(folder, { port }).catch((/** @type {NodeJS.ErrnoException} */ error) => {
      throw error.code === "EADDRINUSE" ? new Error(`port ${port} is in use: stop what uses it, or choose another with --port`) : error;
    });
    console.log(`\n  tabgrad is at ${url}   (Ctrl-C stops it)`);
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
  } catch (error) {
    console.error(`serve: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
}
