// SPDX-License-Identifier: Apache-2.0
// rows.mjs - the texts of what one view shows: its rows, cell by cell, and the rest.
import { enter, go } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const began = await page.evaluate(() => location.hash);
  await go(page, args.address);
  if (args.picture) await page.screenshot({ path: `${args.picture}.png` });
  return {
    rows: await page.locator("#view tbody tr").evaluateAll((rows) => rows.map((row) =>
      [...row.cells].map((cell) => cell.textContent))),
    rest: await page.locator("#view p, #view .file").allTextContents(),
    preview: await page.locator(".preview div").evaluateAll((lines) => lines.map((line) =>
      [...line.children].slice(2).map((part) => part.textContent).join(""))),
    began, problems, reports: await page.evaluate(() => globalThis.reports),
  };
}
