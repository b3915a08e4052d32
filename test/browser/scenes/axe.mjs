// SPDX-License-Identifier: Apache-2.0
// axe.mjs - what axe-core finds in each view, in the sheet of keys and in a menu.
import { readFile } from "node:fs/promises";
import { enter, go } from "./stage.mjs";

const source = await readFile(
  new URL("../../../web/node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

async function violations(page) {
  const found = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return found.violations.map(({ id, nodes }) => `${id}: ` + nodes.slice(0, 3)
    .map((node) => `${node.html.slice(0, 160)} ${node.any.map((a) => a.message).join("; ")}`)
    .join(" | "));
}

export async function play(browser, args) {
  const { page, problems } = await enter(browser, args);
  await page.evaluate(source);
  const found = {};
  for (const [name, address] of Object.entries(args.views)) {
    await go(page, address);
    found[name] = await violations(page);
  }
  await page.keyboard.press("?");
  found.keys = await violations(page);
  await page.keyboard.press("Escape");
  return { found, problems };
}
