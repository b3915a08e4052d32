// SPDX-License-Identifier: Apache-2.0
// flame.ts - call paths of all threads merged, as flame graphs have them; inverted: what
// spends time itself first, then who called it.

import type { Page } from "../page.ts";
import { h } from "../dom.ts";
import { cutoffTool, depthTool, PathChart, resetTool, widthWord } from "../parts/pathchart.ts";
import type { Mounted, View } from "./list.ts";

function mountAs(view: string, hint: (width: string) => string) {
  return (page: Page): Mounted => {
    const paths = new PathChart(page, view, view === "flame"
      ? "Call paths of all threads merged" : "Functions, each with its callers below it");
    return {
      element: h("div", { class: "stacked alone" }, paths.element),
      tools: () => [depthTool(page), cutoffTool(page), resetTool(page)],
      hint: () => hint(widthWord(page)),
      update: () => paths.update(),
      picture: () => paths.picture,
      focus: () => paths.focus(),
    };
  };
}

export const flame: View = {
  name: "flame", title: "Flame", group: "Paths", key: "9", family: "merged",
  mount: mountAs("flame", (width) => `Width is ${width}, all threads merged, root on top.`),
};

export const inverted: View = {
  name: "inverted", title: "Inverted", group: "Paths", key: "i", family: "inverted",
  mount: mountAs("inverted", (width) =>
    `First row: self ${width} of each function. Below it: who called it.`),
};
