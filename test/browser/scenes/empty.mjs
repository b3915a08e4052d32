// SPDX-License-Identifier: Apache-2.0
// empty.mjs - a page that has no profile yet says what to do, and takes one.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

export async function play(browser, args) {
  const page = await (await browser.newContext({ offline: true })).newPage();
  const problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.stack));
  await page.goto(args.url);
  await page.locator(".drop").waitFor();
  const empty = await page.locator(".drop").textContent();
  if (args.picture) await page.screenshot({ path: `${args.picture}.png` });
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"), page.locator(".drop button").click(),
  ]);
  await chooser.setFiles({ name: basename(args.drop), mimeType: "application/octet-stream",
    buffer: await readFile(args.drop) });
  await page.waitForFunction(() => Number(document.body.dataset.drawn ?? 0) > 0);
  return {
    empty, problems, files: await page.locator("#profile").getAttribute("title"),
    rows: await page.locator("tr[data-at]").count(),
  };
}
