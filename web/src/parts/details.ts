// SPDX-License-Identifier: Apache-2.0
// details.ts - all that is known of what is selected: its function's figures, all paths
// merged, and those of this path, which say so.

import {
  FUNCTION, PROCESS, THREAD, type Function as Told, type Links, type Path, type Rows,
  type Source,
} from "../answers.ts";
import { wordsOf } from "../chart/boxes.ts";
import { add, h, replace, sized, type Kid } from "../dom.ts";
import { encoded } from "../encode.ts";
import { amount, count, counted, largest, parts, share, short } from "../figures.ts";
import { icon } from "../icons.ts";
import { KIND_WORDS, placeOf, type Named } from "../names.ts";
import type { Page } from "../page.ts";
import { stackText, toClipboard } from "./copy.ts";
import { pieces } from "./python.ts";
import { bar, figure } from "./rowtable.ts";
import { spoken } from "./states.ts";
import { narrowed } from "../session.ts";

const LINKS = 5, MOST_LINKS = 20, PREVIEW = 8;
/** Of larger profiles it would take a while to say whose the time is. */
const MOST_SUMMED = 100_000;

/** vscode:// opens an editor where one is there; only absolute paths have a link. */
export function editorLink(f: Pick<Named, "path" | "line">): string | null {
  if (!f.path.startsWith("/")) return null;
  const path = f.path.split("/").map(encoded).join("/");
  return `vscode://file${path}${f.line > 0 ? `:${f.line}` : ""}`;
}

export class Details {
  readonly element = h("aside", { id: "side", "aria-label": "Details", tabindex: -1 });
  private turn = 0;
  /** More callers and callees than the first five are shown. */
  private all = false;

  constructor(private readonly page: Page) {}

  /** Asks at once, and draws when `shown` is settled: so much is laid out together. */
  async update(shown: Promise<unknown>): Promise<void> {
    const { page } = this;
    const turn = ++this.turn;
    const { fn } = page.state;
    try {
      const path = await page.path().catch(() => "");
      const [told, steps] = await Promise.all([
        fn >= 0 ? page.told(fn) : null, page.steps(path).catch(() => null),
        shown.catch(() => null),
      ]);
      if (turn !== this.turn) return;
      if (told) this.ofFunction(told, steps);
      else {
        this.ofStep(steps);
        if (path === "" && page.about.functions <= MOST_SUMMED) void this.overview(turn).catch(() => undefined);
      }
    } catch (error) {
      if (turn !== this.turn) return;
      replace(this.element, h("p", { class: "note" }, String((error as Error).message)));
    }
  }

  toggle(): void {
    const open = this.element.classList.toggle("open");
    this.element.querySelector("#grip")?.setAttribute("aria-expanded", String(open));
  }

  private grip(name: string, place: string, value: string, part: string): Kid {
    return h("button", {
      id: "grip", "aria-expanded": String(this.element.classList.contains("open")),
      title: "Details", onclick: () => this.toggle(),
    }, h("span", null, h("b", { class: "clip" }, name), h("small", { class: "clip" }, place)),
    h("span", null, h("b", null, value), h("small", null, part)), icon("up"));
  }

  private ofStep(path: Path | null): void {
    const { page } = this;
    const last = path ? path.steps.type.length - 1 : -1;
    if (!path || last < 0) {
      const { about } = page, { unit } = about;
      const name = about.title.replace(/(\.pack)?\.sonde$/, "") || about.title;
      replace(this.element,
        this.grip(name, "the whole", amount(about.total, unit), "100 % of all"),
        h("div", { class: "head" }, h("h2", null, name),
          h("div", { class: "place" }, about.files.length > 1
            ? counted(about.files.length, "file") : about.run?.program ?? "")),
        pairs([
          ["Total", amount(about.total, unit)],
          ["Calls", unit === "samples" ? "" : count(about.calls)],
          ["Functions", count(about.functions)],
          ["Processes", count(about.processes_total ?? about.processes.length)],
          ["Threads", count(about.threads_total ?? about.threads.length)],
          ["Python", about.run?.pythons.join(", ") ?? ""],
          ["Started", about.run?.started?.replace("T", " ").slice(0, 19) ?? ""],
        ]),
        h("p", { class: "note" }, "Choose a box or a row to see its figures here."));
      return;
    }
    const { steps } = path;
    const type = steps.type[last]!, id = steps.id[last]!;
    const words = wordsOf(type, id, page.about, page.session.names);
    const unit = page.session.unitOf(page.state);
    const value = amount(steps.value[last]!, unit);
    const part = `${share(steps.value[last]!, path.total)} of all`;
    const process = type === PROCESS ? page.about.processes.find((p) => p.id === id) : null;
    replace(this.element, this.grip(words.name, KIND_WORDS[words.kind], value, part),
      h("div", { class: "head" }, h("h2", null, words.name),
        h("div", { class: "place" }, h("span", { class: "tag kind-p" }, words.kind === "t"
          && type === THREAD ? "thread" : KIND_WORDS[words.kind]))),
      pairs([
        ["Cumulative", value], ["Share of all", part],
        ["Program", process?.program ?? ""], ["Python", process?.python ?? ""],
        ["Wall time", process ? amount(process.wall_ns, "ns") : ""],
        ["CPU time", process ? amount(process.cpu_ns, "ns") : ""],
        ["Exit status", process?.exit === null || !process ? "" : String(process.exit)],
        ["Signal", process?.signal ? String(process.signal) : ""],
        ["Not entered", process?.reason ?? ""],
      ]));
  }

  /** Of the whole: whose code the time is spent in, and where most of it. */
  private async overview(turn: number): Promise<void> {
    const { page } = this, { unit } = page.about;
    const ask = (kinds: string, count: number) => page.session.ask<Rows>("rows",
      { kinds, count, sort: kinds === "own" ? "cumulative" : "self", ...narrowed(page.state) });
    const kinds = [["o", "own"], ["l", "library"], ["b", "builtin"]] as const;
    const [all, ...each] = await Promise.all([ask("", LINKS),
      ...kinds.map(([, word]) => ask(word, word === "own" ? LINKS : 0))]);
    if (turn !== this.turn || all!.total === 0) return;
    const list = (title: string, said: string, rows: Rows, column: "self" | "cumulative") =>
      rows.id.length === 0 ? null : h("section", null,
        h("h3", null, title, h("small", null, said)),
        h("table", { class: "mini short" }, h("tbody", null, rows.id.map((id, i) =>
          this.link(id, rows[column][i]!, largest(rows[column]))))));
    const shareOf = (i: number) => (100 * each[i]!.matches_self) / all!.total;
    const parts = h("section", null, h("h3", null, "Spent in"),
      h("div", { class: "whole", "aria-hidden": "true" }, kinds.map(([kind], i) =>
        sized(h("i", { class: `kind-${kind}` }), { width: `${shareOf(i)}%` }))),
      pairs(kinds.map(([kind], i) => [KIND_WORDS[kind],
        each[i]!.matches_self > 0
          ? `${amount(each[i]!.matches_self, unit)}, ${share(each[i]!.matches_self, all!.total)}`
          : ""])));
    add(this.element, [parts, list("Most self", "of all functions", all!, "self"),
      list("Own code", "cumulative", each[0]!, "cumulative")]);
  }

  private link(id: number, value: number | null, most: number, calls?: number): HTMLElement {
    const { page } = this;
    const f = page.session.names.of(id);
    return h("tr", { onclick: () => page.select(id) },
      h("td", { class: f.kind === "o" ? "name own" : "name" },
        h("div", null, h("span", { class: `dot kind-${f.kind}` }),
          h("button", { class: "clip", title: `${f.name}  ${placeOf(f)}` }, f.name))),
      calls === undefined ? null : h("td", { class: "right faint" }, `${short(calls)} ×`),
      h("td", { class: "right" }, figure(value, page.about.unit)),
      h("td", null, bar(value ?? 0, most, f.kind)));
  }

  private ofFunction(told: Told, path: Path | null): void {
    const { page } = this;
    const f = page.session.names.of(told.id), { unit } = page.about;
    const link = editorLink(f);
    replace(this.element,
      this.grip(f.name, placeOf(f), amount(told.cumulative, unit),
        `${share(told.cumulative, told.total)} of all`),
      h("div", { class: "head" }, h("h2", null, f.name),
        h("div", { class: "place clip" },
          h("span", { class: `tag kind-${f.kind}` }, KIND_WORDS[f.kind]),
          link ? h("a", { href: link, title: `${f.path}:${f.line}` }, placeOf(f))
            : h("span", { title: f.path }, placeOf(f))),
        this.actions(told, path)),
      this.large(told), this.guess(path), this.figures(told, path),
      this.links("Callers", told.callers, told.callers_total),
      this.links("Callees", told.callees, told.callees_total), this.parts(told),
      this.source(f));
  }

  private actions(told: Told, path: Path | null): Kid {
    const { page } = this;
    const button = (title: string, act: () => void, key: string) => h("button", {
      class: "button small", onclick: act, title: `${title} (${key})`,
    }, title);
    return h("div", { class: "actions" },
      button("Focus", () => page.narrow("focus", told.id), "f"),
      button("Sandwich", () => page.sandwich(told.id), "s"),
      button("Hide", () => page.narrow("hide", told.id), "h"),
      button("Copy stack", () => {
        void stackText(page, path?.path ?? "", false).then(toClipboard)
          .then(() => page.floats.toast("Stack copied"));
      }, "c"));
  }

  private large(told: Told): Kid {
    const { unit } = this.page.about;
    const one = (title: string, swatch: string, value: number) => {
      const [digits, name] = parts(value, unit);
      return h("div", null,
        h("dt", null, h("span", { class: `dot ${swatch}` }), title),
        h("dd", null, `${digits} ${name}`.trim(),
          h("small", null, share(value, told.total))));
    };
    const width = (value: number) =>
      `${told.total > 0 ? Math.min(100, (100 * value) / told.total) : 0}%`;
    return [
      h("dl", { class: "large" }, one("Cumulative", "grey", told.cumulative),
        one("Self", "heat", told.self)),
      h("div", { class: "whole", "aria-hidden": "true" },
        sized(h("i", { class: "heat" }), { width: width(told.self) }),
        sized(h("i", null), { width: width(told.cumulative - told.self) })),
    ];
  }

  private guess(path: Path | null): Kid {
    if (!path?.steps.low || !path.steps.high) return null;
    const last = path.steps.type.length - 1;
    const low = path.steps.low[last] ?? 0, high = path.steps.high[last] ?? 0;
    if (low === high) return null;
    const unit = this.page.session.unitOf(this.page.state);
    const from = low > 0 ? amount(low, unit) : "nothing";
    return h("p", { class: "note hatched" },
      h("b", null, `On this path: guessed, ${from} to ${amount(high, unit)}. `),
      "The file records callers, not whole paths. The figures above are measured.");
  }

  private figures(told: Told, path: Path | null): Kid {
    const { page } = this, { unit } = page.about;
    const per = (value: number, calls: number) =>
      (calls > 0 ? amount(value / calls, unit) : "");
    const last = path ? path.steps.type.length - 1 : -1;
    const here = path && last >= 0 && path.steps.type[last] === FUNCTION
      && path.steps.id[last] === told.id ? path.steps.value[last]! : null;
    const parent = path && last > 0 ? path.steps.value[last - 1]! : path?.total ?? 0;
    const recursive = told.primitive_calls !== told.calls
      ? `${count(told.calls)} (${count(told.primitive_calls)} outermost)`
      : count(told.calls);
    return pairs([
      ...(unit === "samples" ? [] : [
        ["Calls", recursive],
        ["Per call, cumulative", per(told.cumulative, told.primitive_calls)],
        ["Per call, self", per(told.self, told.calls)],
      ] satisfies [string, string][]),
      ["Share of parent, this path", here === null ? "" : share(here, parent)],
      ["Share of all, this path", here === null ? "" : share(here, path!.total)],
      ["Mostly called from", this.mostly(told)],
      ["Paths", told.paths === null ? "not known" : count(told.paths)],
      ["Rank by self time", `${count(told.rank.self)} of ${count(told.of)}`],
    ]);
  }

  /** Whoever calls it most, itself left out, where there is a choice. */
  private mostly(told: Told): string {
    const { id, calls } = told.callers;
    const most = id.reduce((best, from, i) => (from !== told.id &&
      (best < 0 || calls[i]! > calls[best]!) ? i : best), -1);
    if (most < 0 || told.callers_total < 2) return "";
    return `${this.page.session.names.of(id[most]!).name}, ${share(calls[most]!, told.calls)}`;
  }

  /** What its self time is made of, as far as that is known. */
  private parts(told: Told): Kid {
    const probe = told.probe_self;
    if (probe === null || told.self === 0 || this.page.about.unit !== "ns") return null;
    const row = (title: string, value: number, kind: string) => h("tr", null,
      h("td", null, title), h("td", { class: "right" }, figure(value, "ns")),
      h("td", null, bar(value, told.self, kind)),
      h("td", { class: "right" }, share(value, told.self)));
    return h("section", null, h("h3", null, "Why its own time", h("small", null, "about")),
      h("table", { class: "mini parts" }, h("tbody", null,
        row("its own work", told.self - probe, "o"), row("sonde's probe", probe, "l"))));
  }

  private links(title: string, links: Links, total: number): Kid {
    if (links.id.length === 0) return null;
    const shown = Math.min(this.all ? MOST_LINKS : LINKS, links.id.length);
    const more = total > LINKS && links.id.length > LINKS ? h("button", {
      class: "link", title: this.all ? "The first five" : "More of them",
      onclick: () => {
        this.all = !this.all;
        void this.update(Promise.resolve());
      },
    }, `${shown} of ${count(total)}`) : null;
    const most = largest(links.cumulative);
    const rows = links.id.slice(0, shown).map((id, i) =>
      this.link(id, links.cumulative[i] ?? null, most, links.calls[i]!));
    return h("section", null,
      h("h3", null, title, h("small", null, more)),
      h("table", { class: "mini" }, h("tbody", null, rows)));
  }

  private source(f: Named): Kid {
    const { page } = this;
    if (f.file < 0) return null;
    const { source } = page.about;
    const place = h("div", { class: "preview", tabindex: 0, role: "group",
      "aria-label": "Its first lines" });
    if (source.shown) void this.preview(f, place).catch(() => undefined);
    return h("section", null, h("h3", null, "Source",
      page.canShow("source") ? null
        : h("button", { class: "link", onclick: () => page.source(f.id) }, "open")),
    source.shown ? place
      : h("p", { class: "aside" }, spoken(source.why ?? "Source files are shown only where you " +
        "allow it (sonde view --source .)")));
  }

  /** The function's first lines, with their heat where lines were measured. */
  private async preview(f: Named, place: HTMLElement): Promise<void> {
    const { page } = this;
    const answer = await page.session.ask<Source>("source", {
      file: f.file, ...narrowed(page.state),
    });
    if (!answer.text || f.line < 1) {
      replace(place, h("p", { class: "aside" }, answer.why ?? "Its text is not here."));
      return;
    }
    const { lines, functions_at: at } = answer;
    // Where lines were not measured the function's own time stands at its first.
    const heat = lines.line.length > 0 ? lines : at;
    const self = new Map(heat.line.map((line, i) => [line, heat.self[i]!]));
    const most = largest(heat.self);
    let open = "";
    replace(place, answer.text.slice(f.line - 1, f.line - 1 + PREVIEW).map((text, i) => {
      const cut = pieces(text.slice(0, 400), open);
      open = cut.open;
      const cost = self.get(f.line + i) ?? 0;
      const row = h("div", null, h("span", { class: "number" }, f.line + i),
        h("span", { class: "cost" }, cost > 0 ? amount(cost, page.about.unit) : ""),
        cut.pieces.map(({ text: part, kind }) => h("span", { class: kind || null }, part)));
      return cost > 0
        ? sized(row, { "--tint": `${(3 + (15 * cost) / most).toFixed(1)}%` }) : row;
    }));
  }
}

export function pairs(rows: [string, string][]): HTMLElement {
  return h("dl", { class: "pairs" }, rows.filter(([, value]) => value !== "")
    .map(([title, value]) => [h("dt", null, title), h("dd", null, value)]));
}
