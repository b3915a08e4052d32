// SPDX-License-Identifier: Apache-2.0
// side.mjs - what stands at the side: figures by title, and each section's rows.
import { enter, go } from "./stage.mjs";

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  const seen = [];
  for (const address of args.addresses) {
    await go(page, address);
    if (args.until) await page.locator("#side h3", { hasText: args.until }).waitFor();
    if (args.there) await page.locator(args.there).first().waitFor();
    seen.push(await page.evaluate(() => {
      const side = document.querySelector("#side");
      const pairsOf = (within) => Object.fromEntries([...within.querySelectorAll("dt")].map((dt) =>
        [dt.textContent, dt.nextElementSibling.textContent]));
      return {
        pairs: pairsOf(side),
        sections: Object.fromEntries([...side.querySelectorAll("section")].map((section) => [
          section.querySelector("h3").firstChild.textContent,
          { pairs: pairsOf(section), rows: [...section.querySelectorAll("tr")].map((row) =>
            [...row.cells].map((cell) => cell.textContent).filter((text) => text !== "")) },
        ])),
        heads: [...document.querySelectorAll("#view thead th")].map((th) => th.textContent),
        rows: [...document.querySelectorAll("#view tr[data-at]")].map((row) =>
          [...row.cells].map((cell) => cell.textContent)),
        grid: [...document.querySelectorAll("[role=treegrid] [role=row]")].slice(1).map((row) =>
          [...row.children].map((cell) => cell.textContent)),
      };
    }));
  }
  return { seen, problems };
}
