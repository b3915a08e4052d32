// SPDX-License-Identifier: Apache-2.0
// walk.mjs - with the keyboard and the tree grid alone: from the top of a chart down the
// largest boxes, and by the table to the function of most self time.
import { act, crumbs, details, drawn, draws, enter, grid } from "./stage.mjs";

async function selected(page) {
  return (await grid(page)).find((row) => row.selected) ?? null;
}

/** Presses Tab until the focus is on what `css` matches. */
async function tabTo(page, css) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), css)) return i;
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way by Tab to ${css}`);
}

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const stops = await tabTo(page, "[role=treegrid]");
  const path = [];
  await act(page, () => page.keyboard.press("ArrowDown"));
  for (let i = 0; i < 200; i++) {
    path.push(await selected(page));
    const drawnBefore = await draws(page);
    await page.keyboard.press("ArrowDown");
    // At the end nothing is drawn any more: it is waited for as long as any step may take.
    if (!await drawn(page, drawnBefore, 2000).then(() => true, () => false)) break;
  }
  const crumbsThere = await crumbs(page);
  await act(page, () => page.keyboard.press("Escape"));
  await act(page, () => page.keyboard.press("3"));
  await tabTo(page, "tr[data-at]");
  await act(page, () => page.keyboard.press("Home"));
  return {
    stops, path, crumbs: crumbsThere, hottest: await details(page), problems,
    focus: await page.evaluate(() => document.activeElement.getAttribute("aria-selected")),
  };
}
