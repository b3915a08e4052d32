// SPDX-License-Identifier: Apache-2.0
// bad.mjs - files of the disk are dropped by the browser's own drag and drop, or chosen,
// one set after another: what is said of each, what is still shown, and that it works.
import { act, enter, go } from "./stage.mjs";

/** Of a hundred drops that DevTools sends, Chromium brings one or two to no page at all: sent again until the page
 * has got one, whatever it then does with it. */
async function drop(page, session, paths) {
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  const got = await page.evaluate(() => {
    globalThis.drops ??= (addEventListener("drop", () => { globalThis.drops += 1; }, true), 0);
    return globalThis.drops;
  });
  for (let sent = 0; sent < 5; sent++) {
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
    }
    const came = await page.waitForFunction((before) => globalThis.drops > before, got, { timeout: 5000 })
      .catch(() => null);
    if (came) return;
  }
  throw new Error("the browser delivers no drop");
}

const shown = (page) => page.evaluate(() => ({
  title: document.title, files: document.querySelector("#profile")?.title ?? null,
  rows: [...document.querySelectorAll("#view tr[data-at]")].slice(0, 5)
    .map((row) => row.textContent),
  banners: [...document.querySelectorAll(".banner > div")].map((text) => text.innerText),
  loading: document.querySelectorAll(".loading").length,
}));

export async function play(browser, args) {
  const { page, context, problems } = await enter(browser, args);
  const session = await context.newCDPSession(page);
  let chosen = [];
  // Listening all the time: what is not listened for Chromium shows itself.
  page.on("filechooser", (chooser) => void chooser.setFiles(chosen));
  await go(page, "v=table");
  const before = await shown(page);
  const seen = [];
  for (const { how, paths } of args.drops) {
    const drawn = await page.evaluate(() => document.body.dataset.drawn ?? "0");
    if (how === "drop") await drop(page, session, paths);
    else {
      chosen = paths;
      await page.keyboard.press("w");
    }
    await page.waitForFunction((count) => document.querySelector(".banner") ||
      (document.body.dataset.drawn ?? "0") !== count, drawn, { timeout: 120_000 });
    const now = await shown(page);
    if (now.banners.length > 0) {
      // It goes on as before: another view, and back.
      await act(page, () => page.keyboard.press("1"));
      await go(page, "v=table");
      Object.assign(now, { again: (await shown(page)).rows });
      await page.locator(".banner [aria-label=Dismiss]").click();
    }
    seen.push(now);
  }
  // What is still being read is given up for what is dropped then, and its worker with it.
  for (const path of args.twice) await drop(page, session, [path]);
  await page.waitForFunction(({ file }) =>
    document.querySelector("#profile")?.title === file && !document.querySelector(".loading"),
  { file: args.twice.at(-1).split("/").pop() }, { timeout: 120_000 });
  // A worker is told to end, and ends a moment later.
  for (const end = Date.now() + 60_000; page.workers().length > 1 && Date.now() < end;) await page.waitForTimeout(50);
  return { before, seen, problems, workers: page.workers().length, after: await shown(page), reports: await page.evaluate(() => globalThis.reports) };
}
