// SPDX-License-Identifier: Apache-2.0
// rowtable.ts - the table of functions or groups. Only rows on the screen exist; they are
// asked for a page at a time. One tab stop; arrows move the selection.

import type { Rows } from "../answers.ts";
import { h, isNarrow, replace, Room, sized, type Kid } from "../dom.ts";
import { count, parts, percent, share, short, type Unit } from "../figures.ts";
import { KIND_WORDS, placeOf, type Named, type NameBook } from "../names.ts";
import type { Page } from "../page.ts";
import { narrowed } from "../session.ts";

/** Where there is room to say who calls. */
const MOSTLY = 1240;
const NAME_MOST = 380;
const ROW = 24, HEAD = 28, BATCH = 200;
/** Rows beyond those that are seen, on either side. */
const SPARE = 4;
/** Browsers lose precision in elements much higher than this. */
const MOST_HEIGHT = 8_000_000;

interface Column {
  key: string;
  title: string;
  /** What pstats calls it. */
  known: string;
  width: number;
  from?: number;
  left?: boolean;
  unsorted?: boolean;
  cell(row: Row): Kid;
}

interface Row {
  i: number; answer: Rows; name: string; f: Named | null; unit: Unit; names: NameBook;
}

export function figure(value: number | null, unit: Unit): Kid {
  const [digits, name] = parts(value, unit);
  // Counts have no units to line up.
  if (unit === "samples") return `${digits} ${name}`.trim();
  return [digits, h("span", { class: "unit" }, name)];
}

export function bar(part: number, whole: number, kind: string): HTMLElement {
  const width = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
  return h("span", { class: "bar", "aria-hidden": "true" },
    sized(h("i", { class: kind === "o" ? "own" : null }), { width: `${width.toFixed(1)}%` }));
}

/** Calls exactly, as far as the column is wide; a figure without its end would be a wrong one. */
function fitting(calls: number): Kid {
  return calls < 1e7 ? count(calls) : h("span", { title: count(calls) }, short(calls));
}

const each = (total: number, calls: number) => (calls > 0 ? total / calls : null);
const kindOf = (row: Row) => row.f?.kind ?? "l";

/** Whoever calls it most, and how much of all calls that is. */
function mostly({ answer, i, names }: Row): Kid {
  const from = answer.from_id?.[i] ?? -1;
  if (from < 0) return "";
  return [names.of(from).name, h("span", { class: "faint" },
    `  ${share(answer.from_calls![i]!, answer.calls[i]!)}`)];
}

const COLUMNS: Column[] = [
  { key: "calls", title: "Calls", known: "ncalls", width: 78, from: 420,
    cell: ({ answer, i }) => fitting(answer.calls[i]!) },
  { key: "self", title: "Self", known: "tottime", width: 72,
    cell: ({ answer, i, unit }) => figure(answer.self[i]!, unit) },
  { key: "self", title: "self %", known: "tottime by the total", width: 102, from: 560,
    cell: (row) => [percent(row.answer.self[row.i]!, row.answer.total),
      bar(row.answer.self[row.i]!, row.answer.largest.self, kindOf(row))] },
  { key: "self_percall", title: "per call", known: "tottime by ncalls", width: 72, from: 760,
    cell: ({ answer, i, unit }) =>
      figure(each(answer.self[i]!, answer.calls[i]!), unit) },
  { key: "cumulative", title: "Cumul.", known: "cumtime", width: 72,
    cell: ({ answer, i, unit }) => figure(answer.cumulative[i]!, unit) },
  { key: "cumulative", title: "cumul. %", known: "cumtime by the total", width: 110,
    from: 660,
    cell: (row) => [percent(row.answer.cumulative[row.i]!, row.answer.total),
      bar(row.answer.cumulative[row.i]!, row.answer.total, kindOf(row))] },
  { key: "cumulative_percall", title: "per call", known: "cumtime by primitive calls",
    width: 80, from: 760,
    cell: ({ answer, i, unit }) =>
      figure(each(answer.cumulative[i]!, answer.primitive_calls[i]!), unit) },
  { key: "place", title: "File", known: "filename:lineno", width: 220, from: 1020, left: true,
    cell: ({ f }) => h("span", { class: "faint" }, f ? placeOf(f) : "") },
  { key: "from", title: "Mostly called from", known: "whoever calls it most", width: 220,
    from: MOSTLY, left: true, unsorted: true, cell: mostly },
];

export class RowTable {
  readonly element: HTMLElement;
  private readonly room: Room;
  private readonly head = h("tr");
  private readonly body = h("tbody");
  private readonly columns = h("colgroup");
  private readonly none = h("div", { class: "blank", hidden: true });
  private readonly table: HTMLTableElement;
  private batches = new Map<number, Rows>();
  private wanted = new Set<number>();
  private asked = "";
  private turn = 0;
  private rows = 0;
  private focusing = false;
  private found: Set<number> | null = null;
  private shownFn = -1;
  private narrow = true;
  /** What head and body show. */
  private headed = "";
  private drawn: unknown[] = [];

  constructor(private readonly page: Page, private readonly by: () => string) {
    this.table = h("table", {
      class: "rows", role: "grid", "aria-label": "Functions",
      onkeydown: (event: KeyboardEvent) => this.key(event),
    }, this.columns, h("thead", null, this.head), this.body);
    this.element = h("div", { class: "scroll" }, this.table, this.none);
    this.room = new Room(this.element, () => {
      const narrow = this.room.width < MOSTLY;
      if (narrow !== this.narrow && this.asked) void this.update().catch(() => undefined);
      else this.draw();
      this.narrow = narrow;
    }, () => this.draw());
  }

  private parameters() {
    const { state } = this.page;
    const kinds = ["o", "l", "b"].filter((kind) => !state.without.includes(kind));
    const words = { o: "own", l: "library", b: "builtin" } as Record<string, string>;
    return {
      by: this.by(), sort: state.sort, reverse: state.up ? 1 : 0, q: state.search.trim(),
      kinds: kinds.length === 3 || kinds.length === 0
        ? "" : kinds.map((kind) => words[kind]).join(","),
      ...narrowed(state),
    };
  }

  async update(): Promise<void> {
    const { page } = this;
    const turn = ++this.turn;
    const asked = JSON.stringify([this.parameters(), page.about.generation]);
    const fresh = asked !== this.asked;
    const place = this.placeOf(fresh);
    const [found, first, at, around] = await Promise.all([
      page.found(), fresh ? this.batch(0) : null, place,
      // A table that is drawn anew is drawn once, with that row in it.
      place.then((at) => (fresh && at !== null ? this.batch(Math.floor(at / BATCH)) : null)),
    ]);
    if (turn !== this.turn) return;
    this.found = found;
    if (first) {
      this.asked = asked;
      this.batches = new Map([[0, first]]);
      if (around) this.batches.set(Math.floor(at! / BATCH), around);
      this.wanted.clear();
      this.rows = first.matches;
      this.tellNone();
    }
    this.shownFn = page.state.fn;
    const top = this.topOf(at) ?? (first ? 0 : this.room.top);
    // Rows that are not there yet cannot be scrolled to.
    this.draw(top);
    this.room.scrollTo(this.room.left, top);
    this.draw();
    if (!this.batches.get(0)?.from_id) void this.addCallers(0).catch(() => undefined);
  }

  focus(): void {
    this.focusing = true;
    this.draw();
  }

  private tellNone(): void {
    const { state } = this.page;
    this.none.hidden = this.rows > 0;
    this.table.hidden = this.rows === 0;
    if (this.rows > 0) return;
    replace(this.none,
      h("h2", null, state.search ? `No function matches “${state.search}”.`
        : "Nothing to list."),
      h("p", null, state.search
        ? "Try a part of the name, a file, or file and line such as pricing.py:39."
        : "All kinds and threads that were chosen are empty."),
      h("button", {
        class: "button lined",
        onclick: () => this.page.store.set({ search: "", without: "", threads: [] }),
      }, state.search ? "Clear search" : "Show all"));
  }

  private batch(number: number, callers = false): Promise<Rows> {
    return this.page.session.ask<Rows>("rows", {
      ...this.parameters(), from: number * BATCH, count: BATCH, callers: callers ? 1 : "",
    });
  }

  /** Who calls, where there is room to say it: rows do not wait for that. */
  private async addCallers(number: number): Promise<void> {
    const { asked } = this;
    if (this.room.width < MOSTLY || this.by() !== "function") return;
    const rows = await this.batch(number, true);
    if (asked !== this.asked) return;
    this.batches.set(number, rows);
    this.draw();
  }

  private async fetch(number: number): Promise<void> {
    if (this.wanted.has(number)) return;
    this.wanted.add(number);
    const { asked } = this;
    const rows = await this.batch(number);
    if (asked !== this.asked) return;
    this.batches.set(number, rows);
    this.draw();
    await this.addCallers(number);
  }

  /** The row of a function that is selected now, where an answer tells which it is. */
  private async placeOf(fresh: boolean): Promise<number | null> {
    const { state } = this.page;
    const known = state.fn === this.shownFn && !fresh;
    if (state.fn < 0 || known || this.by() !== "function") return null;
    const plain = !state.search && !state.without && !state.up;
    if (!plain || (state.sort !== "self" && state.sort !== "cumulative")) return null;
    const { rank } = await this.page.told(state.fn);
    return rank[state.sort] - 1;
  }

  /** How far to scroll for a row to be seen; null: it is, or there is none to be shown. */
  private topOf(place: number | null): number | null {
    if (place === null) return null;
    if (this.room.height === 0) this.room.measure();
    const top = place * ROW, high = this.room.height - HEAD;
    if (top >= this.room.top && top + ROW <= this.room.top + high) return this.room.top;
    return Math.max(0, Math.floor((top - high / 2) / ROW) * ROW);
  }

  private shown(): Column[] {
    const wide = this.room.width;
    const middling = innerWidth > 760 && innerWidth <= 1100;
    const functions = this.by() === "function";
    // A sample is no call.
    const sampled = this.page.about.unit === "samples";
    return COLUMNS.filter((column) => wide >= (column.from ?? 0)
      && (functions || (column.key !== "place" && column.key !== "from"))
      && !((middling || sampled) && column.key.endsWith("_percall")));
  }

  private drawHead(columns: Column[]): void {
    const { state, store } = this.page;
    const sort = (key: string) => store.set(
      { sort: key, up: state.sort === key && !state.up });
    const th = (column: Pick<Column, "key" | "title" | "known" | "left" | "unsorted">, lead: boolean) => {
      const on = state.sort === column.key && lead;
      const natural = column.key === "name" || column.key === "place";
      const up = natural ? !state.up : state.up;
      return h("th", {
        class: column.left ? null : "right", scope: "col", title: column.known,
        "aria-sort": on ? (up ? "ascending" : "descending") : null,
      }, column.unsorted ? column.title : h("button", { onclick: () => sort(column.key) },
        column.title, on ? h("span", { "aria-hidden": "true" }, up ? "↑" : "↓") : null));
    };
    const seen = new Set<string>();
    const by = this.by();
    const headed = [by, state.sort, state.up, isNarrow(), this.room.width,
      ...columns.map((one) => one.title)];
    if (headed.join() === this.headed) return;
    this.headed = headed.join();
    const calls = this.page.about.unit === "samples" ? "Samples" : "Calls";
    const title = by.slice(0, 1).toUpperCase() + by.slice(1);
    replace(this.head, th({ key: "name", title, known: "function", left: true }, true),
      columns.map((column) => {
        const lead = !seen.has(column.key);
        seen.add(column.key);
        return th(column.key === "calls" ? { ...column, title: calls } : column, lead);
      }));
    // On a wide screen names stay near their figures; places and callers take what is left.
    const wide = columns.filter((column) => column.left).length;
    const fixed = columns.reduce((sum, column) => sum + column.width, 0);
    const left = this.room.width - fixed;
    const more = wide > 0 ? Math.max(0, left - NAME_MOST) / wide : 0;
    replace(this.columns, h("col"), columns.map((column) => sized(h("col"), { width: `${
      column.left ? column.width + more : isNarrow() ? column.width - 12 : column.width}px` })));
  }

  /** `top`: how far it is scrolled, or is about to be. */
  private draw(top?: number): void {
    const { room, rows } = this;
    if (room.height === 0) room.measure();
    if (room.height === 0 || rows === 0) return;
    const columns = this.shown();
    this.drawHead(columns);
    const scale = Math.max(1, (rows * ROW) / MOST_HEIGHT);
    const seen = Math.floor(((top ?? room.top) * scale) / ROW);
    const first = Math.max(0, seen - SPARE);
    const last = Math.min(rows, seen + Math.ceil((room.height - HEAD) / ROW) + 1 + SPARE);
    const space = (height: number) => sized(
      h("tr", { "aria-hidden": "true", class: "space" }), { height: `${height}px` });
    const batches = [...this.batches.entries()].flat();
    const shows = [first, last, this.headed, this.found, ...batches];
    if (shows.length === this.drawn.length && shows.every((one, i) => one === this.drawn[i])) {
      this.mark();
      return;
    }
    this.drawn = shows;
    const drawn: HTMLElement[] = [space(Math.min((first * ROW) / scale, MOST_HEIGHT))];
    for (let at = first; at < last; at++) {
      const batch = this.batches.get(Math.floor(at / BATCH));
      if (batch) drawn.push(this.row(batch, at % BATCH, at, columns));
      else {
        drawn.push(h("tr", null, h("td", { class: "faint" }, "…")));
        void this.fetch(Math.floor(at / BATCH)).catch(() => undefined);
      }
    }
    drawn.push(space(Math.max(0, Math.min(((rows - last) * ROW) / scale, MOST_HEIGHT))));
    const had = this.body.contains(document.activeElement);
    replace(this.body, drawn);
    this.table.setAttribute("aria-rowcount", String(rows + 1));
    this.mark(had);
  }

  /** The one that is selected, and where the tab key stops. */
  private mark(focus = false): void {
    const { fn } = this.page.state;
    for (const row of this.body.querySelectorAll<HTMLElement>("tr[aria-rowindex]")) {
      const selected = row.dataset.fn !== undefined && Number(row.dataset.fn) === fn;
      const before = row.getAttribute("aria-selected");
      if (before === String(selected)) continue;
      row.setAttribute("aria-selected", String(selected));
      row.classList.toggle("selected", selected);
    }
    const stop = this.body.querySelector<HTMLElement>("[aria-selected=true]")
      ?? this.body.querySelector<HTMLElement>("tr[aria-rowindex]");
    for (const row of this.body.querySelectorAll('[tabindex="0"]')) {
      if (row !== stop) row.setAttribute("tabindex", "-1");
    }
    if (stop?.getAttribute("tabindex") !== "0") stop?.setAttribute("tabindex", "0");
    if (focus || this.focusing) stop?.focus({ preventScroll: true });
    this.focusing = false;
  }

  private row(answer: Rows, i: number, at: number, columns: Column[]): HTMLElement {
    const { page } = this;
    const id = answer.id[i]!, group = answer.key !== null;
    const f = group ? null : page.session.names.of(id);
    const row: Row = { i, answer, f, name: f?.name ?? answer.key![i]!, unit: page.about.unit,
      names: page.session.names };
    const name = h("span", { class: "clip" },
      this.found?.has(id) && f ? h("mark", null, row.name) : row.name);
    return h("tr", {
      "aria-rowindex": at + 2, tabindex: -1, "data-at": at, "data-fn": group ? null : id,
      title: f ? `${f.name}  ${placeOf(f)}  ${KIND_WORDS[f.kind]}` : row.name,
      onclick: () => (f ? page.select(id) : this.openGroup(answer, i)),
      ondblclick: () => f && page.sandwich(id),
      oncontextmenu: (event: MouseEvent) => {
        if (!f) return;
        event.preventDefault();
        page.floats.menu({ fn: id, path: null }, event.clientX, event.clientY);
      },
    }, h("td", { class: f?.kind === "o" ? "name own" : "name" }, h("div", null,
      f ? h("span", { class: `dot kind-${f.kind}` }) : null, name,
      f ? h("span", { class: "unseen" }, `, ${KIND_WORDS[f.kind]}`) : null)),
    columns.map((column) =>
      h("td", { class: column.left ? "clip" : "right" }, column.cell(row))));
  }

  /** A group's functions: those of a thread, or those whose place has its name. */
  private openGroup(answer: Rows, i: number): void {
    const { store, about } = this.page;
    const id = answer.ids?.[i] ?? -1;
    if (answer.by === "thread" && id >= 0) store.set({ by: "function", threads: [id] });
    else if (answer.by === "process" && id >= 0) {
      const threads = about.threads.filter((thread) => thread.process === id);
      store.set({ by: "function", threads: threads.map((thread) => thread.id) });
    } else if (["file", "module", "package"].includes(answer.by)) {
      store.set({ by: "function", search: answer.key![i]! });
    } else if (answer.by === "class" && !answer.key![i]!.startsWith("(")) {
      store.set({ by: "function", search: answer.key![i]!.replaceAll(".", " ") });
    }
  }

  private key(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-at]");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((this.room.height - HEAD) / ROW) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.rows,
      End: this.rows,
    };
    const step = steps[event.key];
    const selected = this.page.state.fn >= 0 || this.by() !== "function";
    if (step !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      const from = Number(row.dataset.at);
      const to = row.ariaSelected === "true" || !selected ? from + step : from;
      void this.go(Math.max(0, Math.min(this.rows - 1, selected ? to : from)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.by() === "function" && this.page.state.fn >= 0) {
        this.page.sandwich(this.page.state.fn);
      } else row.click();
    }
  }

  private async go(at: number): Promise<void> {
    const number = Math.floor(at / BATCH);
    const batch = this.batches.get(number) ?? await this.batch(number);
    this.batches.set(number, batch);
    const { room } = this, top = at * ROW, high = room.height - HEAD;
    if (top < room.top) room.scrollTo(room.left, top);
    if (top + ROW > room.top + high) room.scrollTo(room.left, top + ROW - high);
    this.focusing = true;
    if (batch.key === null) {
      this.shownFn = batch.id[at % BATCH]!;
      this.page.select(this.shownFn, "", true);
    }
    this.draw();
  }
}
