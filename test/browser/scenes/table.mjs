// SPDX-License-Identifier: Apache-2.0
// table.mjs - every row of the table, read while scrolling down as a reader would.
import { enter } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, { ...args, width: 1900 });
  const rows = new Map();
  for (;;) {
    const part = await page.locator("#view tr[data-at]").evaluateAll((found) => found.map(
      (row) => [Number(row.dataset.at), [...row.cells].map((cell) => cell.textContent)]));
    for (const [at, cells] of part) rows.set(at, cells);
    const more = await page.evaluate(async () => {
      const scroll = document.querySelector("#view .scroll");
      const before = scroll.scrollTop;
      scroll.scrollTop += scroll.clientHeight - 60;
      // The page hears of it before the next frame.
      await new Promise((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      });
      return scroll.scrollTop > before;
    });
    await page.waitForFunction(() => ![...document.querySelectorAll("#view tbody td")]
      .some((cell) => cell.textContent === "…"));
    if (!more) break;
  }
  return { rows: [...rows].sort((a, b) => a[0] - b[0]).map(([, cells]) => cells), problems };
}
