// SPDX-License-Identifier: Apache-2.0
// notebook.mjs - a saved page within a sandboxed frame, as notebooks show it: it has no
// origin, no address, no storage, and yet views change and boxes are chosen.
import { readFile } from "node:fs/promises";

export async function play(browser, args) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 } });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.stack));
  const html = await readFile(new URL(args.url), "utf8");
  await page.setContent('<iframe sandbox="allow-scripts" width="1060" height="700"></iframe>');
  await page.evaluate((text) => {
    document.querySelector("iframe").srcdoc = text;
  }, html);
  const frame = page.frameLocator("iframe");
  await frame.locator("[role=treegrid] [role=row]").nth(2).waitFor({ state: "attached" });
  const heading = () => frame.locator(".tools h1").textContent();
  const first = await heading();
  await frame.locator(".nav", { hasText: "Table" }).click();
  await frame.locator("tr[data-at]").first().click();
  await frame.locator("tr[data-at][aria-selected=true]").waitFor();
  const chosen = await frame.locator("#side h2").textContent();
  return { first, second: await heading(), chosen, problems };
}
