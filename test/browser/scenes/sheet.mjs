// SPDX-License-Identifier: Apache-2.0
// sheet.mjs - the keys as the page's own sheet has them: [what it says, its keys].
import { enter } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  await page.keyboard.press("?");
  const keys = await page.locator("dialog .keys > div").evaluateAll((rows) => rows.map((row) =>
    [row.querySelector("dt").textContent,
      [...row.querySelectorAll("kbd")].map((key) => key.textContent)]));
  return { keys, problems };
}
