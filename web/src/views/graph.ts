// SPDX-License-Identifier: Apache-2.0
// graph.ts - the call graph, bounded so that it can be read: what is left out is said.

import type { Graph } from "../answers.ts";
import { GraphScene } from "../chart/callgraph.ts";
import { Chart, ZOOM_LEAST, ZOOM_MOST } from "../chart/chart.ts";
import { h } from "../dom.ts";
import { count, share } from "../figures.ts";
import type { Page } from "../page.ts";
import { choose } from "../parts/pathchart.ts";
import { narrowed } from "../session.ts";
import type { Mounted, View } from "./list.ts";

/** Where no size was chosen: not so small that names cannot be read. */
const READABLE = 0.8;
const STEP = 1.25;
const SIZES = ["10", "20", "30", "60", "100"], FIRST = 20;

function mount(page: Page): Mounted {
  let scene: GraphScene | null = null;
  let last: Graph | null = null;
  let turn = 0, left = "";
  const chart = new Chart({
    label: "Call graph",
    pick: (mark) => page.select(mark.fn),
    open: (mark) => around(mark.fn),
    move: (mark) => page.select(mark.fn, "", true),
    menu: (mark, x, y) => page.floats.menu({ fn: mark.fn, path: null }, x, y),
    tip: (mark, x, y) => page.floats.tip(mark, scene, x, y),
    over: (pen) => scene?.paintEdgesOf(pen, page.state.fn),
    zoomed: (scale) => {
      clearTimeout(timer);
      timer = setTimeout(() => page.store.set({ zoom: String(Math.round(scale * 100)) }, true),
        150);
    },
  });
  let timer = 0, drawn = "";

  function scaleOf(shown: GraphScene): number {
    const { zoom } = page.state;
    const wide = chart.width / shown.natural, high = chart.height / shown.height;
    if (zoom === "") return Math.max(READABLE, Math.min(1, wide));
    const scale = zoom === "fit" ? Math.min(1.5, wide, high) : Number(zoom) / 100;
    return Number.isFinite(scale) ? Math.max(ZOOM_LEAST, Math.min(ZOOM_MOST, scale)) : 1;
  }

  /** The graph of what one function calls and what calls it; the same again: of all. */
  function around(fn: number): void {
    page.store.set({ fn, around: page.state.around === fn ? -1 : fn });
  }

  async function update(): Promise<void> {
    const mine = ++turn;
    const { state, session } = page;
    const centre = state.around < 0 ? "" : state.around;
    const nodes = state.nodes || FIRST;
    const [answer, found] = await Promise.all([
      session.ask<Graph>("graph", {
        focus_on: centre, nodes, edges: nodes * 2, ...narrowed(state),
      }), page.found(),
    ]);
    if (mine !== turn) return;
    // A selection, or a size, changes nothing of where things are.
    const now = [state.search, document.documentElement.dataset.theme].join("|");
    if (!scene || answer !== last || now !== drawn) {
      scene = new GraphScene(answer, session.names, page.about.unit, found);
    }
    [last, drawn] = [answer, now];
    left = answer.left_out > 0
      ? `${count(answer.left_out)} functions below ${share(answer.node_share, 1)} left out` : "";
    notice.textContent = left;
    const scale = scaleOf(scene);
    scene.centre(Math.floor((chart.width - 2) / scale));
    chart.show(scene, scene.marks.find((mark) => mark.fn === state.fn) ?? null, scale);
  }

  /** Larger, smaller, or (0) all of it; that again: as it was. */
  function resize(step: number): void {
    if (step !== 0) chart.zoomTo(chart.shownScale * STEP ** step);
    else page.store.set({ zoom: page.state.zoom === "fit" ? "" : "fit" });
  }

  const notice = h("div", { class: "notice" });
  return {
    element: h("div", { class: "stacked alone" }, chart.element, notice),
    tools: () => [
      choose("Functions", SIZES.map((n) => [n, n]), String(page.state.nodes || FIRST),
        (value) => page.store.set({ nodes: Number(value) })),
      h("div", { class: "choice", role: "group", "aria-label": "Size" },
        h("button", { "aria-label": "Smaller (-)", title: "Smaller (-)",
          onclick: () => resize(-1) }, "−"),
        h("button", { "aria-label": "Fit: all of it (F)", title: "Fit: all of it (F)",
          "aria-pressed": page.state.zoom === "fit" ? "true" : "false",
          onclick: () => resize(0) }, "Fit"),
        h("button", { "aria-label": "Larger (+)", title: "Larger (+)",
          onclick: () => resize(1) }, "+")),
      h("button", {
        class: "button lined small", disabled: page.state.around < 0 && page.state.fn < 0,
        onclick: () => (page.state.around >= 0 ? page.store.set({ around: -1 })
          : around(page.state.fn)),
      }, page.state.around >= 0 ? "Whole graph" : "Around selection"),
    ],
    hint: () => "Line width is time. Drag to move, ctrl and wheel to zoom.",
    update, picture: () => scene, focus: () => chart.focus(), resize,
  };
}

export const graph: View = {
  name: "graph", title: "Call graph", group: "Functions", key: "6", family: "none", mount,
};
