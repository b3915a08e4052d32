// SPDX-License-Identifier: Apache-2.0
// processes.ts - every process that the program started, as a tree, with its threads.

import type { Process, Thread } from "../answers.ts";
import { h, replace, sized, type Kid } from "../dom.ts";
import { amount, grouped, percent } from "../figures.ts";
import { titleOf } from "../names.ts";
import type { Page } from "../page.ts";
import { bar, figure } from "../parts/rowtable.ts";
import type { Mounted, View } from "./list.ts";

interface Line {
  depth: number;
  process: Process;
  threads: Thread[];
}

/** Parents before their children; what has no known parent is at the top. */
function lines(processes: Process[], threads: Thread[]): Line[] {
  const pids = new Set(processes.map((process) => process.pid));
  const below = new Map<number | null, Process[]>();
  for (const process of processes) {
    const known = process.parent !== null && pids.has(process.parent)
      && process.parent !== process.pid;
    const parent = known ? process.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), process]);
  }
  const found: Line[] = [];
  const seen = new Set<number>();
  const add = (parent: number | null, depth: number): void => {
    for (const process of below.get(parent) ?? []) {
      if (seen.has(process.id)) continue;
      seen.add(process.id);
      found.push({ depth, process, threads: threads.filter((t) => t.process === process.id) });
      if (process.pid !== null) add(process.pid, depth + 1);
    }
  };
  add(null, 0);
  // A circle of parents can only come from a damaged file; nothing is dropped silently.
  for (const process of processes) {
    if (!seen.has(process.id)) found.push({ depth: 0, process, threads: [] });
  }
  return found;
}

function mount(page: Page): Mounted {
  const body = h("div", { class: "scroll", tabindex: 0, "aria-label": "Processes and threads" });

  function ending(process: Process): string {
    if (!process.entered) return process.reason ?? "not entered";
    if (process.alive) return "running";
    if (process.signal) return `signal ${process.signal}`;
    return process.exit === null ? "" : `exit ${process.exit}`;
  }

  function show(threads: number[]): void {
    page.store.set({ view: "icicle", threads, root: "", node: "", fn: -1 });
  }

  function row(
    depth: number, name: Kid, kind: string, value: number, cells: Kid[], act: () => void,
  ): HTMLElement {
    const { about } = page;
    return h("tr", { onclick: act },
      h("td", { class: "name" }, sized(h("div", null, h("span", { class: `dot kind-${kind}` }),
        h("button", { class: "clip" }, name)), { "padding-left": `${depth * 18}px` })),
      h("td", { class: "right" }, figure(value, about.unit)),
      h("td", { class: "right" }, percent(value, about.total), bar(value, about.total, "l")),
      cells);
  }

  function draw(): void {
    const { about } = page;
    const head = (title: string, right = true, wide = "") =>
      h("th", { scope: "col", class: `${right ? "right" : ""} ${wide}` }, title);
    const rows = lines(about.processes, about.threads).flatMap(({ depth, process, threads }) => [
      row(depth, h("b", null, titleOf(process)), "p",
        process.value, [
          h("td", { class: "right wide" }, figure(process.wall_ns, "ns")),
          h("td", { class: "right wide" }, figure(process.cpu_ns, "ns")),
          h("td", { class: "wide faint clip" }, process.python ?? ""),
          h("td", { class: "wide faint clip" }, ending(process)),
        ], () => show(threads.map((thread) => thread.id))),
      ...(threads.length > 1 ? threads : []).map((thread) =>
        row(depth + 1, thread.name || `thread ${thread.native}`, "t", thread.self, [
          h("td", { class: "wide" }), h("td", { class: "wide" }), h("td", { class: "wide" }),
          h("td", { class: "wide" }),
        ], () => show([thread.id]))),
    ]);
    const total = about.processes_total ?? about.processes.length;
    replace(body, h("table", { class: "rows plain" },
      h("thead", null, h("tr", null, head("Process, thread", false), head("In functions"),
        head("share"), head("Wall", true, "wide"), head("CPU", true, "wide"),
        head("Python", false, "wide"), head("Ended", false, "wide"))),
      h("tbody", null, rows)),
    total > about.processes.length ? h("p", { class: "why" },
      `${grouped(total - about.processes.length)} more are not listed.`) : null);
  }

  return {
    element: h("div", { class: "stacked alone" }, body),
    tools: () => [],
    hint: () => `${amount(page.about.total, page.about.unit)} in all threads. ` +
      "Click one to see its paths alone.",
    update: async () => draw(),
    focus: () => body.focus(),
  };
}

export const processes: View = {
  name: "processes", title: "Processes", group: "Run", key: "P", family: "none", mount,
};
