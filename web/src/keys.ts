// SPDX-License-Identifier: Apache-2.0
// keys.ts - what each key does, and the sheet that says so: one list for both.

import { h } from "./dom.ts";
import { icon } from "./icons.ts";
import type { Page } from "./page.ts";
import { copyStack, openEditor } from "./parts/boxmenu.ts";
import { closeMenu } from "./parts/menu.ts";
import { download, fileName, pngOf, svgOf } from "./parts/save.ts";
import type { Shell } from "./shell.ts";
import { parentOf } from "./paths.ts";
import { VIEWS } from "./views/list.ts";

interface Key {
  keys: string[];
  says: string;
  act(key: string): void;
}

export class Keys {
  private readonly list: Key[];
  private readonly table = new Map<string, Key>();

  constructor(private readonly page: Page, private readonly shell: Shell) {
    this.list = this.all();
    for (const key of this.list) key.keys.forEach((name) => this.table.set(name, key));
  }

  press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    if (target.closest("input, select, textarea, dialog, [role=menu]")) return;
    const key = this.table.get(event.key);
    if (!key) return;
    event.preventDefault();
    this.shell.hideTip();
    key.act(event.key);
  }

  private onFunction(act: (fn: number) => void): () => void {
    return () => {
      if (this.page.state.fn >= 0) act(this.page.state.fn);
      else this.page.floats.toast("First choose a function");
    };
  }

  private all(): Key[] {
    const { page, shell } = this;
    const { store } = page;
    const view = (key: string) => {
      const found = VIEWS.find((one) => one.key === key)!;
      const why = page.canShow(found.name);
      if (why) page.floats.toast(why);
      else page.show(found.name);
    };
    return [
      { keys: VIEWS.map((one) => one.key).sort(), act: view,
        says: VIEWS.map((one) => `${one.key} ${one.title}`).join(", ") },
      { keys: ["/"], says: "search", act: () => shell.top.field.focus() },
      { keys: ["n", "N"], says: "next, previous match",
        act: (key) => void shell.top.next(key === "n" ? 1 : -1) },
      { keys: ["[", "]"], says: "back, forward",
        act: (key) => (key === "[" ? history.back() : history.forward()) },
      { keys: ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"],
        says: "caller, callee, siblings", act: () => page.mounted?.focus?.() },
      { keys: ["Enter"], says: "make it the root", act: () => void this.root() },
      { keys: ["u"], says: "root goes up",
        act: () => store.set({ root: parentOf(page.state.root) }) },
      { keys: ["0"], says: "root is the whole again", act: () => store.set({ root: "" }) },
      { keys: ["."], says: "next path of the same function",
        act: this.onFunction(() => void this.same()) },
      { keys: ["s"], says: "sandwich", act: this.onFunction((fn) => page.sandwich(fn)) },
      { keys: ["o"], says: "source", act: this.onFunction((fn) => page.source(fn)) },
      { keys: ["f"], says: "focus: paths through it only",
        act: this.onFunction((fn) => page.narrow("focus", fn)) },
      { keys: ["h"], says: "hide it", act: this.onFunction((fn) => page.narrow("hide", fn)) },
      { keys: ["r"], says: "collapse recursion",
        act: () => store.set({ folded: !page.state.folded, root: "", node: "" }) },
      { keys: ["c", "C"], says: "copy stack, as Markdown",
        act: (key) => copyStack(page, null, key === "C") },
      { keys: ["e"], says: "open in editor",
        act: this.onFunction((fn) => openEditor(page, fn)) },
      { keys: ["m"], says: "time or calls", act: () => this.metric() },
      { keys: ["p"], says: "threads", act: () => shell.top.listThreads() },
      { keys: ["d"], says: "details", act: () => shell.focusDetails() },
      { keys: ["t"], says: "light or dark", act: () => shell.turnTheme() },
      { keys: ["x", "X"], says: "save picture: SVG, PNG",
        act: (key) => void this.save(key === "X") },
      { keys: ["+", "-", "F"], says: "call graph: larger, smaller, all of it",
        act: (key) => page.mounted?.resize?.({ "+": 1, "-": -1 }[key] ?? 0) },
      { keys: ["w"], says: "open a file", act: () => shell.opener.choose() },
      { keys: ["?"], says: "this sheet", act: () => this.sheet() },
      { keys: ["Escape"], says: "close; then end search, then clear the selection",
        act: () => this.escape() },
    ];
  }

  private metric(): void {
    const { metrics } = this.page.about;
    const next = metrics[(metrics.indexOf(this.page.state.metric) + 1) % metrics.length];
    if (next) this.page.store.set({ metric: next });
  }

  private async root(): Promise<void> {
    const path = await this.page.path().catch(() => "");
    if (path !== "") this.page.reroot(path);
  }

  private async same(): Promise<void> {
    const { page } = this;
    try {
      const path = await page.path();
      const { same } = await page.steps(path);
      if (page.about.paths === "unknown") page.floats.toast("The file tells callers, not paths");
      else if (!same || same.count < 2) page.floats.toast("It has one path only");
      else page.selectPath(same.next ?? "", true);
    } catch (error) {
      page.floats.toast((error as Error).message);
    }
  }

  private escape(): void {
    const { page, shell } = this;
    if (closeMenu()) return;
    if (shell.details.element.classList.contains("open")) shell.details.toggle();
    else if (page.state.search) page.store.set({ search: "" });
    else if (page.state.fn >= 0 || page.state.node) page.store.set({ fn: -1, node: "" });
  }

  private async save(png: boolean): Promise<void> {
    const { page } = this;
    const scene = page.mounted?.picture?.();
    if (!scene) {
      page.floats.toast("This view is no picture");
      return;
    }
    const name = fileName(page.about.title, page.state.view, png ? "png" : "svg");
    const content = png ? await pngOf(scene)
      : new Blob([svgOf(scene)], { type: "image/svg+xml" });
    download(name, content);
    page.floats.toast(`Saved ${name}`);
  }

  /** All keys, from the same list that obeys them. */
  sheet(): void {
    const shownAs: Record<string, string> = {
      ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc",
    };
    const row = (title: string, keys: string[]) => h("div", null, h("dt", null, title),
      h("dd", null, keys.map((key) => h("kbd", null, shownAs[key] ?? key))));
    const dialog = h("dialog", { "aria-labelledby": "keys-title", onclose: () =>
      dialog.remove() },
    h("header", null, h("h2", { id: "keys-title" }, "Keys"),
      h("button", { class: "button icon", "aria-label": "Close", onclick: () =>
        dialog.close() }, icon("close", 14))),
    h("dl", { class: "keys" }, VIEWS.map((view) => row(view.title, [view.key])),
      this.list.slice(1).map((key) => row(key.says, key.keys))));
    document.body.append(dialog);
    dialog.showModal();
  }
}
