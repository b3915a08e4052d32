// SPDX-License-Identifier: Apache-2.0
// open.mjs - drops files on the page, one set after another, and tells what is shown.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { enter } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const seen = [];
  for (const paths of args.drops) {
    const files = await Promise.all(paths.map(async (path) => ({
      name: basename(path), content: (await readFile(path)).toString("base64"),
    })));
    const before = await page.evaluate(() => document.body.dataset.drawn ?? "0");
    await page.evaluate((given) => {
      const data = new DataTransfer();
      for (const { name, content } of given) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        data.items.add(new File([bytes], name));
      }
      for (const type of ["dragenter", "dragover", "drop"]) {
        dispatchEvent(new DragEvent(type, { dataTransfer: data, cancelable: true }));
      }
    }, files);
    await page.waitForFunction((drawnBefore) =>
      (document.body.dataset.drawn ?? "0") !== drawnBefore || document.querySelector(".banner"),
    before, { timeout: 30_000 });
    seen.push(await page.evaluate(() => ({
      title: document.title, files: document.querySelector("#profile")?.title ?? null,
      banner: document.querySelector(".banner > div")?.textContent ?? null,
      rows: document.querySelectorAll("#view tr[data-at]").length,
      total: document.querySelector("[role=treegrid] [role=row]:nth-child(2)")?.textContent,
    })));
  }
  return { seen, problems };
}
