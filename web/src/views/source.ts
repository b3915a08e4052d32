// SPDX-License-Identifier: Apache-2.0
// source.ts - a file's lines and functions with what they cost. Its text is shown where
// the server or the saved page has it, its functions always.

import type { Source, SourceFiles } from "../answers.ts";
import { h, replace, sized, type Kid } from "../dom.ts";
import { amount, count, largest, share } from "../figures.ts";
import type { Page } from "../page.ts";
import { choose } from "../parts/pathchart.ts";
import { pieces } from "../parts/python.ts";
import { figure } from "../parts/rowtable.ts";
import { narrowed } from "../session.ts";
import type { Mounted, View } from "./list.ts";

/** Lines shown at once, and how many more a click adds. */
const SHOWN = 1500;

interface Heat {
  hits: number | null; self: number | null; fn: number;
}

function mount(page: Page): Mounted {
  const body = h("div", { class: "scroll source", tabindex: 0, "aria-label": "Source" });
  const element = h("div", { class: "stacked alone" }, body);
  let files: SourceFiles | null = null;
  let answer: Source | null = null;
  let from = 1, key = "";

  async function update(): Promise<void> {
    const { state, session } = page;
    files = await session.ask<SourceFiles>("source", narrowed(state));
    const first = files.by_file.file[0];
    const own = state.fn >= 0 ? session.names.of(state.fn).file : -1;
    const file = state.file >= 0 ? state.file : own >= 0 ? own : first;
    if (file === undefined) {
      answer = null;
      replace(body, h("div", { class: "blank" }, h("p", null, "No function of a file.")));
      return;
    }
    answer = await session.ask<Source>("source", { file, ...narrowed(state) });
    const now = `${file}/${state.fn}`;
    if (now !== key) from = Math.max(1, target() - 200);
    const fresh = now !== key;
    key = now;
    draw();
    if (fresh) body.querySelector(".here")?.scrollIntoView({ block: "center" });
  }

  function target(): number {
    const { state, session } = page;
    if (state.line > 0) return state.line;
    const f = state.fn >= 0 ? session.names.of(state.fn) : null;
    return f && f.file === answer!.file ? f.line : 1;
  }

  function heats(): Map<number, Heat> {
    const found = new Map<number, Heat>();
    const { functions_at: at, lines } = answer!;
    lines.line.forEach((line, i) => {
      found.set(line, { hits: lines.hits[i]!, self: lines.self[i]!, fn: -1 });
    });
    at.id.forEach((fn, i) => {
      const line = found.get(at.line[i]!);
      if (line) line.fn = fn;
      else {
        found.set(at.line[i]!, {
          hits: null, self: lines.line.length > 0 ? null : at.self[i]!, fn,
        });
      }
    });
    return found;
  }

  function draw(): void {
    const { text, why, place } = answer!;
    const measured = answer!.lines.line.length > 0;
    const head = h("div", { class: "file" }, h("b", null, place), " ",
      h("span", { class: "faint" }, `${share(answer!.self, answer!.total)} of all is its own` +
        (measured || text === null ? ""
          : ". Lines were not measured: a function's self stands at its first line.")));
    element.classList.toggle("unmeasured", !measured);
    if (text === null) {
      replace(body, head, h("p", { class: "why" }, why ?? "Its text is not here."),
        functionList());
      return;
    }
    replace(body, head, lineList(text));
  }

  function functionList(): Kid {
    const { functions_at: at } = answer!, { unit } = page.about;
    const most = largest(at.self);
    const order = at.id.map((_, i) => i).sort((a, b) => at.line[a]! - at.line[b]!);
    const head = (title: string, right: boolean) =>
      h("th", { scope: "col", class: right ? "right" : null }, title);
    return h("table", { class: "lines" },
      h("thead", null, h("tr", null, head("Line", true), head("Self", true),
        head("Cumulative", true), head("Calls", true), head("Function", false))),
      h("tbody", null, order.map((i) => {
        const f = page.session.names.of(at.id[i]!);
        const heat = 0.03 + 0.15 * (at.self[i]! / most);
        const row = h("tr", {
          class: f.id === page.state.fn ? "here selected" : null,
          onclick: () => page.select(f.id),
        }, h("td", { class: "right faint" }, at.line[i]! > 0 ? String(at.line[i]) : ""),
        h("td", { class: "right" }, figure(at.self[i]!, unit)),
        h("td", { class: "right" }, figure(at.cumulative[i]!, unit)),
        h("td", { class: "right" }, count(at.calls[i]!)),
        h("td", { class: "name" }, h("button", { class: "clip" }, f.name)));
        return at.self[i]! > 0 ? sized(row, { "--tint": `${(100 * heat).toFixed(1)}%` }) : row;
      })));
  }

  function lineList(text: string[]): Kid {
    const found = heats(), { unit } = page.about;
    const most = largest([...found.values()].map((heat) => heat.self));
    const last = Math.min(text.length, from + SHOWN - 1);
    let open = "";
    for (let i = 0; i < from - 1; i++) open = pieces(text[i]!, open).open;
    const here = target();
    const rows = text.slice(from - 1, last).map((line, i) => {
      const number = from + i;
      const cut = pieces(line.slice(0, 2000), open);
      open = cut.open;
      const heat = found.get(number);
      const self = heat?.self ?? null;
      const row = h("tr", {
        class: number === here ? "here selected" : null, id: `line-${number}`,
        onclick: () => heat && heat.fn >= 0 && page.select(heat.fn),
      }, h("td", { class: "right faint" }, String(number)),
      h("td", { class: "right hits" }, heat?.hits ? count(heat.hits) : ""),
      h("td", { class: "right hits wide" }, heat?.hits && self ? amount(self / heat.hits, unit) : ""),
      h("td", { class: "right heat" }, self ? amount(self, unit) : ""),
      h("td", { class: "code" }, cut.pieces.map(({ text: part, kind }) =>
        (kind ? h("span", { class: kind }, part) : part))));
      if (!self) return row;
      return sized(row, { "--tint": `${(3 + (15 * self) / most).toFixed(1)}%`,
        "--heat-width": `${((100 * self) / most).toFixed(1)}%` });
    });
    const more = (title: string, to: number) => h("tr", null, h("td", { colspan: 5 },
      h("button", { class: "button", onclick: () => {
        from = to;
        draw();
      } }, title)));
    const head = (title: string, wide = "") =>
      h("th", { scope: "col", class: `right ${wide}` }, title);
    return h("table", { class: "lines" },
      h("thead", null, h("tr", null, head("Line"), head("Hits", "hits"),
        head("per hit", "hits wide"),
        head("Self"), h("th", { scope: "col" }, "Code"))),
      h("tbody", null, from > 1 ? more("Lines before", Math.max(1, from - SHOWN)) : null, rows,
        last < text.length ? more("Lines after", last + 1) : null));
  }

  function fileTool(): Kid {
    if (!files) return null;
    const { file, self } = files.by_file;
    const total = page.about.total;
    const options = file.slice(0, 200).map((id, i): [string, string] => [String(id),
      `${page.session.names.file(id).place}  ${share(self[i]!, total)}`]);
    const shown = answer ? String(answer.file) : "";
    if (answer && !options.some(([id]) => id === shown)) options.push([shown, answer.place]);
    return choose("File", options, shown, (value) =>
      page.store.set({ file: Number(value), line: 0 }));
  }

  const chooser = h("span");
  return {
    element,
    tools: () => [chooser],
    hint: () => (page.about.source.shown ? "" : page.about.source.why ?? ""),
    async update() {
      await update();
      replace(chooser, fileTool());
    },
    focus: () => body.focus(),
  };
}

export const source: View = {
  name: "source", title: "Source", group: "Lines", key: "7", family: "none", mount,
};
