// How well the examples on images and texts are learnt, and in what time: each is trained from its first step to the end of its schedule, on the CPU
// in Chromium, and measured on all test examples after each epoch, which the time does not count. The figures of a run are the same on every
// machine, its time is not.
//
//   node scripts/scores.mjs <built site> [example ...]

import { availableParallelism, cpus, loadavg } from "node:os";
import { launchChromium } from "./browsers.mjs";
import { serve } from "./server.mjs";

const [folder = "dist", ...chosen] = process.argv.slice(2);
const examples = chosen.length ? chosen : ["digits", "resnet", "vgg", "gpt", "lstm", "gru"];

/** In the page: trains one example, and says after each epoch how it stands. @param {string} id */
async function train(id) {
  const { connect } = await import(/** @type {any} */ ("/core/connect.js"));
  /** @type {import("../www/core/example.js").Example} */
  const { spec, epochs = 1, bits } = (await import(`/examples/${id}.js`))[id];
  const client = await connect(`${location.origin}/`);
  const { steps_per_epoch, report, device } = await client.call("create", { session: 1, spec, device: "cpu" });
  console.warn(`${id}: ${report.params} parameters, on ${device.name}`);
  let seconds = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let loss = 0;
    for (let left = steps_per_epoch; left > 0; ) {
      const start = performance.now();
      const { points, status, problem } = await client.call("train", { session: 1, steps: Math.min(left, 100), sync: true });
      seconds += (performance.now() - start) / 1000;
      if (status !== "running") throw new Error(`${problem.tensor} is not finite at step ${problem.step}`);
      for (const point of points) loss += point.loss / steps_per_epoch;
      left -= points.length;
    }
    const test = await client.call("evaluate", { session: 1, split: "test" });
    const said = bits ? `${(test.loss / Math.LN2).toFixed(3)} bits per character` : `loss ${test.loss.toFixed(4)}`;
    console.warn(`  epoch ${epoch}, ${seconds.toFixed(0)} s: training loss ${loss.toFixed(4)}; on ${test.count} test examples ${said}, ${(100 * test.accuracy).toFixed(2)} % right`);
  }
}

const site = await serve(folder);
const browser = await launchChromium({ webgpu: false });
console.log(`  Chromium ${browser.version()} on ${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}`);
try {
  for (const id of examples) {
    const page = await browser.newPage();
    page.on("console", (message) => console.log(`  ${message.text()}`));
    await page.goto(site.url);
    await page.evaluate(train, id);
    await page.close();
  }
} catch (error) {
  console.error(`scores: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await browser.close();
  await site.close();
}
console.log(`  load ${loadavg()[0]?.toFixed(1)} after`);
