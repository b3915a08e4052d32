// SPDX-License-Identifier: Apache-2.0
// pictures.mjs - saves the chart of each view as SVG and as PNG, and copies a stack.
import { readFile } from "node:fs/promises";
import { drawn, enter, go } from "./stage.mjs";

async function saved(page, key) {
  const [download] = await Promise.all([
    page.waitForEvent("download"), page.keyboard.press(key),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const found = {};
  for (const [name, address] of Object.entries(args.views)) {
    // A page each: Chromium asks its user about a page that downloads many files.
    const other = await page.context().newPage();
    other.on("console", (message) => problems.push(message.text()));
    await other.goto(page.url().split("#")[0]);
    await drawn(other, 0);
    await go(other, address);
    const svg = await saved(other, "x"), png = await saved(other, "X");
    found[name] = {
      svg: svg.bytes.toString("utf8"), svg_name: svg.name, png_name: png.name,
      png: png.bytes.subarray(0, 24).toString("base64"), png_bytes: png.bytes.length,
    };
  }
  await go(page, Object.values(args.views)[0]);
  await page.bringToFront();
  const copied = {};
  for (const key of ["c", "C"]) {
    await page.evaluate(() => navigator.clipboard.writeText("nothing"));
    await page.keyboard.press(key);
    await page.waitForFunction(async () =>
      (await navigator.clipboard.readText()) !== "nothing");
    copied[key] = await page.evaluate(() => navigator.clipboard.readText());
  }
  return { found, copied, problems };
}
