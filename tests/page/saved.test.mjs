// Runs are saved by themselves in the browser and go on after a reload, bit for bit; what was trained is never written over by another
// run; and where nothing can be saved, that is said and training goes on. In a Chromium without WebGPU: none of this depends on the
// device. One case in Firefox.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { changed, choose, closePage, fill, firefoxStage, galleryReady, load, newPage, openPage, PATIENCE, press, reading, ready, save, setSpeed, stage, specOf, stopped, tensorsOf, until } from "./page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{ network: string, place: string, version: string, spec: any, step: number, size: number, file: number[], curves: { [name: string]: { x: number[], y: number[] } } }} Saved */

/** What is in the browser's database, behind the page's back. @param {Page} page @returns {Promise<Saved[]>} */
const inBrowser = (page) => page.evaluate(contents);

async function contents() {
  if (!(await indexedDB.databases()).some(({ name }) => name === "tabgrad")) return [];
  /** @type {(request: IDBRequest) => Promise<any>} */
  const answer = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  const db = await answer(indexedDB.open("tabgrad"));
  try {
    const transaction = db.transaction(["runs", "states"]);
    const runs = await answer(transaction.objectStore("runs").getAll());
    const versions = await answer(transaction.objectStore("states").getAllKeys());
    const states = await answer(transaction.objectStore("states").getAll());
    if (states.length !== runs.length) throw new Error(`${runs.length} runs have ${states.length} states`);
    return runs.map((/** @type {any} */ run) => {
      const { file, curves } = states[versions.indexOf(run.version)];
      return { ...run, file: [...file], curves };
    });
  } finally {
    db.close();
  }
}

/**
 * Waits until the browser holds what is wanted.
 * @param {Page} page @param {(all: Saved[]) => Saved | undefined | false} wanted
 * @returns {Promise<Saved>}
 */
async function untilSaved(page, wanted) {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const all = await inBrowser(page);
    const found = wanted(all);
    if (found) return found;
    assert.ok(performance.now() < end, `${await page.locator(".notice").allInnerTexts()} there is ${all.map(({ network, place, step }) => `${network} ${place} ${step}`).join(", ") || "nothing"}`);
    await page.waitForTimeout(100);
  }
}

/** @param {string} network @param {(saved: Saved) => boolean} [fits] @returns {(all: Saved[]) => Saved | undefined} */
const now = (network, fits = () => true) => (all) => all.find((saved) => saved.network === network && saved.place === "now" && fits(saved));
/** @param {string} network @param {(saved: Saved) => boolean} [fits] @returns {(all: Saved[]) => Saved | undefined} */
const before = (network, fits = () => true) => (all) => all.find((saved) => saved.network === network && saved.place === "before" && fits(saved));

/** The page has one reason less to wait: it is about to go out of sight. @param {Page} page */
const leave = (page) => page.evaluate(() => void window.dispatchEvent(new Event("pagehide")));

/** @param {Page} page @param {string | RegExp} text */
const notice = (page, text) => page.locator(".transport + .notices .notice", { hasText: text });

/** So many presses on Step, saved. @param {Page} page @param {string} network @param {number} steps */
async function stepAndSave(page, network, steps) {
  const from = await reading(page, "Step");
  for (let step = from + 1; step <= from + steps; step++) {
    await press(page, "Step");
    await until(page, "Step", (there) => there === step);
  }
  await leave(page);
  return untilSaved(page, now(network, ({ step }) => step === from + steps));
}

/** Trains behind the page's back, to a step. @param {Page} page @param {number} session @param {number} to */
const trainTo = (page, session, to) =>
  page.evaluate(
    async ({ session, to }) => {
      const worker = /** @type {Worker} */ (Reflect.get(window, "engineWorker"));
      const ask = (/** @type {number} */ steps) =>
        new Promise((resolve) => {
          const id = -1 - steps;
          worker.addEventListener("message", function hear({ data }) {
            if (data.id !== id) return;
            worker.removeEventListener("message", hear);
            resolve(data);
          });
          worker.postMessage({ id, type: "train", session, steps, sync: true });
        });
      const { step } = /** @type {any} */ (await ask(0));
      if (step >= to) throw new Error(`it is at step ${step} already`);
      await ask(to - step);
    },
    { session, to },
  );

/** Opens an address anew, in the tab that is there. @param {Page} page @param {string} url */
async function visit(page, url) {
  await page.goto(new URL("icon.svg", url).href);
  await page.goto(url);
}

const dialog = (/** @type {Page} */ page) => page.locator("dialog.saved[open]");
const row = (/** @type {Page} */ page, /** @type {string | RegExp} */ text) => dialog(page).locator("li", { hasText: text });

describe("saved runs", () => {
  const at = stage({ webgpu: false });

  test("a run that is reloaded in the middle stands where it was, curves and all, and goes on to the same bits as one that is not", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await press(page, "Train");
    const first = await untilSaved(page, now("playground", ({ step }) => step > 0));
    await page.reload();
    await ready(page);
    await notice(page, /^Taken up again from step [\d,]+, saved (just now|\d+ seconds ago)\. Start afresh/).waitFor();
    const taken = await untilSaved(page, now("playground"));
    assert.ok(taken.step >= first.step);
    assert.equal(await reading(page, "Step"), taken.step);
    assert.deepEqual([...(await save(page))], taken.file);
    assert.match(await page.locator(".files + div").innerText(), new RegExp(`Saved by itself at step ${taken.step}`));

    await press(page, "Train");
    const later = await untilSaved(page, now("playground", ({ step }) => step > taken.step));
    await press(page, "Pause");
    await stopped(page);
    await trainTo(page, 2, 5000);
    const resumed = await save(page);
    await closePage(page);

    const unbroken = await openPage(at.browser, `${at.url}#playground`);
    await press(unbroken, "Train");
    const whole = await untilSaved(unbroken, now("playground", ({ step }) => step > 0));
    await press(unbroken, "Pause");
    await stopped(unbroken);
    await trainTo(unbroken, 2, 5000);
    assert.ok(resumed.equals(await save(unbroken)), "the weights, the optimiser's state and the place in the data are the same");
    await closePage(unbroken);

    for (const saved of [first, taken, later, whole]) {
      assert.deepEqual(saved.curves.loss?.x, [...Array(saved.step).keys()], "no step is missing from the curve, and none is too much");
      const length = Math.min(saved.step, whole.step);
      for (const name of ["loss", "accuracy", "gradNorm"]) assert.deepEqual(saved.curves[name]?.y.slice(0, length), whole.curves[name]?.y.slice(0, length), name);
    }
  });

  test("at full speed, too, a saved curve ends where the saved run does, and long curves go on as they were", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    await setSpeed(page, "full");
    await press(page, "Train");
    const { step, curves } = await untilSaved(page, now("playground", ({ step }) => step > 3000));
    const { x = [], width = 1, pending } = /** @type {any} */ (curves.loss);
    assert.ok(width > 1);
    assert.equal(pending.n ? pending.x : x.at(-1), step - 1);
    await page.reload();
    await notice(page, "Taken up again").waitFor();
    const taken = await untilSaved(page, now("playground"));
    await press(page, "Step");
    await until(page, "Step", (now) => now === taken.step + 1);
    await leave(page);
    const next = /** @type {any} */ ((await untilSaved(page, now("playground", ({ step }) => step === taken.step + 1))).curves);
    const was = /** @type {any} */ (taken.curves);
    assert.equal(next.loss.width, was.loss.width);
    assert.equal(next.loss.x.length * next.loss.width + next.loss.pending.n, was.loss.x.length * was.loss.width + was.loss.pending.n + 1);
    await closePage(page);
  });

  test("a tab whose worker is killed loses no more than what was not saved yet, also by its plain name; what each step reported is there again", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    await fill(page, "Learning rate", 0.02);
    await stepAndSave(page, "first", 12);
    await page.evaluate(() => /** @type {Worker} */ (Reflect.get(window, "engineWorker")).terminate());
    await visit(page, `${at.url}#first`);
    await notice(page, "Taken up again from step 12, saved").waitFor();
    assert.equal(await reading(page, "Step"), 12);
    assert.equal(await page.getByLabel("Learning rate", { exact: true }).inputValue(), "0.02");
    assert.deepEqual(await page.locator(".loss-table tbody td:first-child").allInnerTexts(), ["0", "10"]);
    assert.match(page.url(), /#first\/./);
    await setSpeed(page, "full");
    await press(page, "Train");
    await until(page, "Step", (step) => step === 100);
    await stopped(page);
    await closePage(page);
  });

  test("nothing is written of a network that was only looked at; a change by hand is, and so is a file that is loaded", async () => {
    const page = await newPage(at.browser);
    await page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      Object.assign(window, { written: 0 });
      IDBObjectStore.prototype.put = function (/** @type {any[]} */ ...what) {
        Object.assign(window, { written: Reflect.get(window, "written") + 1 });
        return Reflect.apply(put, this, what);
      };
    });
    await page.goto(`${at.url}#first`);
    await ready(page);
    const file = await save(page);
    await leave(page);
    await page.getByRole("button", { name: "Saved work" }).click();
    await dialog(page).getByText("Nothing is saved yet").waitFor();
    assert.equal(await page.evaluate(() => Reflect.get(window, "written")), 0);
    await page.keyboard.press("Escape");
    await fill(page, "Learning rate", 0.5);
    await untilSaved(page, now("first", ({ spec, step }) => step === 0 && spec.optimizer.lr === 0.5));
    await page.getByRole("link", { name: "All networks" }).click();
    await page.locator(".network", { hasText: "Changed settings saved" }).waitFor();
    await visit(page, `${at.url}#first`);
    await notice(page, "Taken up again with changed settings, saved").waitFor();
    await load(page, file);
    await untilSaved(page, now("first", ({ spec }) => spec.optimizer.lr === specOf(file).optimizer.lr));
    await closePage(page);
  });

  test("a link with other settings opens as it says, and offers what is saved; trained, it takes its place, and what was there is kept", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    const old = await stepAndSave(page, "first", 3);
    await visit(page, at.url + changed("first", { optimizer: { lr: 0.5 } }));
    await notice(page, /There is saved work of this network with other settings: step 3, saved .* Open it/).waitFor();
    assert.equal(await reading(page, "Step"), 0);
    await leave(page);
    await press(page, "Open it");
    await until(page, "Step", (step) => step === 3);
    assert.match(page.url(), /#first$/);
    assert.deepEqual([...(await save(page))], old.file);
    assert.equal((await untilSaved(page, now("first"))).version, old.version);

    await visit(page, at.url + changed("first", { optimizer: { lr: 0.5 } }));
    await notice(page, "Open it").waitFor();
    await stepAndSave(page, "first", 2);
    assert.equal((await untilSaved(page, before("first"))).version, old.version);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    await page.getByText("An earlier run is kept, too: step 3, saved").waitFor();
    await press(page, "Open the earlier run");
    await until(page, "Step", (step) => step === 3);
    assert.deepEqual((await untilSaved(page, before("first", ({ step }) => step === 2))).spec.optimizer.lr, 0.5);
    await page.reload();
    await notice(page, "Taken up again from step 3").waitFor();
    await closePage(page);
  });

  test("starting afresh begins at step 0, and lasts; undone, the run is back; a reset does not lose a run either", async () => {
    const page = await openPage(at.browser, `${at.url}#playground`);
    const { file } = await stepAndSave(page, "playground", 3);
    await page.reload();
    await notice(page, "Taken up again from step 3").waitFor();
    await press(page, "Start afresh");
    await notice(page, "Fresh weights, step 0. The earlier run is kept: step 3, saved").waitFor();
    assert.equal(await reading(page, "Step"), 0);
    await page.reload();
    await ready(page);
    assert.equal(await reading(page, "Step"), 0);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    await press(page, "Open the earlier run");
    await until(page, "Step", (step) => step === 3);
    assert.deepEqual([...(await save(page))], file);

    await page.reload();
    await notice(page, "Taken up again from step 3").waitFor();
    await press(page, "Start afresh");
    await notice(page, "Fresh weights").getByRole("button", { name: "Undo" }).click();
    await until(page, "Step", (step) => step === 3);
    assert.deepEqual([...(await save(page))], file);

    // What is not saved yet is, before it is reset.
    await press(page, "Step");
    await until(page, "Step", (step) => step === 4);
    const there = await save(page);
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await page.getByText("An earlier run is kept, too: step 4, saved").waitFor();
    // A change of settings alone does not push it out.
    await press(page, "Add a hidden layer");
    await untilSaved(page, now("playground", ({ step }) => step === 0));
    await press(page, "Reset");
    await untilSaved(page, (all) => !now("playground")(all) && before("playground")(all));
    await press(page, "Open the earlier run");
    await until(page, "Step", (step) => step === 4);
    assert.ok(there.equals(await save(page)));
    await closePage(page);
  });

  test("of two tabs with one network, each goes on from its own run, and neither is lost", async () => {
    const a = await openPage(at.browser, `${at.url}#first`);
    await stepAndSave(a, "first", 5);
    const b = await a.context().newPage();
    await b.goto(`${at.url}#first`);
    await notice(b, "Taken up again from step 5").waitFor();
    await stepAndSave(b, "first", 1);
    assert.deepEqual(await b.locator(".notice").allInnerTexts(), [], "to go on from what another tab has left is no conflict");
    await stepAndSave(a, "first", 4);
    await notice(a, "Another tab trains this network, too, and saved step 6.").waitFor();
    await stepAndSave(b, "first", 1);
    await a.reload();
    await notice(a, "Taken up again from step 9, saved").waitFor();
    await b.reload();
    await notice(b, "Taken up again from step 7, saved").waitFor();
    // Only when its own is gone does a tab take the other's, and says so.
    await a.getByRole("button", { name: "Saved work" }).click();
    await row(a, /step\s9/).getByRole("button", { name: "Delete" }).click();
    await row(a, /step\s9/).getByRole("button", { name: "Delete for good?" }).click();
    await row(a, /step\s9/).waitFor({ state: "detached" });
    await a.reload();
    await notice(a, /Taken up again from step 7, saved .* by another tab/).waitFor();
    await closePage(a);
  });

  test("the list names what is saved, opens it, hands it over as the file that saving makes, and deletes it", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    const one = await stepAndSave(page, "first", 3);
    await choose(page, "2-D playground");
    await page.getByRole("heading", { level: 1, name: "2-D playground" }).waitFor();
    await ready(page);
    const other = await stepAndSave(page, "playground", 2);
    await page.getByRole("link", { name: "All networks" }).click();
    await galleryReady(page);
    const card = (/** @type {string} */ name) => page.locator(".network", { has: page.getByRole("heading", { name, exact: true }) });
    await card("First network").getByText("Step 3 saved", { exact: true }).waitFor();
    await card("2-D playground").getByText("Step 2 saved", { exact: true }).waitFor();
    assert.equal(await page.locator(".network .kept:visible").count(), 2);

    await page.getByRole("button", { name: "Saved work" }).click();
    await dialog(page).getByText(/^2 runs, [\d.]+ kB in all, in this browser only\.$/).waitFor();
    assert.match(await row(page, "First network").innerText(), /step\s3, accuracy\s[\d.]+\s%, saved\s(just\snow|\d+\sseconds\sago), 1\.9\skB/);
    assert.match(await row(page, "2-D playground").innerText(), /step\s2, test\saccuracy/);
    await page.evaluate(axe);
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        const found = await page.evaluate(async () => (await Reflect.get(window, "axe").run("dialog")).violations.map((/** @type {any} */ { id, help }) => `${id}: ${help}`));
        assert.deepEqual(found, [], `${colorScheme}, ${width} px`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth && [...document.querySelectorAll("dialog[open]")].every((d) => d.scrollWidth <= d.clientWidth)));
      }
    }

    const [file] = await Promise.all([page.waitForEvent("download"), row(page, "First network").getByRole("button", { name: "Download" }).click()]);
    assert.equal(file.suggestedFilename(), "tabgrad-first-step-3.safetensors");
    assert.deepEqual([...readFileSync(await file.path())], one.file);

    await row(page, "First network").getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "First network" }).waitFor();
    await notice(page, "Taken up again: step 3, saved").waitFor();
    await visit(page, at.url);
    await page.getByRole("button", { name: "Saved work" }).click();
    await row(page, "2-D playground").getByRole("button", { name: "Open" }).click();
    await notice(page, "Taken up again from step 2, saved").waitFor();
    assert.deepEqual([...(await save(page))], other.file);

    await page.getByRole("button", { name: "Saved work" }).click();
    const remove = row(page, "2-D playground").getByRole("button", { name: "Delete" });
    await remove.click();
    await row(page, "First network").getByRole("button", { name: "Download" }).focus(); // turned elsewhere: nothing is deleted
    await remove.click();
    assert.equal((await inBrowser(page)).length, 2);
    await remove.click();
    await dialog(page).getByText("Deleted: 2-D playground, step 2.").waitFor();
    assert.deepEqual((await inBrowser(page)).map(({ network }) => network), ["first"]);
    const all = dialog(page).getByRole("button", { name: "Delete all" });
    await all.click();
    await dialog(page).getByRole("button", { name: "Delete for good?" }).click();
    await dialog(page).getByText("Nothing is saved yet").waitFor();
    assert.deepEqual(await inBrowser(page), []);
    await visit(page, `${at.url}#first`);
    await ready(page);
    assert.equal(await reading(page, "Step"), 0);
    await closePage(page);
  });

  for (const [agreed, before, after] of /** @type {const} */ ([
    [true, "the browser may delete it", "The browser keeps it until you delete it."],
    [false, "the browser may delete it", "The browser did not agree"],
  ])) {
    test(`the browser is asked to keep saved work on a press only, and ${agreed ? "agrees" : "refuses"}`, async () => {
      const page = await newPage(at.browser);
      await page.addInitScript((agreed) => {
        Object.assign(window, { asked: 0 });
        StorageManager.prototype.persisted = () => Promise.resolve(false);
        StorageManager.prototype.persist = () => {
          Object.assign(window, { asked: Reflect.get(window, "asked") + 1 });
          return Promise.resolve(agreed);
        };
      }, agreed);
      await page.goto(`${at.url}#first`);
      await ready(page);
      await page.getByRole("button", { name: "Saved work" }).click();
      await dialog(page).getByText(before).waitFor();
      assert.equal(await page.evaluate(() => Reflect.get(window, "asked")), 0);
      await press(page, "Ask the browser to keep it");
      await dialog(page).getByText(after).waitFor();
      assert.equal(await page.evaluate(() => Reflect.get(window, "asked")), 1);
      await closePage(page);
    });
  }

  test("a saved run that this version cannot open is named and kept, as a file and until it is deleted; training does not write over it", async () => {
    const page = await openPage(at.browser, `${at.url}#first`);
    const { version } = await stepAndSave(page, "first", 3);
    // As a page of another version would have written it.
    await page.evaluate(async (version) => {
      const answer = (/** @type {IDBRequest} */ request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const db = /** @type {IDBDatabase} */ (await answer(indexedDB.open("tabgrad")));
      const states = db.transaction("states", "readwrite").objectStore("states");
      const state = await answer(states.get(version));
      state.file[state.file.length - 3] ^= 255;
      await answer(states.put(state, version));
      db.close();
    }, version);
    await page.reload();
    await notice(page, /What was saved of this network at step 3 cannot be opened by this version of the page:.*checksum.*It is kept/).waitFor();
    assert.equal(await reading(page, "Step"), 0);
    await stepAndSave(page, "first", 1);
    await press(page, "Reset");
    await until(page, "Step", (step) => step === 0);
    await stepAndSave(page, "first", 2);
    assert.deepEqual((await inBrowser(page)).map(({ place, step }) => `${place} ${step}`).sort(), ["before 1", "now 2", "refused 3"]);
    await page.reload();
    await notice(page, "Taken up again from step 2").waitFor();

    await page.getByRole("button", { name: "Saved work" }).click();
    const refused = row(page, /could\snot\sbe\sopened/);
    await refused.getByRole("button", { name: "Open" }).click();
    await notice(page, "cannot be opened by this version").waitFor();
    assert.equal(await reading(page, "Step"), 2, "the run that is there stays");
    await notice(page, "It is kept").getByRole("button", { name: "Saved work" }).click();
    const [file] = await Promise.all([page.waitForEvent("download"), refused.getByRole("button", { name: "Download" }).click()]);
    assert.equal(tensorsOf(readFileSync(await file.path())).metadata.format, "tabgrad");
    await refused.getByRole("button", { name: "Delete" }).click();
    await refused.getByRole("button", { name: "Delete for good?" }).click();
    await refused.waitFor({ state: "detached" });
    await closePage(page);
  });

  /** It trains, and goes on doing so. @param {Page} page */
  async function goesOn(page) {
    const step = await reading(page, "Step");
    await until(page, "Step", (now) => now > step);
    assert.match(await page.locator(".play").innerText(), /Pause/);
  }

  test("a browser that lets nothing be saved is named once there is something to save, and training goes on", async () => {
    const page = await newPage(at.browser);
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("denied", "SecurityError");
      };
    });
    await page.goto(`${at.url}#playground`);
    await ready(page);
    assert.deepEqual(await page.locator(".notice").allInnerTexts(), []);
    await press(page, "Train");
    await notice(page, "The browser does not let this page save anything, as in a private window or with site data switched off. Training goes on; “Save to file” keeps it.").waitFor();
    await page.locator(".files + div .field-error", { hasText: "does not let this page save anything" }).waitFor();
    await goesOn(page);
    await page.getByRole("button", { name: "Saved work" }).click();
    await dialog(page).locator(".notice.warning", { hasText: "does not let this page save anything" }).waitFor();
    await closePage(page);
  });

  test("a browser without room is named, training goes on, and what can be saved again is", async () => {
    const page = await newPage(at.browser);
    await page.addInitScript(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (/** @type {any[]} */ ...what) {
        if (Reflect.get(window, "full") && this.name === "states") {
          Object.assign(window, { refused: (Reflect.get(window, "refused") ?? 0) + 1 });
          throw new DOMException("full", "QuotaExceededError");
        }
        return Reflect.apply(put, this, what);
      };
    });
    await page.goto(`${at.url}#playground`);
    await ready(page);
    const { version } = await stepAndSave(page, "playground", 1);
    await page.evaluate(() => Object.assign(window, { full: true }));
    await press(page, "Train");
    await notice(page, "There is no room left to save this run in the browser. Delete saved work").waitFor();
    await page.locator(".files + div .field-error", { hasText: "There is no room left" }).waitFor();
    await goesOn(page);
    await press(page, "Pause");
    await stopped(page);
    // Where nothing is new any more, too, it is tried again.
    const step = await reading(page, "Step");
    await press(page, "Step");
    await until(page, "Step", (now) => now === step + 1);
    const refused = await page.evaluate(() => Reflect.get(window, "refused"));
    await leave(page);
    await page.waitForFunction((refused) => Reflect.get(window, "refused") > refused, refused);
    assert.deepEqual((await inBrowser(page)).map((saved) => saved.version), [version], "what was saved stays, whole");
    await page.evaluate(() => Object.assign(window, { full: false }));
    await notice(page, "Saving works again.").waitFor();
    await untilSaved(page, now("playground", ({ step }) => step > 1));
    await page.getByText(/Saved by itself at step [\d,]+/).waitFor();
    await closePage(page);
  });

  test("saved work of a newer version of the page, or that the browser cannot get at, or keeps waiting for, is named at once, and training goes on", async () => {
    for (const [spoil, message] of /** @type {[() => unknown, RegExp][]} */ ([
      [() => indexedDB.open("tabgrad", 7), /written by a newer version of this page, which this one cannot read/],
      [
        () => {
          IDBFactory.prototype.open = () => {
            throw new DOMException("Internal error opening backing store.", "UnknownError");
          };
        },
        /The browser cannot get at saved work: Internal error opening backing store\. Training goes on, and saving is tried again/,
      ],
      [
        () => {
          IDBFactory.prototype.open = () => Object.create(IDBOpenDBRequest.prototype, { addEventListener: { value() {} } });
        },
        /The browser does not answer where saved work is kept/,
      ],
    ])) {
      const page = await newPage(at.browser);
      await page.addInitScript(spoil);
      await page.goto(`${at.url}#playground`);
      await ready(page);
      await notice(page, message).waitFor();
      await press(page, "Train");
      await goesOn(page);
      await closePage(page);
    }
  });

  test("a page without the code for saving trains all the same, and saves once it has come", async () => {
    const page = await newPage(at.browser);
    await page.route("**/vendor/idb.js*", (route) => route.abort());
    await page.goto(`${at.url}#first`);
    await ready(page);
    await notice(page, "The file idb.js could not be loaded").waitFor();
    await press(page, "Step");
    await until(page, "Step", (step) => step === 1);
    await page.unroute("**/vendor/idb.js*");
    await stepAndSave(page, "first", 1);
    await closePage(page);
  });

  test("a network embedded in another page keeps nothing", async () => {
    const page = await newPage(at.browser);
    await page.goto(`${at.url}embed.html?src=first&autoplay`);
    await page.waitForFunction(() => /[1-9]/.test(document.querySelector("tab-grad")?.shadowRoot?.querySelector(".readings div:nth-child(2) output")?.textContent ?? ""));
    await leave(page);
    assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name)), []);
    await closePage(page);
  });
});

describe("saved runs in Firefox", () => {
  const at = firefoxStage();

  test("a run goes on after a reload", async () => {
    const page = await at.browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${at.url}#first`);
    await page.waitForSelector(".play:not([disabled])");
    await page.click(".transport button:nth-of-type(2)");
    await page.waitForFunction(() => /Saved by itself at step 1/.test(document.body.textContent ?? ""));
    await page.reload();
    await page.waitForFunction(() => /Taken up again from step 1, saved/.test(document.querySelector(".transport + .notices")?.textContent ?? ""));
    await page.close();
  });
});
