// SPDX-License-Identifier: Apache-2.0
// pathchart.ts - the boxes of a view of paths, asked for, shown and answered to: what
// icicle, flame and inverted have in common, and their tools.

import type { Boxes } from "../answers.ts";
import { BoxScene } from "../chart/boxes.ts";
import { Chart } from "../chart/chart.ts";
import { rowHeight } from "../chart/ink.ts";
import type { Mark, Scene } from "../chart/scene.ts";
import { h } from "../dom.ts";
import type { Page } from "../page.ts";
import { shaped } from "../session.ts";

/** Rows asked for where the reader set no depth: paths mostly end well before. */
export const ALL = 512;

export class PathChart {
  private readonly chart: Chart;
  private scene: BoxScene | null = null;
  private answer: Boxes | null = null;
  private drawn = "";
  private turn = 0;

  constructor(
    private readonly page: Page, private readonly view: string, label: string,
  ) {
    this.chart = new Chart({
      label,
      pick: (mark) => this.open(mark),
      open: (mark) => this.open(mark),
      move: (mark) => this.page.selectPath(this.scene!.pathOf(mark) ?? "", true),
      menu: (mark, x, y) =>
        page.floats.menu({ fn: mark.fn, path: this.scene!.pathOf(mark) }, x, y),
      tip: (mark, x, y) => page.floats.tip(mark, this.scene, x, y),
      resized: () => {
        if (Math.floor(this.chart.width) === this.scene?.width) return;
        void this.update().catch(() => undefined);
      },
    });
  }

  get element(): HTMLElement {
    return this.chart.element;
  }

  get picture(): Scene | null {
    return this.scene;
  }

  focus(): void {
    this.chart.focus();
  }

  private open(mark: Mark): void {
    const path = this.scene!.pathOf(mark);
    if (path !== null) this.page.reroot(path);
  }

  /** Where no path is known to be the largest: the widest box of the function. */
  private widest(fn: number): Mark | null {
    return fn < 0 ? null : this.scene!.marks.reduce<Mark | null>((most, mark) =>
      (mark.fn === fn && mark.w > (most?.w ?? 0) ? mark : most), null);
  }

  async update(): Promise<void> {
    const { page, chart } = this;
    const turn = ++this.turn;
    const { state, session } = page;
    const width = Math.max(1, Math.floor(chart.width || 800));
    const [answer, found, path] = await Promise.all([
      session.ask<Boxes>("boxes", {
        view: this.view, root: state.root, depth: state.depth || ALL, width,
        cutoff: state.cutoff / 1000, ...shaped(state),
      }),
      page.found(), page.path().catch(() => ""),
    ]);
    if (turn !== this.turn) return;
    // A selection that moves leaves the boxes as they are.
    const drawn = [state.search, document.documentElement.dataset.theme, width,
      page.about.generation].join("|");
    const fresh = !this.scene || answer !== this.answer || drawn !== this.drawn;
    if (fresh) {
      this.answer = answer;
      this.drawn = drawn;
      this.scene = new BoxScene(answer, {
        width, row: rowHeight(), whole: answer.total, unit: session.unitOf(state),
        about: page.about, names: session.names, found,
      });
    }
    const scene = this.scene!;
    const selected = path === "" ? this.widest(state.fn) : scene.find(path);
    const mark = selected ?? (state.node !== "" ? scene.find(state.root) : null);
    if (fresh) chart.show(scene, mark);
    else chart.select(mark);
  }
}

export function widthWord(page: Page): string {
  if (page.state.metric === "calls") return "calls";
  if (page.about.unit === "ns") {
    return { cpu: "CPU time", wall: "wall time" }[page.about.run?.clock ?? ""] ?? "time";
  }
  return page.about.unit === "bytes" ? "bytes" : "samples";
}

export function choose(
  label: string, options: [string, string][], value: string, set: (value: string) => void,
): HTMLElement {
  const select = h("select", {
    "aria-label": label, onchange: () => set(select.value),
  }, options.map(([key, title]) =>
    h("option", { value: key, selected: key === value }, title)));
  return h("label", null, h("span", null, label), select);
}

export function depthTool(page: Page, all = "0"): HTMLElement {
  const options: [string, string][] = ["3", "5", "10", "15", "20"].map((n) => [n, n]);
  return choose("Depth", [...options, [all, "all"]], String(page.state.depth),
    (value) => page.store.set({ depth: Number(value) }));
}

export function cutoffTool(page: Page): HTMLElement {
  return choose("Cutoff", [["1", "1/1000"], ["10", "1/100"], ["0", "none"]],
    String(page.state.cutoff), (value) => page.store.set({ cutoff: Number(value) }));
}

export function resetTool(page: Page): HTMLElement {
  return h("button", {
    class: "button lined small", disabled: page.state.root === "",
    onclick: () => page.store.set({ root: "" }),
  }, "Reset root");
}
