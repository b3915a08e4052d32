// SPDX-License-Identifier: Apache-2.0
// names.mjs - goes through every view of a file of hostile names: over boxes with the
// pointer, into menus and sheets, by search; tells whether anything of them came alive.
import { readFile } from "node:fs/promises";
import { enter, go } from "./stage.mjs";

const FOREIGN = "script:not([src]):not([type]), iframe, object, embed, img, video, base, " +
  "style, math, template, noscript, details, form, body[onload], [onerror], [onload], " +
  "[onfocus], [onmouseover], [ontoggle]";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  // What the page itself is made of, before any name was shown: the saved form's own parts.
  const own = await page.locator(FOREIGN).count();
  let rows = 0, svg = "";
  for (const [name, address] of Object.entries(args.views)) {
    await go(page, address);
    for (let i = 1; i < 8; i++) {
      await page.mouse.move(160 + i * 90, 100 + i * 60);
    }
    rows = Math.max(rows, await page.locator("#view tbody tr").count());
    if (!args.charts.includes(name)) continue;
    await page.mouse.click(220, 170, { button: "right" });
    await page.keyboard.press("Escape");
    const [download] = await Promise.all([
      page.waitForEvent("download"), page.keyboard.press("x"),
    ]);
    svg += await readFile(await download.path(), "utf8");
  }
  for (let id = 0; id < args.functions; id++) await go(page, `v=sandwich&f=${id}`);
  for (const words of ["<script>", "'><", "onerror=", "%3C", "\\", "</script"]) {
    await go(page, `v=icicle&q=${encodeURIComponent(words)}`);
  }
  await page.locator("#profile").click();
  await page.keyboard.press("Escape");
  const elements = await page.locator(FOREIGN).evaluateAll((found) =>
    found.map((element) => element.outerHTML.slice(0, 200)));
  return {
    rows, svg, problems, elements: elements.slice(own),
    executed: await page.evaluate(() => globalThis.executed ?? null),
    reports: await page.evaluate(() => globalThis.reports),
  };
}
