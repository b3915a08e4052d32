// SPDX-License-Identifier: Apache-2.0
// graph.ts - the call graph, bounded so that it can be read: what is left out is said.

import type { Graph } from "../answers.ts";
import { GraphScene } from "../chart/callgraph.ts";
import { Chart } from "../chart/chart.ts";
import { h } from "../dom.ts";
import { count, share } from "../figures.ts";
import type { Page } from "../page.ts";
import { choose } from "../parts/pathchart.ts";
import { narrowed } from "../session.ts";
import type { Mounted, View } from "./list.ts";

const SIZES = ["10", "20", "30", "60", "100"], FIRST = 20;

function mount(page: Page): Mounted {
  let scene: GraphScene | null = null;
  let turn = 0, left = "";
  const chart = new Chart({
    label: "Call graph",
    pick: (mark) => page.select(mark.fn),
    open: (mark) => around(mark.fn),
    move: (mark) => page.select(mark.fn, "", true),
    menu: (mark, x, y) => page.floats.menu({ fn: mark.fn, path: null }, x, y),
    tip: (mark, x, y) => page.floats.tip(mark, scene, x, y),
    over: (pen) => scene?.paintEdgesOf(pen, page.state.fn),
  });

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
    scene = new GraphScene(answer, session.names, page.about.unit, chart.width - 2, found);
    left = answer.left_out > 0
      ? `${count(answer.left_out)} functions below ${share(answer.node_share, 1)} left out` : "";
    notice.textContent = left;
    chart.show(scene, scene.marks.find((mark) => mark.fn === state.fn) ?? null);
  }

  const notice = h("div", { class: "notice" });
  return {
    element: h("div", { class: "stacked alone" }, chart.element, notice),
    tools: () => [
      choose("Functions", SIZES.map((n) => [n, n]), String(page.state.nodes || FIRST),
        (value) => page.store.set({ nodes: Number(value) })),
      h("button", {
        class: "button lined small", disabled: page.state.around < 0 && page.state.fn < 0,
        onclick: () => (page.state.around >= 0 ? page.store.set({ around: -1 })
          : around(page.state.fn)),
      }, page.state.around >= 0 ? "Whole graph" : "Around selection"),
    ],
    hint: () => "Width of a line is the time on it; dashed where functions are left out.",
    update, picture: () => scene, focus: () => chart.focus(),
  };
}

export const graph: View = {
  name: "graph", title: "Call graph", group: "Functions", key: "6", family: "none", mount,
};
