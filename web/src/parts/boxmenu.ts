// SPDX-License-Identifier: Apache-2.0
// boxmenu.ts - what can be done with a box or a row, by right click or the menu key.

import type { Page } from "../page.ts";
import { functionText, stackText, toClipboard } from "./copy.ts";
import { editorLink } from "./details.ts";
import { showMenu, type Item } from "./menu.ts";

export function openEditor(page: Page, fn: number): void {
  const link = fn >= 0 ? editorLink(page.session.names.of(fn)) : null;
  if (link) location.assign(link);
  else page.floats.toast("No file that an editor could open");
}

export function copyStack(page: Page, path: string | null, markdown: boolean): void {
  const what = path === null ? page.path() : Promise.resolve(path);
  what.then((found) => stackText(page, found, markdown)).then(toClipboard)
    .then(() => page.floats.toast(markdown ? "Stack copied as Markdown" : "Stack copied"))
    .catch((error: Error) => page.floats.toast(error.message));
}

export function boxMenu(
  page: Page, target: { fn: number; path: string | null }, x: number, y: number,
): void {
  const { fn, path } = target;
  const none = fn < 0 ? "This box is no function" : null;
  const items: Item[] = [
    { title: "Focus: paths through it only", key: "f", why: none,
      act: () => page.narrow("focus", fn) },
    { title: "Hide: its time to its caller", key: "h", why: none,
      act: () => page.narrow("hide", fn) },
    { title: page.state.folded ? "Show all recursion" : "Collapse recursion", key: "r",
      act: () => page.store.set({ folded: !page.state.folded, root: "", node: "" }) },
    { title: "Sandwich", key: "s", why: none, act: () => page.sandwich(fn) },
    { title: "Source", key: "o", why: none, act: () => page.source(fn) },
    { title: "Copy stack", key: "c", act: () => copyStack(page, path, false) },
    { title: "Copy stack as Markdown", key: "C", act: () => copyStack(page, path, true) },
    { title: "Copy function as Markdown", why: none, act: () => {
      functionText(page, fn).then(toClipboard)
        .then(() => page.floats.toast("Copied as Markdown"))
        .catch((error: Error) => page.floats.toast(error.message));
    } },
    { title: "Open in editor", key: "e", why: none, act: () => openEditor(page, fn) },
  ];
  if (path !== null && path !== page.state.root) {
    items.unshift({ title: "Make it the root", key: "Enter", act: () => page.reroot(path) });
  }
  showMenu("What to do", items, x, y);
}
