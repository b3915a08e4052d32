// SPDX-License-Identifier: Apache-2.0
// sandwich.ts - one function: who called it above, what it called below, all its paths
// merged. Widths are shares of that function.

import { FUNCTION, type Function as Told, type Sandwich } from "../answers.ts";
import { BoxScene } from "../chart/boxes.ts";
import { Chart } from "../chart/chart.ts";
import { fillOf, ink, rowHeight, textOf } from "../chart/ink.ts";
import { rectangle, type Pen } from "../chart/pen.ts";
import type { Mark, Scene } from "../chart/scene.ts";
import { cut, fit, widthOf } from "../chart/text.ts";
import { h, replace } from "../dom.ts";
import { amount, counted, share } from "../figures.ts";
import { placeOf, type Named } from "../names.ts";
import type { Page } from "../page.ts";
import { functionText, toClipboard } from "../parts/copy.ts";
import { ALL, depthTool } from "../parts/pathchart.ts";
import { refusal } from "../parts/states.ts";
import { narrowed } from "../session.ts";
import type { Mounted, View } from "./list.ts";

const HEAD = 28, BAR = 32, GAP = 6;

class SandwichScene implements Scene {
  readonly width: number;
  readonly height: number;
  readonly whole: number;
  readonly unit;
  readonly marks: Mark[];
  private readonly barTop: number;
  private readonly belowTop: number;
  private readonly bar: Mark;

  constructor(
    private readonly answer: Sandwich, private readonly f: Named,
    private readonly above: BoxScene, private readonly below: BoxScene,
    private readonly told: Told,
    private readonly found: Set<number> | null,
  ) {
    this.width = below.width;
    this.whole = answer.value;
    this.unit = below.unit;
    this.barTop = HEAD + above.height + GAP;
    this.belowTop = this.barTop + BAR + GAP + HEAD;
    this.height = this.belowTop + below.height + 8;
    this.bar = {
      index: 0, parent: -1, level: 1, fn: answer.function, type: FUNCTION, kind: f.kind,
      shade: f.shade, name: f.name, value: answer.value, self: told.self,
      calls: answer.calls, low: null, high: null, merged: 0, x: 0, y: this.barTop,
      w: this.width, h: BAR,
    };
    this.marks = [this.bar];
    for (const scene of [above, below]) {
      const first = this.marks.length;
      const down = scene === above ? HEAD : this.belowTop;
      for (const mark of scene.marks) {
        this.marks.push({
          ...mark, index: mark.index + first, level: mark.level + 1, y: mark.y + down,
          parent: mark.parent < 0 ? 0 : mark.parent + first,
        });
      }
    }
  }

  private isAbove(mark: Mark): boolean {
    return mark.y < this.barTop;
  }

  at(x: number, y: number): Mark | null {
    if (y >= this.barTop && y < this.barTop + BAR) return this.bar;
    const above = y < this.barTop;
    const scene = above ? this.above : this.below;
    const found = scene.at(x, y - (above ? HEAD : this.belowTop));
    const first = 1 + (above ? 0 : this.above.marks.length);
    return found ? this.marks[found.index + first] ?? null : null;
  }

  outline(mark: Mark): string {
    const less = mark === this.bar ? 0 : 1;
    return rectangle(mark.x, mark.y, Math.max(mark.w - less, 1.5), mark.h - less);
  }

  pathOf(): null {
    return null;
  }

  step(mark: Mark, key: string): Mark | undefined {
    const first = (above: boolean) => this.marks.find((one) =>
      one.parent === mark.index && one.merged === 0 && this.isAbove(one) === above);
    if (key === "ArrowUp" && (mark === this.bar || this.isAbove(mark))) {
      return first(true) ?? mark;
    }
    if (key === "ArrowDown" && this.isAbove(mark)) return this.marks[mark.parent];
    if (key === "ArrowDown" && mark === this.bar) return first(false) ?? mark;
    return undefined;
  }

  paint(pen: Pen, top: number, bottom: number): void {
    this.heading(pen, HEAD / 2, "Callers", this.callersWord());
    shifted(pen, HEAD, (moved) => this.above.paint(moved, top - HEAD, bottom - HEAD));
    this.paintBar(pen);
    this.heading(pen, this.belowTop - HEAD / 2, "Callees", this.calleesWord());
    shifted(pen, this.belowTop, (moved) =>
      this.below.paint(moved, top - this.belowTop, bottom - this.belowTop));
  }

  private callersWord(): string {
    const many = this.above.marks.filter((mark) => mark.parent < 0)
      .reduce((sum, mark) => sum + Math.max(1, mark.merged), 0);
    return many === 0 ? "nothing that was recorded calls it"
      : many === 1 ? "1 function calls it" : `${counted(many, "function")} call it`;
  }

  private calleesWord(): string {
    const marks = this.below.marks.filter((mark) => mark.parent < 0);
    const many = marks.reduce((sum, mark) => sum + Math.max(1, mark.merged), 0);
    if (many === 0) return "it calls nothing that was recorded";
    const part = marks.reduce((sum, mark) => sum + mark.value, 0);
    return `${counted(many, "function")}, ${share(part, this.whole)} of it; ` +
      "the rest is its own";
  }

  private heading(pen: Pen, y: number, title: string, more: string): void {
    pen.text(0, y, title, { colour: ink("ink"), weight: 600 });
    const left = widthOf(title, 12, 600) + 12;
    pen.text(left, y, cut(more, this.width - left), { colour: ink("ink3") });
  }

  private paintBar(pen: Pen): void {
    const { bar, f, answer, told } = this;
    const hit = this.found?.has(f.id) ?? false;
    pen.box(0, bar.y, this.width, BAR, hit ? ink("match") : fillOf(f.kind, f.shade));
    const colour = hit ? ink("match-text") : textOf(f.kind), middle = bar.y + BAR / 2;
    const words = [amount(answer.value, this.unit), share(answer.value, answer.total),
      `self ${amount(told.self, this.unit)}`].join(" · ");
    const right = widthOf(words, 13);
    const name = fit(f.name, this.width - 24, 13, 600);
    const left = widthOf(name, 13, 600) + 22;
    pen.text(12, middle, name, { colour, size: 13, weight: 600 });
    if (left + right + 24 > this.width) return;
    pen.text(this.width - 12, middle, words, { colour, size: 13, align: "right" });
    pen.text(left, middle, cut(placeOf(f), this.width - left - right - 30), { colour });
  }
}

/** Draws with everything moved down. */
function shifted(pen: Pen, down: number, draw: (pen: Pen) => void): void {
  const move = (d: string) => d.replace(/^M([\d.e-]+) ([\d.e-]+)h/, (_, x: string, y: string) =>
    `M${x} ${Number(y) + down}h`);
  draw({
    box: (x, y, w, height, fill) => pen.box(x, y + down, w, height, fill),
    shape: (d, fill, line) => pen.shape(move(d), fill, line),
    hatch: (d, colour) => pen.hatch(move(d), colour),
    stripes: (x, y, w, height, colour) => pen.stripes(x, y + down, w, height, colour),
    text: (x, y, text, how) => pen.text(x, y + down, text, how),
  });
}

function mount(page: Page): Mounted {
  let scene: SandwichScene | null = null;
  let turn = 0;
  const chart = new Chart({
    label: "Callers and callees",
    pick: (mark) => mark.fn >= 0 && page.sandwich(mark.fn),
    open: (mark) => mark.fn >= 0 && page.sandwich(mark.fn),
    move: (mark) => chart.select(mark),
    menu: (mark, x, y) => page.floats.menu({ fn: mark.fn, path: null }, x, y),
    tip: (mark, x, y) => page.floats.tip(mark, scene, x, y),
  });
  const none = h("div", { class: "stacked alone", hidden: true });
  const element = h("div", { class: "stacked alone" }, chart.element, none);

  async function update(): Promise<void> {
    const { state, session, about } = page;
    chart.element.hidden = state.fn < 0;
    none.hidden = state.fn >= 0;
    if (state.fn < 0) {
      replace(none, refusal("Choose a function first: in a chart, in the table, or by " +
        "search.", () => page.show("table"), "Show the table"));
      return;
    }
    const mine = ++turn;
    const width = Math.max(1, Math.floor(chart.width || 800));
    const [answer, found, told] = await Promise.all([
      session.ask<Sandwich>("sandwich", {
        function: state.fn, depth: state.depth || ALL, width, ...narrowed(state),
      }), page.found(), page.told(state.fn),
    ]);
    if (mine !== turn) return;
    const how = {
      width, row: rowHeight(), whole: answer.value, unit: about.unit, about,
      names: session.names, found, headless: true,
    };
    scene = new SandwichScene(answer, session.names.of(state.fn),
      new BoxScene(answer.callers, { ...how, upward: true }),
      new BoxScene(answer.callees, how), told, found);
    chart.show(scene, scene.marks[0]!);
  }

  return {
    element,
    tools: () => [depthTool(page), h("button", {
      class: "button lined small", disabled: page.state.fn < 0,
      onclick: () => {
        functionText(page, page.state.fn).then(toClipboard)
          .then(() => page.floats.toast("Copied as Markdown"))
          .catch((error: Error) => page.floats.toast(error.message));
      },
    }, "Copy as Markdown")],
    hint: () => "All callers above, all callees below, every path of the function merged.",
    update, picture: () => scene, focus: () => chart.focus(),
  };
}

export const sandwich: View = {
  name: "sandwich", title: "Sandwich", group: "Functions", key: "4", family: "none", mount,
};
