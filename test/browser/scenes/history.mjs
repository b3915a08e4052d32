// SPDX-License-Identifier: Apache-2.0
// history.mjs - does things, goes back and forward through them, and opens the address of
// each in a page of its own: what is shown must be the same.
import { act, crumbs, details, enter, go, grid } from "./stage.mjs";

async function shown(page) {
  return {
    hash: await page.evaluate(() => location.hash), crumbs: await crumbs(page),
    details: await details(page), grid: await grid(page),
    chips: await page.locator(".crumbs .chip").allTextContents(),
    heading: await page.locator(".tools h1").textContent(),
  };
}

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  await go(page, `f=${args.fn}`);
  const deeds = [
    () => page.keyboard.press("4"), () => page.keyboard.press("2"),
    () => page.keyboard.press("1"), () => page.keyboard.press("Enter"),
    () => page.keyboard.press("u"), () => page.keyboard.press("m"),
    () => page.keyboard.press("f"), () => page.keyboard.press("9"),
    () => page.keyboard.press("r"), () => page.keyboard.press("6"),
  ];
  const states = [await shown(page)];
  for (const deed of deeds) {
    await act(page, deed);
    states.push(await shown(page));
  }
  const back = [], forward = [];
  for (let i = states.length - 2; i >= 0; i--) {
    await act(page, () => page.keyboard.press("["));
    back.unshift(await shown(page));
  }
  for (let i = 1; i < states.length; i++) {
    await act(page, () => page.keyboard.press("]"));
    forward.push(await shown(page));
  }
  const linked = [];
  for (const state of states) {
    const other = await page.context().newPage();
    await other.goto(page.url().split("#")[0] + state.hash);
    await other.waitForFunction(() => Number(document.body.dataset.drawn ?? 0) > 0);
    linked.push(await shown(other));
    await other.close();
  }
  return { states, back, forward, linked, problems };
}
