// Links, files, keys and what can go wrong with them: every fault is named where it arose, and nothing is lost. In a Chromium
// without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, closePage, fill, load, lossTable, newPage, openPage, press, reading, ready, save, setSpeed, stage, specOf, stopped, until } from "./page.mjs";

describe("the page", () => {
  const at = stage({ webgpu: false });

  test("a link opens the experiment as it was changed", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const before = page.url();
    await fill(page, "Learning rate", 0.03);
    await page.getByLabel("Activation").selectOption("ReLU");
    await press(page, "Add a hidden layer");
    await page.waitForFunction(() => document.querySelectorAll(".summary tbody tr").length === 7);
    assert.notEqual(page.url(), before, "the address follows the settings");
    const spec = specOf(await save(page));
    assert.equal(spec.optimizer.lr, 0.03);
    const other = await openPage(at.browser, page.url());
    assert.deepEqual(specOf(await save(other)), spec);
    await closePage(other);
    await closePage(page);
  });

  test("an address with garbage opens the network as it comes, and says so", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    const original = specOf(await save(page));
    for (const [hash, message] of /** @type {[string, RegExp][]} */ ([
      ["#first/%%%garbage", /damaged or cut off/],
      ["#nothing", /names no network/],
      [changed("first", { layers: [{ type: "Linnear", out_features: 1 }] }), /fixed form/],
      [changed("first", { optimizer: { type: "Adam", lr: -1 } }), /refused.*lr/s],
      [changed("first", { batch_size: 100 }), /refused.*batch/s],
    ])) {
      await page.goto(`${at.url}icon.svg`); // so that the page starts anew
      await page.goto(at.url + hash);
      await page.locator(".notice.warning", { hasText: message }).waitFor();
      await ready(page);
      assert.deepEqual(specOf(await save(page)), original, hash);
    }
    await closePage(page);
  });

  test("a saved file goes on with the same numbers; a damaged one is refused and nothing is lost", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await setSpeed(page, "full");
    const train = async (/** @type {number} */ to) => {
      await press(page, "Train");
      await until(page, "Step", (step) => step === to);
      await stopped(page);
    };
    await train(100);
    const saved = await save(page);
    await train(200);
    const wanted = await lossTable(page);
    const verdict = await page.locator(".verdict").innerText();

    const there = await save(page);
    const flipped = Buffer.from(saved);
    flipped[20] = 0xff;
    const header = saved.subarray(8, 8 + Number(saved.readBigUInt64LE(0))).toString();
    const renamed = Buffer.from(saved);
    renamed.write(header.replace('"2.bias"', '"2.bixs"'), 8);
    for (const [file, message] of /** @type {[Buffer, RegExp][]} */ ([
      [saved.subarray(0, 5), /only 5 bytes/],
      [saved.subarray(0, 100), /cut off/],
      [flipped, /not JSON/],
      [saved.subarray(0, saved.length - 4), /The file is damaged/],
      [renamed, /checksum does not agree/],
      [Buffer.from("\x02\0\0\0\0\0\0\0{}"), /not saved by tabgrad/],
    ])) {
      await load(page, file);
      await page.locator(".files .notice.warning", { hasText: message }).waitFor();
      assert.equal(await reading(page, "Step"), 200);
      assert.ok((await save(page)).equals(there), `the session is as it was, after ${message}`);
    }

    await load(page, saved);
    await page.locator(".files .notice", { hasText: "training goes on from step 100" }).waitFor();
    await train(200);
    assert.deepEqual([...(await lossTable(page)).entries()].slice(-9), [...wanted.entries()].slice(-9));
    assert.equal(await page.locator(".verdict").innerText(), verdict);
    assert.ok((await save(page)).equals(there), "every weight is bit for bit that of the run without a break");
    await closePage(page);
  });

  test("training that becomes infinite stops and names the tensor; a reset puts it right", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await fill(page, "Learning rate", 1e38);
    await setSpeed(page, "full");
    await press(page, "Train");
    await page.locator(".notice.warning", { hasText: /Training stopped: \S*(weight|bias|output|loss)\S* became infinite or not a number at step \d+/ }).waitFor();
    await stopped(page);
    await fill(page, "Learning rate", 0.01);
    await press(page, "Reset");
    await page.locator(".notice").waitFor({ state: "detached" });
    await press(page, "Train");
    await until(page, "Step", (step) => step === 100);
    await closePage(page);
  });

  test("a refused setting says why beside its field, and training goes on with the old one", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await fill(page, "Batch size", 100);
    await page.locator(".field-error", { hasText: /batch/i }).waitFor();
    assert.equal(specOf(await save(page)).batch_size, 3);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await closePage(page);
  });

  test("images that do not arrive, or arrive damaged, are named, and trying again works", async () => {
    const page = await newPage(at.browser);
    const file = "**/data/mnist-test.safetensors.gz";
    await page.route(file, (route) => route.abort());
    await page.goto(`${at.url}#digits`);
    await page.locator(".notice.warning", { hasText: "mnist-test.safetensors.gz could not be fetched" }).waitFor();
    await page.locator(".loading").waitFor({ state: "hidden" });
    await page.unroute(file);
    await page.route(file, (route) => route.fulfill({ body: Buffer.from([0x1f, 0x8b, 8, 0, 0]) }));
    await press(page, "Try again");
    await page.locator(".notice.warning", { hasText: "mnist-test.safetensors.gz is not usable" }).waitFor();
    await page.unroute(file);
    await press(page, "Try again");
    await ready(page);
    await closePage(page);
  });

  for (const [file, message] of /** @type {const} */ ([
    ["tabgrad.js", "The file tabgrad.js could not be loaded."],
    ["tabgrad_bg.wasm", "The file tabgrad_bg.wasm could not be fetched."],
  ])) {
    test(`an engine whose ${file} does not arrive is named, and trying again works`, async () => {
      const page = await newPage(at.browser);
      await page.route(`**/engine/${file}*`, (route) => route.abort());
      await page.goto(`${at.url}#playground`);
      const warning = page.locator(".transport + .notices .warning", { hasText: `${message} Check the connection, then try again` });
      await warning.waitFor();
      await press(page, "Try again");
      await warning.waitFor();
      await page.unroute(`**/engine/${file}*`);
      await page.keyboard.press("s"); // a key for a button that is disabled leaves the message
      await warning.getByLabel("Dismiss this message").click();
      await warning.waitFor({ state: "detached" });
      await press(page, "Try again"); // is still there
      await ready(page);
      await press(page, "Step");
      await until(page, "Step", (step) => step === 1);
      assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
      await page.locator(".needs .offers", { hasText: "CPU" }).waitFor();
      await closePage(page);
    });
  }

  test("an engine that breaks off is named beside the buttons, and nothing seems to train on", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await press(page, "Train");
    await until(page, "Step", (step) => step > 1);
    await page.evaluate(() => {
      const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
      worker.terminate();
      worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
    });
    await page.locator(".notice.warning", { hasText: "The engine broke off: out of memory. Reload the page." }).waitFor();
    await stopped(page);
    await press(page, "Train");
    await page.locator(".notice.warning", { hasText: "out of memory" }).waitFor();
    await stopped(page);
    await closePage(page);
  });

  test("nothing is asked of another origin, and the page's policy would not let it", async () => {
    const page = await newPage(at.browser);
    /** @type {string[]} */
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    for (const id of ["first", "playground"]) {
      await page.goto(`${at.url}#${id}`);
      await ready(page);
      await press(page, "Step");
      await until(page, "Step", (step) => step === 1);
    }
    assert.ok(asked.some((url) => url.endsWith("tabgrad.js")), "the engine's requests are seen too");
    assert.deepEqual(asked.filter((url) => !url.startsWith(at.url) && !url.startsWith("blob:") && !url.startsWith("data:")), []);
    const blocked = await page.evaluate(async () => {
      const violation = new Promise((seen) => document.addEventListener("securitypolicyviolation", (event) => seen(event.blockedURI)));
      await fetch("https://example.com/").catch(() => {});
      return violation;
    });
    assert.match(String(blocked), /example\.com/);
    await closePage(page);
  });

  test("the keyboard alone trains, pauses, steps and resets", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await page.keyboard.press("Space");
    await page.locator(".play", { hasText: "Pause" }).waitFor();
    await until(page, "Step", (step) => step >= 2);
    await page.keyboard.press("Space");
    await stopped(page);
    const step = await reading(page, "Step");
    await page.keyboard.press("s");
    await until(page, "Step", (now) => now === step + 1);
    await page.keyboard.press("r");
    await until(page, "Step", (now) => now === 0);

    for (let i = 0; i < 30; i++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.classList.contains("play"))) break;
    }
    await page.keyboard.press("Enter");
    await page.locator(".play:focus", { hasText: "Pause" }).waitFor();
    await page.keyboard.press("Enter");
    await stopped(page);
    const there = await reading(page, "Step");
    await page.keyboard.press("s"); // a letter means nothing to the button that has the focus
    await until(page, "Step", (now) => now === there + 1);
    await closePage(page);
  });
});
