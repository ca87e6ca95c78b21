// Starts the browsers of the tests, with WebGPU on a software adapter so that no graphics card is needed.
// Imports the two drivers: Playwright for Chromium, Puppeteer for Firefox (whose own build Playwright would want to download).
// build.sh says where the browsers are: CHROMIUM and FIREFOX.

import { existsSync, readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";

// The flags of the engine's tests in Chromium are those of the page's: one list, in the file that chromedriver reads.
const webdriver = JSON.parse(readFileSync(new URL("../webdriver.json", import.meta.url), "utf8"));
/** @type {string[]} */
const chromiumFlags = webdriver["goog:chromeOptions"].args;

/**
 * @param {{webgpu?: boolean}} [options] webgpu: false is a Chromium without `navigator.gpu`
 * @returns {Promise<import("playwright-core").Browser>}
 */
export function launchChromium({ webgpu = true } = {}) {
  const args = webgpu ? chromiumFlags : [...chromiumFlags.filter((flag) => !flag.includes("webgpu")), "--disable-features=WebGPU"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** @returns {Promise<import("puppeteer-core").Browser>} */
export function launchFirefox() {
  // Mesa's software Vulkan, where it is installed; a machine's own driver otherwise.
  const lavapipe = ["x86_64", "aarch64"].map((cpu) => `/usr/share/vulkan/icd.d/lvp_icd.${cpu}.json`).find(existsSync);
  return puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
    headless: true,
    protocolTimeout: 15 * 60_000, // the engine's tests are one long wait
    env: { ...process.env, ...(lavapipe && { VK_ICD_FILENAMES: lavapipe }) },
    extraPrefsFirefox: { "dom.webgpu.enabled": true, "dom.webgpu.workers.enabled": true, "gfx.webgpu.ignore-blocklist": true },
  });
}
