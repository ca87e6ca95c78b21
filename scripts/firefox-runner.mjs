// Runs the engine's wasm tests in Firefox: cargo calls this for each test binary (build.sh sets it as the runner).
// wasm-bindgen-test-runner serves the tests as a page; Firefox opens it, and the page's text is the result. So the tests
// are the ones that wasm-pack runs in Chromium, and no geckodriver is needed.
//
//   node scripts/firefox-runner.mjs <test binary> [filter...]

import { spawn } from "node:child_process";
import { launchFirefox } from "./browsers.mjs";

const TIMEOUT_MS = 15 * 60_000;

/**
 * Starts the server of the tests. Resolves with the page's address, or with null when the binary has no tests to run.
 * @param {string[]} args
 */
function startServer(args) {
  const env = { ...process.env, NO_HEADLESS: "1", WASM_BINDGEN_TEST_ADDRESS: "127.0.0.1:0" };
  const server = spawn("wasm-bindgen-test-runner", args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  /** @type {Promise<string | null>} */
  const url = new Promise((done, failed) => {
    server.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      const found = output.match(/available at (http:\S+)/);
      if (found?.[1]) done(found[1]);
    });
    server.on("error", failed);
    server.on("exit", (code) => (code === 0 ? done(null) : failed(new Error(`wasm-bindgen-test-runner failed\n${output}`))));
  });
  return { url, stop: () => server.kill() };
}

/**
 * Opens the page of the tests and returns its text when they have ended.
 * @param {string} url
 */
async function runTests(url) {
  const browser = await launchFirefox();
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`page: ${error}`));
    await page.goto(url);
    await page.waitForFunction(() => /test result: /.test(document.getElementById("output")?.textContent ?? ""), {
      timeout: TIMEOUT_MS,
      polling: 200,
    });
    return await page.$eval("#output", (output) => output.textContent ?? "");
  } finally {
    await browser.close();
  }
}

const { url, stop } = startServer(process.argv.slice(2));
try {
  const address = await url;
  const text = address === null ? "no tests to run!" : await runTests(address);
  console.log(text);
  process.exitCode = address === null || /test result: ok\./.test(text) ? 0 : 1;
} catch (error) {
  console.error(`firefox: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  stop();
}
