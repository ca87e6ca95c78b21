// What the tests of "Inside the network" share: its card, and what is put in view there.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */

/** The engine's numbers are of f32. @param {number} found @param {number} expected @param {string} what @param {number} [tolerance] */
export function close(found, expected, what, tolerance = 2e-4) {
  assert.ok(Math.abs(found - expected) <= tolerance * (1 + Math.abs(expected)), `${what} is shown as ${found}, but is ${expected}`);
}

/** @param {Page} page */
export const cardOf = (page) => page.locator("details.card", { has: page.getByRole("heading", { name: "Inside the network" }) });

/** Opens the card and waits for what it shows. @param {Page} page */
export async function openCard(page) {
  const card = cardOf(page);
  await card.locator("> summary").click();
  await card.evaluate((element) => element.scrollIntoView());
  await card.locator(".layer-list button").first().waitFor();
  return card;
}

/** Puts a layer in view. @param {Page} page @param {string} name */
export async function see(page, name) {
  const button = cardOf(page).locator(".layer-list button").filter({ has: page.locator("strong", { hasText: new RegExp(`^${name.replaceAll(".", "\\.")} `) }) });
  await button.click();
  await cardOf(page).locator(".layer-detail > h3", { hasText: new RegExp(`^${name.replaceAll(".", "\\.")} `) }).first().waitFor();
}

/** @param {Page} page */
export const subjectOf = (page) => cardOf(page).locator(".subject > p");

/** Looks at a test image or passage, numbered from 1. @param {Page} page @param {"image" | "passage"} thing @param {number} number */
export async function lookAt(page, thing, number) {
  const field = page.getByLabel(`Test ${thing} number`);
  await field.fill(String(number));
  await field.blur();
  await subjectOf(page).filter({ hasText: new RegExp(`test ${thing} ${number} of`, "i") }).waitFor();
}
