// SPDX-License-Identifier: Apache-2.0
// copy.ts - stacks and tables as text and as Markdown, for mails and issues.

import { FUNCTION } from "../answers.ts";
import { wordsOf } from "../chart/boxes.ts";
import { amount, count, share } from "../figures.ts";
import { placeOf } from "../names.ts";
import type { Page } from "../page.ts";

/** Text that Markdown takes as it is. */
export function plain(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(/([\\`*_{}[\]<>|#])/g, "\\$1");
}

export async function stackText(page: Page, path: string, markdown: boolean): Promise<string> {
  const { steps, total } = await page.steps(path);
  const unit = page.session.unitOf(page.state);
  return steps.type.map((type, i) => {
    const words = wordsOf(type, steps.id[i]!, page.about, page.session.names);
    const place = type === FUNCTION ? placeOf(page.session.names.of(steps.id[i]!)) : "";
    const value = steps.value[i]!;
    const guessed = steps.low && steps.low[i] !== steps.high?.[i] ? "≈ " : "";
    if (!markdown) return place ? `${words.name} (${place})` : words.name;
    return `${"  ".repeat(i)}- ${plain(words.name)}${place ? ` (${plain(place)})` : ""}: ` +
      `${guessed}${amount(value, unit)}, ${share(value, total)}`;
  }).join("\n");
}

/** One function with its callers and callees, as Markdown tables. */
export async function functionText(page: Page, fn: number): Promise<string> {
  const told = await page.told(fn);
  const { names } = page.session, { unit } = page.about;
  const f = names.of(fn);
  const table = (title: string, links: typeof told.callers) => links.id.length === 0 ? "" : [
    `\n| ${title} | calls | cumulative |`, "|:--|--:|--:|",
    ...links.id.map((id, i) => `| ${plain(names.of(id).name)} | ${count(links.calls[i]!)} | ` +
      `${amount(links.cumulative[i]!, unit)} |`),
  ].join("\n");
  return [
    `**${plain(f.name)}** (${plain(placeOf(f))}): ${amount(told.cumulative, unit)} cumulative ` +
    `(${share(told.cumulative, told.total)}), ${amount(told.self, unit)} self ` +
    `(${share(told.self, told.total)}), ${count(told.calls)} calls`,
    table("caller", told.callers), table("callee", told.callees),
  ].join("\n").trim();
}

/** To the clipboard, by the older way where the page has no secure origin. */
export async function toClipboard(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // Not allowed here: a selection that is copied.
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  const back = document.activeElement;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  if (back instanceof HTMLElement) back.focus({ preventScroll: true });
}
