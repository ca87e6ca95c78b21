// Links, files, keys and what can go wrong with them: every fault is named where it arose, and nothing is lost. In a Chromium
// without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, choose, closePage, drop, fill, load, lossTable, newPage, openPage, press, reading, ready, rewrite, save, setSpeed, stage, specOf, stopped, until } from "./page.mjs";

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

  test("a file dropped anywhere goes the way of its button, or is refused in the button's words; nothing leads away from the page", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    const notice = page.locator(".files .notice");
    /** @param {string | RegExp} text */
    const says = (text) => notice.filter({ hasText: text }).waitFor();
    const ink = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(200, 200);
      const c = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
      c.fillStyle = "#fff";
      c.fillRect(0, 0, 200, 200);
      c.fillStyle = "#000";
      c.fillRect(90, 40, 20, 120);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    });
    assert.equal(await drop(page, { name: "one.png", mimeType: "image/png", buffer: Buffer.from(ink) }), "Drop it here: a picture, or weights (.safetensors), an experiment or a lesson (.json)");
    await page.locator(".guess", { hasText: "It reads a" }).waitFor();
    await page.locator(".origin", { hasText: "Your picture one.png" }).waitFor();
    await drop(page, { name: "two.png", mimeType: "image/png", buffer: "none" });
    await page.locator(".guess-grid .notice", { hasText: "The file two.png is not a picture that this browser can read." }).waitFor();

    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    const saved = await save(page);
    const spec = specOf(saved);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 2);
    await drop(page, { name: "w.safetensors", buffer: saved });
    await says("Loaded w.safetensors: training goes on from step 1.");
    await drop(page, { name: "e.JSON", buffer: JSON.stringify({ ...spec, optimizer: { type: "Adam", lr: 0.004 } }) });
    await says("The settings of e.JSON are in use.");
    assert.equal(await page.getByLabel("Learning rate", { exact: true }).inputValue(), "0.004");
    await press(page, "Saved work");
    assert.equal(await drop(page, { name: "w.safetensors", buffer: saved }), "No file can be opened here yet.", "what is behind a dialogue takes no files");
    await page.keyboard.press("Escape");
    for (const [name, buffer, message] of /** @type {const} */ ([
      ["notes.txt", "words", "This file cannot be used here"],
      ["cut.json", '{"a" 1}', "The file cut.json is not JSON: “1” cannot stand here, in line 1, column 6"],
      ["other.json", JSON.stringify({ ...spec, data: { type: "Points" } }), "This file cannot be used here: this view needs the MNIST digits as its data"],
      ["bad.json", JSON.stringify({ ...spec, optimizer: { type: "Adam", lr: -1 } }), "optimizer.lr"],
    ])) {
      await drop(page, { name, buffer });
      await says(message);
    }
    assert.deepEqual([await reading(page, "Step"), specOf(await save(page)).optimizer.lr], [1, 0.004], "what was there goes on");
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

  test("in another language all that is refused says so in it, whoever refuses it: field, engine, reader of JSON, of files", async () => {
    const page = await openPage(at.browser, `${at.url}?lang=zh-CN#digits`);
    const says = (/** @type {string} */ place, /** @type {string} */ text) => page.locator(place).getByText(text).waitFor();
    await fill(page, "学习率", -1);
    await says(".field-error", "学习率必须大于 0，而不是 -1。");
    await fill(page, "批大小", "");
    await says(".field-error", "批大小必须是数字。");
    const area = page.locator(".editor textarea");
    const text = await area.inputValue();
    for (const [from, to, words] of /** @type {const} */ ([
      ['"kernel_size": 5, "out_channels": 16', '"kernel_size": 50, "out_channels": 16', "Conv2d 的窗口 [50, 50]（dilation [1, 1]，padding [0, 0]）大于其输入：其输入为 [6, 14, 14]。请使用更小的 kernel_size、更大的 padding，或减少它之前的池化层。"],
      ['"seed"', "seed", "此处不能出现“s”。名称要放在双引号中。"],
    ])) {
      await area.fill(text.replace(from, to));
      await press(page, "应用");
      await says(".editor + .field-error", words);
    }
    await press(page, "撤销");
    await load(page, Buffer.from("hello"));
    await says(".files .notice", "此文件无法在这里使用：它只有 5 字节长。请选择在本页面上由此网络保存的文件。");
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
      await page.route(`**/engine/threads/${file}*`, (route) => route.abort());
      await page.goto(`${at.url}#playground`);
      const warning = page.locator(".transport + .notices .warning", { hasText: `${message} Check the connection, then try again` });
      await warning.waitFor();
      await press(page, "Try again");
      await warning.waitFor();
      await page.unroute(`**/engine/threads/${file}*`);
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

  for (const [file, kind] of /** @type {const} */ ([["views/playground/view.js", "its own"], ["views/playground/decision.js", "a part's"]])) {
    test(`a network whose code does not arrive (${kind}) is named, and trying again works; another that was trained stays as it is`, async () => {
      const page = await openPage(at.browser, `${at.url}#first`);
      await press(page, "Step");
      await until(page, "Step", (step) => step === 1);
      await page.getByLabel("Learning rate", { exact: true }).fill("0.5");
      let asked = 0;
      await page.route(`**/${file}*`, (route) => (++asked > 2 ? route.continue() : route.abort()));
      await choose(page, "2-D playground");
      const warning = page.locator("main > .notices .warning", { hasText: "The file view.js could not be loaded. Check the connection, then try again" });
      await warning.waitFor();
      assert.equal(await page.locator("nav summary").innerText(), "2-D playground");
      assert.equal(await page.locator("nav [aria-current]").textContent(), "2-D playground");
      assert.match(page.url(), /#playground$/);
      await press(page, "Try again");
      while (asked < 2) await page.waitForTimeout(50);
      await warning.waitFor();
      await press(page, "Try again");
      await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
      await ready(page);
      await press(page, "Step");
      await until(page, "Step", (step) => step === 1);
      assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
      await choose(page, "First network");
      await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
      assert.equal(await reading(page, "Step"), 1);
      assert.equal(await page.getByLabel("Learning rate", { exact: true }).inputValue(), "0.5");
      await closePage(page);
    });
  }

  test("an example that does not arrive is named, and trying again works", async () => {
    const page = await newPage(at.browser);
    await page.route("**/examples/digits.json", (route) => route.abort());
    await page.goto(`${at.url}#first`);
    await page.locator(".notice", { hasText: "The file digits.js could not be loaded. Check the connection, then try again" }).waitFor();
    await page.unroute("**/examples/digits.json");
    await press(page, "Try again");
    await ready(page);
    await closePage(page);
  });

  /**
   * Once something was kept, a restart goes on from there: the same weights, and what was changed since.
   * @param {import("playwright-core").Page} page on the first network
   * @param {() => Promise<unknown>} breakIt
   * @param {string} message
   */
  async function breaksAndGoesOn(page, breakIt, message) {
    const warning = page.locator(".transport + .notices .warning", { hasText: message });
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step === 100);
    await stopped(page);
    const there = await save(page);
    // The page keeps a state some seconds after it changed.
    await page.waitForFunction(() => Reflect.get(window, "asked").filter((/** @type {string} */ type) => type === "save").length === 2);
    await save(page);
    await fill(page, "Learning rate", 0.02);
    await page.waitForURL(/#first\/./);
    await breakIt();
    await warning.waitFor();
    assert.match(await page.locator(".play").innerText(), /Train/);
    await press(page, "Train");
    await warning.waitFor();
    await stopped(page);
    await press(page, "Restart the engine");
    await page.locator(".notice.info", { hasText: "The engine was started anew, with this network as it was at step 100." }).waitFor();
    const back = await save(page);
    assert.deepEqual(specOf(back), { ...specOf(there), optimizer: { ...specOf(there).optimizer, lr: 0.02 } });
    const tensors = (/** @type {Buffer} */ file) => file.subarray(8 + Number(file.readBigUInt64LE(0)));
    assert.ok(tensors(back).equals(tensors(there)), "the state is the one that was kept, bit for bit");
    await press(page, "Train");
    await until(page, "Step", (step) => step === 200);
    await stopped(page);
    await page.locator(".walk:not([aria-busy])").waitFor();
    await press(page, "Take this step");
    await page.locator(".walk-options p", { hasText: "After 1 step" }).waitFor();
    assert.deepEqual(await page.locator(".notice.warning").allInnerTexts(), []);
  }

  test("an engine whose worker breaks off is named beside the buttons, nothing seems to train on, and a restart goes on from what was kept", async () => {
    const page = await newPage(at.browser);
    await page.addInitScript(() => {
      const { postMessage } = Worker.prototype;
      Object.assign(window, { asked: [] });
      Worker.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ transfer) {
        Reflect.get(window, "asked").push(message.type);
        postMessage.call(this, message, transfer);
      };
    });
    await page.goto(`${at.url}#first`);
    await ready(page);
    const breakIt = () =>
      page.evaluate(() => {
        const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
        worker.terminate();
        worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" }));
      });
    await breaksAndGoesOn(page, breakIt, "The engine broke off: out of memory.");
    await closePage(page);
  });

  for (const where of /** @type {const} */ (["worker", "page"])) {
    for (const [how, message] of /** @type {const} */ ([
      ["thrown by the call", "The engine broke off: unreachable."],
      ["thrown to nobody", "The engine broke off: unreachable."],
      ["told by a panic", "The engine broke down: panicked."],
    ])) {
      test(`a trap of the engine in the ${where}, ${how}, is named, every request is answered, and a restart goes on from what was kept`, async () => {
        const page = await newPage(at.browser);
        // Where the worker has no WebGPU but the page has, the engine runs on the page.
        if (where === "page") await rewrite(page, "**/worker.js", (text) => text.replace('"gpu" in navigator', "false"));
        await rewrite(page, "**/engine/threads/tabgrad.js*", (text) => `${text}\n;(${trapping})(Engine, ${JSON.stringify(how)});`);
        await page.addInitScript(() => {
          Object.assign(window, { asked: [] });
          new BroadcastChannel("asked").onmessage = ({ data }) => Reflect.get(window, "asked").push(data);
        });
        await page.goto(`${at.url}#first`);
        await ready(page);
        assert.equal(await page.evaluate(() => Reflect.has(window, "trapping")), where === "page", "where it runs");
        const breakIt = async () => {
          await page.evaluate(() => new BroadcastChannel("trap").postMessage(null));
          await press(page, "Step");
        };
        await breaksAndGoesOn(page, breakIt, message);
        await closePage(page);
      });
    }
  }

  test("nothing is asked of another origin, and the page's policy would not let it", async () => {
    const page = await newPage(at.browser);
    /** @type {string[]} */
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    for (const id of ["first", "playground"]) {
      await page.goto(`${at.url}#${id}`);
      await page.locator(`.view-${id}`).waitFor();
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

/**
 * In the engine's module: tells what it is asked, and, once told to, fails at the next call as an engine does that breaks.
 * @param {any} Engine
 * @param {string} how
 */
function trapping(Engine, how) {
  const { handle } = Engine.prototype;
  const asked = new BroadcastChannel("asked");
  const order = new BroadcastChannel("trap");
  let trapped = false;
  Object.assign(globalThis, { trapping: true });
  order.onmessage = () => (trapped = true);
  Engine.prototype.handle = /** @this {any} */ function (/** @type {any} */ message) {
    asked.postMessage(message.type);
    if (!trapped) return handle.call(this, message);
    order.close();
    const trap = new WebAssembly.RuntimeError("unreachable");
    if (how === "thrown by the call") throw trap;
    queueMicrotask(() => {
      throw trap;
    });
    if (how === "thrown to nobody") return new Promise(() => {});
    return Promise.resolve({ ok: false, code: "internal", message: "the engine broke down: panicked", hint: "", at: "" });
  };
}
