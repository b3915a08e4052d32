// SPDX-License-Identifier: Apache-2.0
// icicle.ts - call paths from the top down, with the table of functions below.

import type { Page } from "../page.ts";
import { RowTable } from "../parts/rowtable.ts";
import { splitter } from "../parts/splitter.ts";
import { h, isNarrow } from "../dom.ts";
import { cutoffTool, depthTool, PathChart, resetTool, widthWord } from "../parts/pathchart.ts";
import type { Mounted, View } from "./list.ts";

function mount(page: Page): Mounted {
  const paths = new PathChart(page, "icicle", "Call paths");
  const table = new RowTable(page, () => "function");
  const bar = splitter(paths.element, "Chart and table");
  const element = h("div", { class: "stacked" }, paths.element, bar, table.element);
  return {
    element,
    tools: () => [depthTool(page), cutoffTool(page), resetTool(page)],
    hint: () => `Width is ${widthWord(page)}, largest first. Click a box to make it the root.`,
    async update() {
      bar.hidden = table.element.hidden = isNarrow();
      await Promise.all([paths.update(), isNarrow() ? null : table.update()]);
    },
    picture: () => paths.picture,
    focus: () => paths.focus(),
  };
}

export const icicle: View = {
  name: "icicle", title: "Icicle", group: "Paths", key: "1", family: "threads", mount,
};
