// SPDX-License-Identifier: Apache-2.0
// driver.mjs - one Chromium for all browser tests. A line of JSON in, {"scene": NAME,
// "args": {...}}; a line out, {"value": what scenes/NAME.mjs gave} or {"error": text}.
import { createInterface } from "node:readline";
import { chromium } from "../../web/node_modules/playwright-core/index.mjs";

const browser = await chromium.launch({
  executablePath: process.argv[2], args: ["--no-sandbox"], headless: true,
});
console.log(JSON.stringify({ version: browser.version() }));

for await (const line of createInterface({ input: process.stdin })) {
  const { scene, args } = JSON.parse(line);
  let answer;
  try {
    const { play } = await import(`./scenes/${scene}.mjs`);
    answer = { value: await play(browser, args) ?? null };
  } catch (error) {
    answer = { error: error.stack ?? String(error) };
  }
  for (const context of browser.contexts()) await context.close();
  console.log(JSON.stringify(answer));
}
await browser.close();
