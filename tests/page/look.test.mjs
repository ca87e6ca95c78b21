// More of what is inside: the hidden state over time, characters and pictures on a plane, and the step, kernel by kernel. What is shown is what the engine
// says, and it is worked by keyboard. In a Chromium without WebGPU: none of this depends on the device.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { principal } from "../../www/views/inside/principal.js";
import { close, lookAt, openCard, see, subjectOf } from "./inside.mjs";
import { ask, changed, closePage, openPage, press, stage, stopped, until } from "./page.mjs";

/** @typedef {import("playwright-core").Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [DIGITS, LSTM] = [3, 7]; // their sessions
const UNITS = 192;

/** axe-core finds nothing in the view inside, and nothing sticks out, in both themes and on a phone. @param {Page} page @param {string} where */
async function sound(page, where) {
  await page.evaluate(axe);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const violations = await page.evaluate(async (where) => {
        const { violations } = await Reflect.get(window, "axe").run(document.querySelector(where), { rules: { "target-size": { enabled: true } } });
        return violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ { html, failureSummary }) => html.slice(0, 200) + failureSummary).join("; ")}`);
      }, where);
      assert.deepEqual(violations, [], `${colorScheme}, ${width} px`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `nothing sticks out at ${width} px`);
    }
  }
}

/**
 * The points of a picture, in their order, in shares of its size.
 * @param {import("playwright-core").Locator} place
 * @returns {Promise<{ x: number, y: number, group: number, ringed: boolean }[]>}
 */
const pointsOf = (place) =>
  place.locator(".scatter .point").evaluateAll((all) =>
    all
      .toSorted((a, b) => Number(a.getAttribute("data-n")) - Number(b.getAttribute("data-n")))
      .map((point) => {
        const mark = point.querySelector(".mark");
        const group = Number(/group-(\d)/.exec(mark?.getAttribute("class") ?? "")?.[1]) + (mark?.classList.contains("hollow") ? 5 : 0);
        return { x: parseFloat(point.getAttribute("x") ?? "") / 100, y: 1 - parseFloat(point.getAttribute("y") ?? "") / 100, group, ringed: point.querySelector(".ring") !== null };
      }),
  );

/** Fails unless points lie as the principal components of these rows do, however they are turned over. @param {{ x: number, y: number }[]} points @param {number[]} rows */
function lieAs(points, rows) {
  const [first = new Float64Array(), second = new Float64Array()] = principal(rows, points.length, rows.length / points.length)?.scores ?? [];
  const span = (/** @type {ArrayLike<number>} */ all) => Math.max(...Array.from(all)) - Math.min(...Array.from(all));
  const [x, y] = [points.map((point) => point.x), points.map((point) => point.y)];
  const scale = Math.max(span(first), span(second)) / Math.max(span(x), span(y));
  for (const [shown, scores] of /** @type {const} */ ([[x, first], [y, second]])) {
    const off = [1, -1].map((sign) => {
      const from = Array.from(scores, (score, n) => score * sign - (shown[n] ?? NaN) * scale);
      return span(from) / span(scores);
    });
    assert.ok(Math.min(...off) < 1e-3, `off by ${off}`);
  }
}

describe("inside a text", () => {
  const at = stage({ webgpu: false });

  // Proves: the rows of a recurrent layer are chosen by keyboard and by mouse, in the order that is shown; the text and the table have the values that the engine
  // gives for the chosen unit, in their colours; and the other orders are there.
  test("a unit of the hidden state, over the text", async () => {
    const page = await openPage(at.browser, `${at.url}#lstm`);
    const card = await openCard(page);
    await subjectOf(page).filter({ hasText: "The prompt" }).waitFor();
    await see(page, "1");
    await lookAt(page, "passage", 3);
    await card.locator(".activations figcaption", { hasText: `The 64 of ${UNITS} channels that change most, over 64 places.` }).waitFor();
    const { x } = await ask(page, { type: "data", session: LSTM, split: "test", start: 2, count: 1 });
    const { layers } = await ask(page, { type: "predict", session: LSTM, inputs: x, count: 1, layers: true });
    const { data, shape } = layers.find((/** @type {any} */ layer) => layer.name === "1");
    assert.deepEqual(shape, [1, 64, UNITS]);
    const states = (/** @type {number} */ unit) => Array.from({ length: 64 }, (_, place) => data[place * UNITS + unit]);

    const number = page.getByLabel("Look closer at number");
    const chosen = async () => Number(await number.inputValue());
    const shown = () => card.locator(".numbers td[data-value]").evaluateAll((cells) => cells.map((cell) => Number(/** @type {HTMLElement} */ (cell).dataset.value)));
    const isShown = async (/** @type {number} */ unit) => (await shown()).forEach((value, place) => close(value, states(unit)[place] ?? NaN, `unit ${unit} at place ${place}`));
    const below = page.getByRole("button", { name: "Row below" });
    const rows = [];
    for (let n = 0; n < 5; n++) {
      await below.focus();
      await page.keyboard.press("Enter");
      rows.push(await chosen());
      await isShown(await chosen());
    }
    assert.equal(new Set(rows).size, 5);
    assert.notDeepEqual(rows, rows.toSorted((a, b) => a - b), "they are not in the order of their numbers");
    await press(page, "Row above");
    assert.equal(await chosen(), rows[3]);
    const canvas = card.locator(".activations .sequence");
    const box = (await canvas.boundingBox()) ?? assert.fail("there is no picture");
    await page.getByLabel("Rows", { exact: true }).first().selectOption({ label: "those that change most first" });
    await canvas.click({ position: { x: 5, y: (box.height * 2.5) / 64 } });
    const deviation = (/** @type {number[]} */ values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length - (values.reduce((sum, v) => sum + v, 0) / values.length) ** 2);
    const lively = Array.from({ length: UNITS }, (_, unit) => unit).sort((a, b) => deviation(states(b)) - deviation(states(a)));
    assert.equal(await chosen(), lively[2]);
    await isShown(lively[2] ?? NaN);

    // The text is the passage, each character on the side and with the share of its value.
    const text = await card.locator(".coloured-text > span:not([aria-hidden])").evaluateAll((spans) =>
      spans.map((span) => ({ character: span.textContent, side: span.className, share: Number(/** @type {HTMLElement} */ (span).style.getPropertyValue("--share")) })),
    );
    const reach = Math.max(...data.slice(0, 64 * UNITS).map(Math.abs));
    text.forEach(({ side, share }, place) => {
      const value = states(lively[2] ?? NaN)[place] ?? NaN;
      assert.equal(side, value < 0 ? "below" : "above");
      close(share, Math.abs(value) / reach, `the colour at ${place}`);
    });
    const passage = /“(.*)”/s.exec(await subjectOf(page).evaluate((p) => p.textContent ?? ""))?.[1];
    assert.equal(text.map(({ character }) => character).join(""), passage);
    await page.getByText("These values as numbers").click();
    await sound(page, ".inside");
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });

  // Proves: the characters lie where the embedding's weights put them, with a mark for their kind, also after training; and those that are said to be nearest to one,
  // chosen by keyboard or pointed at, are those with the largest cosines.
  test("characters on a plane, and the nearest of one", async () => {
    const page = await openPage(at.browser, `${at.url}#lstm`);
    const card = await openCard(page);
    await see(page, "0");
    const plane = card.locator("section", { has: page.getByRole("heading", { name: "Characters on a plane" }) });
    const points = plane.locator(".point");
    await points.first().waitFor();
    /** @type {string[]} */
    const vocabulary = [];
    for (const [n, text] of await points.evaluateAll((all) => all.map((one) => /** @type {const} */ ([Number(one.getAttribute("data-n")), one.textContent ?? ""])))) vocabulary[n] = text;
    assert.equal(vocabulary.length, 80);
    const weights = async () => (await ask(page, { type: "read", session: LSTM, name: "0.weight" })).data;
    const before = await weights();
    const places = await pointsOf(plane);
    lieAs(places, before);
    const kinds = places.map(({ group }, n) => /** @type {const} */ ([vocabulary[n], group]));
    for (const [character, group] of /** @type {const} */ ([["e", 0], ["t", 1], ["Q", 2], ["7", 3], ["␣", 4]])) assert.equal(new Map(kinds).get(character), group, character);

    /** @param {number[]} rows @param {string} character */
    const nearest = (rows, character) => {
      const row = (/** @type {number} */ n) => rows.slice(64 * n, 64 * (n + 1));
      const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
      const own = row(vocabulary.indexOf(character));
      const all = vocabulary.map((/** @type {string} */ other, /** @type {number} */ n) => ({ other, cosine: dot(own, row(n)) / Math.sqrt(dot(own, own) * dot(row(n), row(n))) }));
      const five = all.filter(({ other }) => other !== character).sort((a, b) => b.cosine - a.cosine).slice(0, 5);
      return `Nearest to “${character}”: ${five.map(({ other, cosine }) => `“${other}” (${cosine.toFixed(2)})`).join(", ")}.`;
    };
    const words = plane.locator(".neighbours");
    assert.equal(await words.innerText(), nearest(before, "e"));
    const choice = page.getByLabel("Character to look at");
    await choice.focus();
    await page.keyboard.press("q");
    assert.equal(await words.innerText(), nearest(before, "q"));
    await plane.locator(`[data-n="${vocabulary.indexOf("m")}"] .mark`).hover({ force: true });
    assert.match(await words.innerText(), /^Nearest to “m”/);
    assert.equal(await plane.locator(".point.chosen text").textContent(), "m");

    await press(page, "Train");
    await until(page, "Step", (step) => step > 40);
    await press(page, "Pause");
    await stopped(page);
    const after = await weights();
    await words.filter({ hasText: nearest(after, "m") }).waitFor();
    assert.notDeepEqual(after, before);
    lieAs(await pointsOf(plane), after);
    await sound(page, ".inside");
    await closePage(page);
  });
});

/** What a layer gives for these images; the answer is large, and most of it stays in the page. @param {Page} page @param {number[]} images @param {string} layer @returns {Promise<number[]>} */
const given = (page, images, layer) =>
  page.evaluate(
    ({ images, layer, session }) =>
      new Promise((resolve) => {
        const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
        const answer = (/** @type {MessageEvent} */ { data }) => {
          if (data.id !== "given") return;
          worker.removeEventListener("message", answer);
          resolve([...data.layers.find((/** @type {any} */ { name }) => name === layer).data]);
        };
        worker.addEventListener("message", answer);
        worker.postMessage({ type: "predict", id: "given", session, inputs: Float32Array.from(images), count: images.length / 784, layers: true });
      }),
    { images, layer, session: DIGITS },
  );

describe("inside the digits", () => {
  const at = stage({ webgpu: false });

  // Proves: the first 300 test images stand where the last hidden layer puts them, with the marks of their classes and a ring where the network is wrong, as the engine says;
  // a pause after training places them anew, and what was placed of another network is gone.
  test("test images on a plane", async () => {
    const page = await openPage(at.browser, `${at.url}#digits`);
    const card = await openCard(page);
    const plane = card.locator("section", { has: page.getByRole("heading", { name: "How it tells them apart" }) });
    const facts = plane.locator("p", { hasText: "nearest are of its class" });
    const { x, y } = await ask(page, { type: "data", session: DIGITS, split: "test", start: 0, count: 300 });
    const isRight = async () => {
      const { probabilities } = await ask(page, { type: "predict", session: DIGITS, inputs: x, count: 300 });
      const points = await pointsOf(plane);
      assert.deepEqual(points.map(({ group }) => group), y);
      const says = y.map((/** @type {number} */ _, /** @type {number} */ n) => {
        const row = probabilities.slice(10 * n, 10 * (n + 1));
        return row.indexOf(Math.max(...row));
      });
      assert.deepEqual(points.map(({ ringed }) => ringed), y.map((/** @type {number} */ kind, /** @type {number} */ n) => kind !== says[n]));
      lieAs(points, await given(page, x, "10"));
      const right = y.filter((/** @type {number} */ kind, /** @type {number} */ n) => kind === says[n]).length / 300;
      assert.match(await facts.innerText(), new RegExp(`the network is right about ${(100 * right).toFixed(1)} %`));
      return { right, says };
    };
    await press(page, "Place 300 test images");
    await facts.filter({ hasText: "Step 0, the output of layer 10: 84 numbers" }).waitFor();
    const before = await isRight();

    await press(page, "Train");
    await until(page, "Step", (step) => step > 60);
    await press(page, "Pause");
    await stopped(page);
    const step = await until(page, "Step", (step) => step > 60);
    await facts.filter({ hasText: `Step ${step},` }).waitFor();
    const after = await isRight();
    assert.ok(after.right > before.right + 0.3, `${before.right}, then ${after.right}`);
    const field = page.getByLabel("Point of test image");
    await field.fill("12");
    await field.press("Enter");
    await plane.getByText(`Test image 12: ${y[11]}. The network says ${after.says[11]}.`).waitFor();
    await field.fill("301");
    await field.press("Enter");
    await plane.getByText("The images here are 1 to 300.").waitFor();
    await sound(page, ".inside");

    await press(page, "Reset");
    await plane.locator(".plane").waitFor({ state: "hidden" });
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);
    await closePage(page);
  });
});

describe("the step, kernel by kernel", () => {
  const at = stage({ webgpu: false });

  // Proves: the card asks for nothing while it is closed; opened it lists the dispatches of the engine's Plan; one that is chosen is shown as the Plan has it, with the shader
  // that the engine gives, which can be copied; and they are measured one by one, which leaves the network as it is.
  test("the dispatches of a step, one of them in full, and their times", async () => {
    const page = await openPage(at.browser, `${at.url}#lstm`);
    await page.evaluate(() => {
      const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
      const post = worker.postMessage.bind(worker);
      /** @type {string[]} */
      const sent = [];
      Object.assign(window, { sent });
      worker.postMessage = (/** @type {any} */ message, /** @type {any} */ more) => {
        if (typeof message.id === "number") sent.push(message.type);
        post(message, more);
      };
    });
    const sent = () => page.evaluate(() => Reflect.get(window, "sent").filter((/** @type {string} */ type) => ["plan", "dispatch"].includes(type)).length);
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    assert.equal(await sent(), 0, "closed it asks nothing");

    const card = page.locator("details.card", { has: page.getByRole("heading", { name: "The step, kernel by kernel" }) });
    await card.locator("> summary").click();
    const rows = card.locator("tbody tr");
    await rows.first().waitFor();
    const { text } = await ask(page, { type: "plan", session: LSTM });
    const dispatches = text.split(/^dispatch \d+\n/m).slice(1).map((/** @type {string} */ one) => one.replaceAll(/^\S.*\n/gm, ""));
    assert.equal(await rows.count(), dispatches.length);
    assert.equal(await card.locator(".kernel-names > span").count(), dispatches.join("").split("\n").filter((/** @type {string} */ line) => /^ {2}\w/.test(line)).length);
    assert.deepEqual([...new Set(await rows.locator("td:nth-of-type(1)").allInnerTexts())].filter((part) => part.includes("times")), ["forward, 64 times", "backward, 64 times"]);
    assert.ok((await rows.locator("td:nth-of-type(2)").allInnerTexts()).includes("1 LSTM"));

    const number = dispatches.findIndex((/** @type {string} */ one) => one.includes("contract [64]"));
    const button = page.getByRole("button", { name: `Dispatch ${number}`, exact: true });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-current"), "true");
    const [plan, shader] = [card.locator("pre").first(), card.locator("pre").last()];
    await shader.filter({ hasText: "@compute" }).waitFor();
    assert.ok((await plan.innerText()).startsWith(dispatches[number]), await plan.innerText());
    assert.match(await plan.innerText(), /^b0: f32\[\d+\] leaf params$/m);
    const { wgsl } = await ask(page, { type: "dispatch", session: LSTM, dispatch: number });
    assert.match(wgsl, /var<uniform> step: i32/, "it is in a loop");
    assert.equal(await shader.evaluate((pre) => pre.textContent), wgsl);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await press(page, "Copy the WGSL");
    await page.waitForFunction((wgsl) => navigator.clipboard.readText().then((copied) => copied === wgsl), wgsl);

    const weights = async () => (await ask(page, { type: "read", session: LSTM, name: "1.weight_hh_l0" })).data;
    const before = await weights();
    await press(page, "Measure each dispatch");
    await card.getByText("Measured one by one they take").waitFor();
    const shares = (await rows.locator("td:last-child span").allInnerTexts()).map((share) => parseFloat(share));
    const times = await rows.locator("[data-ms]").evaluateAll((cells) => cells.map((cell) => Number(/** @type {HTMLElement} */ (cell).dataset.ms)));
    const total = times.reduce((sum, ms) => sum + ms, 0);
    times.forEach((ms, n) => assert.ok(Math.abs((100 * ms) / total - (shares[n] ?? NaN)) < 0.06, `${shares[n]} % is said of ${ms} in ${total}`));
    assert.ok(total > 0 && times.length === dispatches.length);
    assert.deepEqual(await weights(), before);
    await sound(page, ".step-kernels");
    assert.deepEqual(await card.locator(".notice").allInnerTexts(), []);

    // Another network is another Plan.
    await page.evaluate((hash) => (location.hash = hash), changed("lstm", { layers: [{ type: "Embedding", num_embeddings: 80, embedding_dim: 8 }, { type: "Linear", out_features: 80 }] }));
    await card.getByText("Nothing has been measured yet.").waitFor();
    assert.equal(await rows.filter({ hasText: "LSTM" }).count(), 0);
    await closePage(page);
  });
});
