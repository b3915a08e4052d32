// SPDX-License-Identifier: Apache-2.0
// views.mjs - shows views one after another: what went wrong, and whether there is a
// picture (a canvas of many colours) or a table.
import { enter, go } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const seen = {};
  for (const [name, address] of Object.entries(args.views)) {
    await go(page, address);
    if (args.pictures) {
      await page.waitForTimeout(150);
      await page.screenshot({ path: `${args.pictures}-${name}.png` });
    }
    seen[name] = await page.evaluate(() => {
      const canvas = document.querySelector("#view canvas");
      let colours = 0;
      if (canvas && canvas.width > 0 && canvas.height > 0) {
        const { data } = canvas.getContext("2d")
          .getImageData(0, 0, canvas.width, canvas.height);
        const found = new Set();
        for (let i = 0; i < data.length; i += 4) {
          found.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
        }
        colours = found.size;
      }
      const root = document.documentElement;
      return {
        heading: document.querySelector(".tools h1")?.textContent ?? null, colours,
        rows: document.querySelectorAll("#view tbody tr:not(.space)").length,
        refused: document.querySelector("#view .blank:not([hidden])")?.textContent ?? null,
        overflows: root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight ||
          [...document.querySelectorAll("#view .scroll:not(.source)")].some((part) =>
            part.scrollWidth > part.clientWidth),
        theme: root.dataset.theme,
        dimmed: Object.fromEntries([...document.querySelectorAll(".nav[aria-disabled=true]")]
          .map((view) => [view.querySelector("span").textContent, view.title])),
      };
    });
  }
  return { seen, problems, reports: await page.evaluate(() => globalThis.reports) };
}
