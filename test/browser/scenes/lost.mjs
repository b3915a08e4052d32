// SPDX-License-Identifier: Apache-2.0
// lost.mjs - addresses that ask for what is not there: what is said, and the way out.
import { act, enter, go } from "./stage.mjs";

export async function play(browser, args) {
  const { page } = await enter(browser, args);
  const seen = [];
  for (const address of args.addresses) {
    await go(page, address);
    const alert = page.locator("#view [role=alert]");
    const said = await alert.textContent();
    await act(page, () => page.locator("#view button", { hasText: "Show all" }).click());
    seen.push({ said, hash: await page.evaluate(() => location.hash),
      left: await alert.count() });
  }
  return { seen };
}
