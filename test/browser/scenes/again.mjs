// SPDX-License-Identifier: Apache-2.0
// again.mjs - two tabs of one server; the file is written anew, and one tab loaded again:
// what the other shows then, where nothing was done and where something was.
import { copyFile } from "node:fs/promises";
import { act, details, drawn, enter, go } from "./stage.mjs";

const rows = (page) => page.locator("#view tr[data-at]").evaluateAll((found) => found.map((row) =>
  [...row.cells].map((cell) => cell.textContent)));

export async function play(browser, args) {
  const { page, context, problems } = await enter(browser, args);
  await go(page, "v=table");
  await page.locator("tr[data-at]", { hasText: args.chosen }).click();
  const other = await context.newPage();
  await other.goto(page.url().split("#")[0]);
  await drawn(other, 0);
  const first = await rows(page);
  await copyFile(args.next, args.file);
  await other.reload();
  await drawn(other, 0);
  await go(other, "v=table");
  const loaded = await rows(other);
  await page.bringToFront();
  const still = await rows(page);
  await act(page, () => page.locator("thead button", { hasText: "Calls" }).first().click());
  await page.waitForFunction((count) => document.querySelectorAll("#view tr[data-at]").length === count, loaded.length);
  const { name } = await details(page);
  return { first, still, loaded, later: await rows(page), name, problems };
}
