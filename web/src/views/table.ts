// SPDX-License-Identifier: Apache-2.0
// table.ts - functions, or what they can be grouped by.

import { h } from "../dom.ts";
import { KIND_WORDS, type Kind } from "../names.ts";
import type { Page } from "../page.ts";
import { choose } from "../parts/pathchart.ts";
import { RowTable } from "../parts/rowtable.ts";
import type { Mounted, View } from "./list.ts";

const GROUPS = ["function", "file", "class", "module", "package", "cycle", "thread", "process",
  "role"];

function kindChips(page: Page): HTMLElement {
  const { without } = page.state;
  const short: Record<string, string> = { o: "Own", l: "Library", b: "Builtin" };
  return h("div", { class: "chips", role: "group", "aria-label": "Kinds" },
    (["o", "l", "b"] as Kind[]).map((kind) => {
      const on = !without.includes(kind);
      return h("button", {
        class: "chip", "aria-pressed": on ? "true" : "false", title: KIND_WORDS[kind],
        onclick: () => page.store.set({
          without: on ? without + kind : without.replace(kind, ""),
        }),
      }, h("span", { class: `dot kind-${kind}` }), short[kind]);
    }));
}

function mount(page: Page): Mounted {
  const rows = new RowTable(page, () => page.state.by);
  return {
    element: h("div", { class: "stacked alone" }, rows.element),
    tools: () => [
      page.state.by === "function" ? kindChips(page) : null,
      choose("By", GROUPS.map((by) => [by, by]), page.state.by,
        (by) => page.store.set({ by })),
    ],
    hint: () => (page.state.by === "function"
      ? "Enter shows a function's callers and callees." : ""),
    update: () => rows.update(),
    focus: () => rows.focus(),
  };
}

export const table: View = {
  name: "table", title: "Table", group: "Functions", key: "3", family: "none", mount,
};
