// SPDX-License-Identifier: Apache-2.0
// live.mjs - a recording that grows: calls in the status bar rise, stand still while
// paused, and rise again.
import { enter } from "./stage.mjs";

const calls = (page) => page.evaluate(() => {
  const found = /([\d,]+) calls/.exec(document.querySelector("#stat").textContent);
  return found ? Number(found[1].replaceAll(",", "")) : null;
});

async function rising(page, from) {
  await page.waitForFunction((before) => Number(/([\d,]+) calls/
    .exec(document.querySelector("#stat").textContent)[1].replaceAll(",", "")) > before, from);
  return calls(page);
}

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const first = await calls(page);
  const second = await rising(page, first);
  await page.locator(".live").click();
  // What was under way when it was paused may still arrive.
  await page.waitForTimeout(1500);
  const paused = await calls(page);
  await page.waitForTimeout(3000);
  const still = await calls(page);
  await page.locator(".live").click();
  return { first, second, paused, still, last: await rising(page, still), problems };
}
