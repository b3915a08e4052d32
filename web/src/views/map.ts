// SPDX-License-Identifier: Apache-2.0
// map.ts - packages, modules and functions as a square map: area is self time.

import { FUNCTION, MORE, WHOLE, type TreeMap } from "../answers.ts";
import { Chart } from "../chart/chart.ts";
import { fillOf, ink, textOf } from "../chart/ink.ts";
import { rectangle, type Pen } from "../chart/pen.ts";
import type { Mark, Scene } from "../chart/scene.ts";
import { fit, widthOf } from "../chart/text.ts";
import { h } from "../dom.ts";
import { encoded } from "../encode.ts";
import { grouped, share, type Unit } from "../figures.ts";
import type { NameBook } from "../names.ts";
import type { Page } from "../page.ts";
import { narrowed } from "../session.ts";
import type { Mounted, View } from "./list.ts";

/** Where a package or module has room for its name, the engine leaves this free. */
const HEAD = 18, HEAD_WIDTH = 64, HEAD_HEIGHT = 44;

class MapScene implements Scene {
  readonly marks: Mark[] = [];
  readonly whole: number;

  constructor(
    private readonly answer: TreeMap, names: NameBook, readonly unit: Unit,
    readonly width: number, readonly height: number,
    private readonly found: Set<number> | null,
  ) {
    this.whole = answer.total;
    for (let i = 0; i < answer.x.length; i++) {
      const id = answer.id[i]!, merged = answer.merged[i]!;
      const f = id >= 0 ? names.of(id) : null;
      this.marks.push({
        index: i, parent: answer.parent[i]!, level: answer.level[i]! + 1, fn: id,
        type: merged > 0 ? MORE : f ? FUNCTION : WHOLE, kind: f?.kind ?? "p",
        shade: f?.shade ?? 0,
        name: merged > 0 ? `${grouped(merged)} more`
          : f?.name ?? answer.key[i] ?? "", value: answer.value[i]!,
        self: null, calls: null, low: null, high: null, merged,
        x: answer.x[i]! / 10, y: answer.y[i]! / 10, w: answer.w[i]! / 10,
        h: answer.h[i]! / 10,
      });
    }
  }

  at(x: number, y: number): Mark | null {
    for (let i = this.marks.length - 1; i >= 0; i--) {
      const mark = this.marks[i]!;
      if (x >= mark.x && x < mark.x + mark.w && y >= mark.y && y < mark.y + mark.h) {
        return mark;
      }
    }
    return null;
  }

  outline(mark: Mark): string {
    return rectangle(mark.x + 0.5, mark.y + 0.5, Math.max(1, mark.w - 1.5),
      Math.max(1, mark.h - 1.5));
  }

  pathOf(): null {
    return null;
  }

  /** What the engine takes as root for a package, or a module of it. */
  rootOf(mark: Mark): string | null {
    if (mark.fn >= 0 || mark.merged > 0) return null;
    const keys: string[] = [];
    for (let at: Mark | undefined = mark; at; at = this.marks[at.parent]) {
      const key = this.answer.key[at.index];
      if (key) keys.unshift(encoded(key));
    }
    const before = this.answer.root_names.map(encoded);
    return [...before.filter((key) => !keys.includes(key)), ...keys].slice(0, 2).join(",");
  }

  paint(pen: Pen): void {
    for (const mark of this.marks) {
      if (mark.merged > 0) this.paintMerged(pen, mark);
      else if (mark.fn >= 0) this.paintFunction(pen, mark);
      else this.paintGroup(pen, mark);
    }
  }

  private paintMerged(pen: Pen, mark: Mark): void {
    pen.stripes(mark.x, mark.y, Math.max(0.5, mark.w - 1), Math.max(0.5, mark.h - 1),
      ink("line2"));
  }

  private paintGroup(pen: Pen, mark: Mark): void {
    const above = this.marks[mark.parent];
    // A module that is all of its package, and named like it, has no head of its own.
    const again = above && above.name === mark.name && above.value === mark.value;
    const room = !again && mark.w >= HEAD_WIDTH && mark.h >= HEAD_HEIGHT;
    pen.box(mark.x, mark.y, Math.max(0.5, mark.w - 1), Math.max(0.5, mark.h - 1),
      ink(mark.level === 1 ? "thread" : "process"));
    if (!room) return;
    const weight = mark.level === 1 ? 600 : 400, size = 11;
    const colour = ink("process-text");
    const name = fit(mark.name, mark.w - 12, size, weight);
    pen.text(mark.x + 5, mark.y + HEAD / 2, name, { colour, size, weight });
    const part = share(mark.value, this.whole);
    const left = mark.w - 16 - widthOf(name, size, weight) - widthOf(part, size);
    if (left > 8) {
      pen.text(mark.x + mark.w - 6, mark.y + HEAD / 2, part, { colour, size,
        align: "right" });
    }
  }

  private paintFunction(pen: Pen, mark: Mark): void {
    const hit = this.found?.has(mark.fn) ?? false;
    const dimmed = this.found !== null && !hit;
    pen.box(mark.x, mark.y, Math.max(0.5, mark.w - 1), Math.max(0.5, mark.h - 1),
      hit ? ink("match") : dimmed ? ink("hover") : fillOf(mark.kind, mark.shade));
    if (mark.w < 26 || mark.h < 15) return;
    const colour = hit ? ink("match-text") : dimmed ? ink("ink2") : textOf(mark.kind);
    const weight = hit ? 600 : 400;
    pen.text(mark.x + 4, mark.y + Math.min(10, mark.h / 2), fit(mark.name, mark.w - 9, 11,
      weight), { colour, size: 11, weight });
    if (mark.h < 32 || mark.w < 48) return;
    pen.text(mark.x + 4, mark.y + 24, share(mark.value, this.whole), { colour, size: 11 });
  }
}

function mount(page: Page): Mounted {
  let scene: MapScene | null = null;
  let turn = 0;
  const enter = (mark: Mark) => {
    const root = scene!.rootOf(mark);
    if (root !== null) page.store.set({ within: root === page.state.within ? "" : root });
    else if (mark.fn >= 0) page.sandwich(mark.fn);
  };
  const chart = new Chart({
    label: "Packages, modules and functions by self time",
    pick: (mark) => {
      if (mark.fn >= 0) page.select(mark.fn);
      else enter(mark);
    },
    open: enter,
    move: (mark) => {
      chart.select(mark);
      if (mark.fn >= 0) page.select(mark.fn, "", true);
    },
    menu: (mark, x, y) => page.floats.menu({ fn: mark.fn, path: null }, x, y),
    tip: (mark, x, y) => page.floats.tip(mark, scene, x, y),
    resized: () => void update().catch(() => undefined),
  });
  const element = h("div", { class: "stacked alone" }, chart.element);

  async function update(): Promise<void> {
    const mine = ++turn;
    const { state, session } = page;
    const width = Math.max(40, Math.floor(chart.width)), height = Math.max(40, chart.height - 6);
    const [answer, found] = await Promise.all([
      session.ask<TreeMap>("map", {
        width, height: Math.floor(height), root: state.within, depth: 3, least: 6,
        ...narrowed(state),
      }), page.found(),
    ]);
    if (mine !== turn) return;
    const kept = chart.cursor;
    scene = new MapScene(answer, session.names, page.about.unit, width, height, found);
    const mark = scene.marks.find((one) => one.fn >= 0 && one.fn === state.fn) ?? null;
    const group = kept && kept.fn < 0 ? scene.marks.find((one) => one.fn < 0
      && one.name === kept.name && one.level === kept.level) : null;
    chart.show(scene, state.fn >= 0 ? mark : group ?? null);
  }

  return {
    element,
    tools: () => [h("button", {
      class: "button lined small", disabled: page.state.within === "",
      onclick: () => page.store.set({ within: "" }),
    }, "Reset root")],
    hint: () => "Area is self time. Click a head to enter it, a function to select it.",
    update, picture: () => scene, focus: () => chart.focus(),
  };
}

export const map: View = {
  name: "map", title: "Tree map", group: "Functions", key: "5", family: "none", mount,
};
