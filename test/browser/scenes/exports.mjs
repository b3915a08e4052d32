// SPDX-License-Identifier: Apache-2.0
// exports.mjs - opens files as one that was sent them would, each in a tab of its own, and
// tells which of them did anything.
import { pathToFileURL } from "node:url";

export async function play(browser, args) {
  const context = await browser.newContext({ acceptDownloads: true });
  const seen = {};
  for (const file of args.files) {
    const page = await context.newPage();
    const found = { dialogs: 0, asked: [], executed: null, reports: [], errors: [] };
    const address = pathToFileURL(file).href;
    page.on("dialog", (dialog) => {
      found.dialogs += 1;
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) found.asked.push(request.url());
    });
    page.on("pageerror", (error) => found.errors.push(error.message));
    await page.addInitScript(() => {
      globalThis.reports = [];
      addEventListener("securitypolicyviolation", (event) =>
        globalThis.reports.push(`${event.violatedDirective} ${event.blockedURI}`));
    });
    // What a browser does not show it would save: nothing of it runs.
    const shown = await page.goto(address).then(() => true, (error) => {
      if (!/Download is starting|ERR_ABORTED/.test(error.message)) throw error;
      return false;
    });
    if (shown) {
      await page.mouse.move(200, 100);
      await page.mouse.move(300, 200);
      found.kind = await page.evaluate(() => document.contentType);
      found.executed = await page.evaluate(() => globalThis.executed ?? null);
      found.reports = await page.evaluate(() => globalThis.reports);
    }
    seen[file.slice(file.lastIndexOf("/") + 1)] = { shown, ...found };
    await page.close();
  }
  return seen;
}
