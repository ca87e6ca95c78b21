// Everything may be changed at any time, also in a hurry and while it trains at full speed. In a Chromium without WebGPU: none of
// this depends on the device.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changed, closePage, deviceOf, draw, fill, load, newPage, openPage, press, reading, ready, save, setSpeed, stage, specOf, stopped, tensorsOf, until } from "./page.mjs";

describe("changes", () => {
  const at = stage({ webgpu: false });

  /** The playground, training as fast as it can. */
  async function training() {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step > 100);
    return page;
  }
  /** It trains, and goes on doing so. @param {import("playwright-core").Page} page */
  async function goesOn(page) {
    const step = await reading(page, "Step");
    await until(page, "Step", (now) => now > step);
    assert.match(await page.locator(".play").innerText(), /Pause/);
  }

  test("data, features, layers, activation and batch size change while it trains", async () => {
    const page = await training();
    await page.getByRole("checkbox", { name: "x₁²" }).check();
    await page.getByRole("checkbox", { name: "sin x₂" }).check();
    await page.getByLabel("Pattern").selectOption("spiral");
    await press(page, "Add a hidden layer");
    await page.getByLabel("Activation").selectOption("GELU");
    await press(page, "New points");
    await fill(page, "Batch size", 25);
    await page.locator(".needs", { hasText: "10 steps per epoch" }).waitFor();
    assert.deepEqual(await page.locator(".field-error:not(:empty), .notice").allInnerTexts(), []);
    await goesOn(page);
    const spec = specOf(await save(page));
    assert.deepEqual(spec.input, [4]);
    assert.deepEqual(spec.data.features, ["x1", "x2", "x1^2", "sin(x2)"]);
    assert.deepEqual(spec.layers.map((/** @type {any} */ { type }) => type), ["Linear", "GELU", "Linear", "GELU", "Linear", "GELU", "Linear"]);
    await closePage(page);
  });

  test("learning rate, L2 and batch size take effect while it trains", async () => {
    const page = await training();
    await until(page, "Test loss", (loss) => loss < 0.3);
    // Without a learning rate worth the name nothing changes any more, however many steps are taken.
    await fill(page, "Learning rate", 1e-30);
    await goesOn(page);
    const before = tensorsOf(await save(page)).data.get("0.weight");
    await goesOn(page);
    assert.deepEqual(tensorsOf(await save(page)).data.get("0.weight"), before);
    // Weights that cost more than they bring vanish, and with them all that was learnt: what is left is the toss of a coin.
    await fill(page, "Learning rate", 0.01);
    await fill(page, "L2", 1);
    await until(page, "Test loss", (loss) => loss > 0.65);
    await fill(page, "L2", 0);
    await until(page, "Test loss", (loss) => loss < 0.3);
    const epochs = async (/** @type {number} */ perEpoch) => {
      await page.locator(".needs", { hasText: `${perEpoch} steps per epoch` }).waitFor();
      await goesOn(page);
    };
    await fill(page, "Batch size", 50);
    await epochs(5);
    await fill(page, "Batch size", 1);
    await epochs(250);
    await closePage(page);
  });

  test("another seed is another run: it begins at step 0, and goes on if it was training", async () => {
    const page = await training();
    await until(page, "Step", (step) => step > 2000);
    await setSpeed(page, "slow");
    await fill(page, "Seed", 7);
    await until(page, "Step", (step) => step < 500);
    await goesOn(page);
    await closePage(page);
  });

  test("presses in a hurry are taken in their order: after reset and train it trains from the start", async () => {
    const page = await training();
    await until(page, "Step", (step) => step > 2000);
    await setSpeed(page, "slow");
    await page.evaluate(() => {
      const [play, , reset] = /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll(".transport button"));
      for (let i = 0; i < 5; i++) {
        reset?.click();
        play?.click();
      }
    });
    await until(page, "Step", (step) => step < 500);
    await goesOn(page);
    await press(page, "Pause");
    await stopped(page);
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await closePage(page);
  });

  test("a hurry through the networks ends at the one that the address names", async () => {
    const page = await training();
    for (const id of ["digits", "first", "playground", "digits", "first"]) await page.evaluate((to) => void (location.hash = to), id);
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await ready(page);
    await page.goBack();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    await page.goForward();
    await page.goForward();
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    assert.match(page.url(), /#first$/);
    await closePage(page);
  });

  test("a network that opens while the visitor goes back does not put its address in place of that gone back to", async () => {
    const page = await newPage(at.browser);
    // The news of a change of the address may come any time after it.
    await page.addInitScript(() => {
      window.addEventListener("hashchange", (event) => {
        if (!event.isTrusted || location.hash !== "#playground") return;
        event.stopImmediatePropagation();
        setTimeout(() => window.dispatchEvent(new Event("hashchange")), 2500);
      });
    });
    await page.goto(`${at.url}#playground`);
    await ready(page);
    // Networks open slowly.
    await page.evaluate(() => {
      const worker = /** @type {any} */ (window).engineWorker;
      const { postMessage } = worker;
      worker.postMessage = (/** @type {any[]} */ ...message) => setTimeout(() => postMessage.apply(worker, message), 300);
    });
    await page.evaluate(() => void (location.hash = "first"));
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor({ timeout: 20_000 });
    assert.match(page.url(), /#playground$/);
    await closePage(page);
  });

  test("an address that cannot be opened leaves the experiment that is open, and its address, as they are", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await fill(page, "Learning rate", 0.03);
    await page.waitForURL(/#playground\/./);
    const url = page.url();
    const tooLarge = changed("playground", { batch_size: 1000 });
    for (const [hash, message] of /** @type {[string, RegExp][]} */ ([
      ["playground/%%%", /damaged or cut off/],
      ["nothing", /names no network/],
      [tooLarge, /refused.*batch_size/],
    ])) {
      await page.evaluate((to) => void (location.hash = to), hash);
      await page.locator(".notice.warning", { hasText: message }).and(page.locator(":text('stays as it was')").locator("..")).waitFor();
      await page.waitForURL(url);
    }
    assert.equal(specOf(await save(page)).optimizer.lr, 0.03);
    await closePage(page);
  });

  test("a refused number is named as its field is, and nothing else changes", async () => {
    const page = await training();
    const error = (/** @type {string} */ text) => page.locator(".field-error").getByText(text, { exact: true }).waitFor();
    await fill(page, "Learning rate", -1);
    await error("Learning rate must be greater than 0, not -1.");
    await fill(page, "Learning rate", "");
    await error("Learning rate must be a number.");
    await fill(page, "Learning rate", "1e999");
    await error("Learning rate must be a number.");
    await fill(page, "Batch size", 2.5);
    await error("Batch size must be a whole number, not 2.5.");
    await fill(page, "Seed", -1);
    await error("Seed must be 0 or more, not -1.");
    await goesOn(page);
    const { optimizer, batch_size, seed } = specOf(await save(page));
    assert.deepEqual([optimizer.lr, batch_size, seed], [0.01, 10, 0]);
    await closePage(page);
  });

  test("what is ticked while another change is under way stays ticked", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const box = page.getByRole("checkbox", { name: "sin x₁" });
    await page.getByLabel("Pattern").evaluate((select) => {
      const sine = /** @type {HTMLInputElement} */ (document.querySelector('input[value="sin(x1)"]'));
      /** @type {boolean[]} */
      const shown = [];
      Object.assign(window, { shown });
      const checked = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "checked"));
      Object.defineProperty(sine, "checked", {
        get: () => checked.get?.call(sine),
        set(value) {
          shown.push(value);
          checked.set?.call(sine, value);
        },
      });
      /** @type {HTMLSelectElement} */ (select).value = "spiral";
      select.dispatchEvent(new Event("change"));
      sine.click();
    });
    await page.waitForFunction(() => Reflect.get(window, "shown").includes(true));
    assert.ok(!(await page.evaluate(() => Reflect.get(window, "shown"))).includes(false), "it was not unticked by what came of the pattern");
    assert.ok(await box.isChecked());
    const { data } = specOf(await save(page));
    assert.deepEqual([data.shape, data.features.includes("sin(x1)")], ["spiral", true]);
    await closePage(page);
  });

  test("what is being typed is not overwritten by a change from elsewhere", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const rate = page.getByLabel("Learning rate");
    await rate.fill("0.5");
    await page.getByRole("button", { name: "New points" }).evaluate((button) => /** @type {HTMLElement} */ (button).click());
    await page.waitForURL(/#playground\/./);
    assert.equal(await rate.inputValue(), "0.5");
    await rate.blur();
    await press(page, "Step");
    assert.equal(specOf(await save(page)).optimizer.lr, 0.5);
    await closePage(page);
  });

  test("training goes on after another device, a device that is not there, and files of any kind", async () => {
    const page = await training();
    await page.locator("details.chip > summary").click();
    await page.getByRole("radio", { name: "CPU (WebAssembly)" }).check();
    await page.locator(".popover", { hasText: "You chose the CPU." }).waitFor();
    await goesOn(page);
    await page.getByRole("radio", { name: "WebGPU", exact: true }).click();
    await page.locator(".popover .field-error", { hasText: /GPU/ }).waitFor();
    assert.ok(await page.getByRole("radio", { name: "CPU (WebAssembly)" }).isChecked());
    assert.equal(await deviceOf(page), "cpu");
    await goesOn(page);

    const broken = await save(page);
    broken[broken.length - 3] = 255 - (broken[broken.length - 3] ?? 0);
    const headed = (/** @type {string} */ json) => Buffer.concat([Buffer.from([json.length, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(json)]);
    for (const [file, message] of /** @type {[Buffer, RegExp][]} */ ([
      [broken, /checksum does not agree/],
      [headed("null"), /not saved by tabgrad/],
      [headed('{"__metadata__":null}'), /not saved by tabgrad/],
      [Buffer.alloc(0), /only 0 bytes/],
    ])) {
      await load(page, file);
      await page.locator(".files .notice.warning", { hasText: message }).waitFor();
      await goesOn(page);
    }
    await closePage(page);
  });

  test("at the end of a run the page says what another press on Train does, also to a cosine's learning rate", async () => {
    const goal = (/** @type {string} */ text) => page.locator(".goal").getByText(text, { exact: true }).waitFor();
    const run = async (/** @type {number} */ to) => {
      await press(page, "Train");
      await until(page, "Step", (step) => step === to);
      await stopped(page);
    };
    const page = await openPage(at.browser, at.url + changed("first", { schedule: { type: "CosineAnnealingLR", t_max: 100, eta_min: 0 } }));
    await setSpeed(page, "full");
    await goal("stops after 100 epochs");
    await run(100);
    await goal("run complete; Train adds another 100 epochs, in which the cosine raises the learning rate again");
    await run(200);
    await goal("run complete; Train adds another 100 epochs");
    await press(page, "Reset");
    await goal("stops after 100 epochs");
    await closePage(page);
  });

  test("a loaded file says which epoch it is in", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    for (const step of [1, 2]) {
      await press(page, "Step");
      await until(page, "Step", (now) => now === step);
    }
    const saved = await save(page);
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await load(page, saved);
    await page.locator(".files .notice", { hasText: "goes on from step 2" }).waitFor();
    assert.equal(await until(page, "Step", (step) => step === 2), 2);
    assert.equal(await reading(page, "Epoch"), 2);
    await closePage(page);
  });

  test("a test digit is there to look at, and gives way to the first stroke", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    await page.locator("output.guess", { hasText: "It reads a" }).waitFor();
    const ink = () => page.locator("canvas.pad").evaluate((/** @type {HTMLCanvasElement} */ pad) => pad.getContext("2d")?.getImageData(0, 0, pad.width, pad.height).data.reduce((sum, value, i) => sum + (i % 4 === 3 && value ? 1 : 0), 0) ?? 0);
    const seven = await ink();
    await draw(page, [[0.1, 0.1], [0.12, 0.12]]);
    const dot = await ink();
    assert.ok(dot > 0 && dot < seven / 4, `${seven} points of the digit, then ${dot} of the stroke`);
    await draw(page, [[0.8, 0.8], [0.82, 0.82]]);
    assert.ok((await ink()) > dot, "the next stroke is added");
    await closePage(page);
  });

  test("a digit drawn before the images are there is answered once they are", async () => {
    const page = await newPage(at.browser);
    /** @type {() => void} */
    let arrive = () => {};
    const arrived = new Promise((resolve) => (arrive = () => resolve(null)));
    await page.route("**/data/mnist-train.safetensors.gz", async (route) => {
      await arrived;
      await route.continue();
    });
    await page.goto(`${at.url}#digits`);
    await draw(page, [[0.5, 0.15], [0.5, 0.85]]);
    await page.locator("output.guess", { hasText: "once the images are loaded" }).waitFor();
    assert.ok(await page.getByRole("button", { name: "A test digit" }).isDisabled());
    arrive();
    await page.locator("output.guess", { hasText: "It reads a" }).waitFor();
    await closePage(page);
  });

  test("the gradient's norm that is shown is the length of a step of plain descent, divided by its learning rate", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await page.getByLabel("Optimiser").selectOption("SGD");
    await fill(page, "Learning rate", 0.5);
    const floats = async () => {
      const { data } = tensorsOf(await save(page));
      return ["0.weight", "0.bias", "2.weight", "2.bias"].flatMap((name) => data.get(name) ?? assert.fail(name));
    };
    const norm = page.locator("figure.chart", { hasText: "Gradient norm" }).locator("output");
    for (const step of [1, 2, 3]) {
      const before = await floats();
      await press(page, "Step");
      await until(page, "Step", (now) => now === step);
      const after = await floats();
      const length = Math.hypot(...after.map((value, i) => value - (before[i] ?? NaN))) / 0.5;
      assert.equal(after.length, 9);
      assert.ok(length > 1e-3 && Math.abs(Number(await norm.innerText()) - length) < 1e-4, `${await norm.innerText()} is shown, the step's is ${length}`);
    }
    await press(page, "Reset");
    await norm.getByText("–", { exact: true }).waitFor();
    await closePage(page);
  });

  test("the step-through stays right at learning rates where it overshoots", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await page.locator(".walk:not([aria-busy])").waitFor();
    await fill(page, "Learning rate η", 1e6);
    for (const example of [0, 1, 2]) {
      await page.locator(".walk-options").getByRole("radio").nth(example).check();
      for (let step = 0; step < 2; step++) {
        await page.locator(".walk:not([aria-busy])").waitFor();
        await press(page, "Take this step");
      }
    }
    await page.locator(".walk:not([aria-busy])").waitFor();
    assert.deepEqual(await page.locator(".walk .notice, .walk .field-error:not(:empty)").allInnerTexts(), []);
    assert.doesNotMatch(await page.locator(".walk-list").innerText(), /NaN|Infinity/);
    await closePage(page);
  });
});
