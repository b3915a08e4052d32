// SPDX-License-Identifier: Apache-2.0
// sunburst.ts - call paths as rings, and beside them where most time is spent itself.

import type { Boxes } from "../answers.ts";
import { Chart } from "../chart/chart.ts";
import { SunScene } from "../chart/sun.ts";
import { h, isNarrow, Room } from "../dom.ts";
import type { Page } from "../page.ts";
import { cutoffTool, depthTool, resetTool, widthWord } from "../parts/pathchart.ts";
import { RowTable } from "../parts/rowtable.ts";
import { shaped } from "../session.ts";
import type { Mounted, View } from "./list.ts";

function mount(page: Page): Mounted {
  let scene: SunScene | null = null;
  let turn = 0;
  const open = (path: string | null) => path !== null && page.reroot(path);
  const chart = new Chart({
    label: "Call paths as rings",
    pick: (mark) => open(scene!.pathOf(mark)),
    open: (mark) => open(scene!.pathOf(mark)),
    move: (mark) => page.selectPath(scene!.pathOf(mark) ?? "", true),
    menu: (mark, x, y) => page.floats.menu({ fn: mark.fn, path: scene!.pathOf(mark) }, x, y),
    tip: (mark, x, y) => page.floats.tip(mark, scene, x, y),
    resized: () => void update().catch(() => undefined),
  });
  const table = new RowTable(page, () => "function");
  const list = h("div", { class: "beside" }, table.element);
  const element = h("div", { class: "sun" }, chart.element, list);
  const room = new Room(element, () => undefined);

  async function update(): Promise<void> {
    const mine = ++turn;
    const { state, session } = page;
    if (room.width === 0) room.measure();
    list.hidden = isNarrow() || room.width < 700;
    const { width, height } = chart;
    const rings = Math.min(state.depth || (isNarrow() ? 7 : 10), 20);
    const around = Math.max(200, Math.round(Math.min(width, height) * 2));
    const [answer, found, path] = await Promise.all([
      session.ask<Boxes>("boxes", {
        view: "sunburst", root: state.root, depth: rings, width: around,
        cutoff: state.cutoff / 1000, ...shaped(state),
      }), page.found(), page.path().catch(() => ""), list.hidden ? null : table.update(),
    ]);
    if (mine !== turn) return;
    scene = new SunScene(answer, {
      width: 1, row: 1, whole: answer.total, unit: session.unitOf(state),
      about: page.about, names: session.names, found,
    }, width, height - 4, rings);
    chart.show(scene, path === "" ? null : scene.find(path));
  }

  return {
    element,
    tools: () => [depthTool(page), cutoffTool(page), resetTool(page)],
    hint: () => `Angle is ${widthWord(page)}, rings are call depth. The middle goes up.`,
    update, picture: () => scene, focus: () => chart.focus(),
  };
}

export const sunburst: View = {
  name: "sunburst", title: "Sunburst", group: "Paths", key: "2", family: "threads", mount,
};
