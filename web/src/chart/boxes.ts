// SPDX-License-Identifier: Apache-2.0
// boxes.ts - an answer to `boxes` as rows of boxes: icicle, flame, both halves of the
// sandwich. Row by row, so that a box is found by its row and a search within.

import {
  FUNCTION, MORE, PATHLESS, PROCESS, THREAD, UNKEPT, WHOLE, type About, type Boxes,
} from "../answers.ts";
import { grouped, share, type Unit } from "../figures.ts";
import { titleOf, type Kind, type NameBook, type Named } from "../names.ts";
import { below, parentOf, stepsOf } from "../paths.ts";
import { fillOf, ink, textOf } from "./ink.ts";
import { rectangle, type Pen } from "./pen.ts";
import type { Mark, Scene } from "./scene.ts";
import { fit, widthOf } from "./text.ts";

export interface Layout {
  width: number;
  row: number;
  /** Children above their parents, as the callers of a sandwich. */
  upward?: boolean;
  /** Leaves out row 0 (the sandwich draws it itself). */
  headless?: boolean;
  whole: number;
  unit: Unit;
  about: About;
  names: NameBook;
  /** Functions a search found, null without a search. */
  found: Set<number> | null;
}

interface Words {
  name: string; kind: Kind; shade: number;
}

/** "<module> shop.orders", "<lambda> shop.orders:39": boxes have no column for the file. */
function toldApart(f: Named): Words {
  if (f.file < 0 || !/^<[a-z]+>$/.test(f.name) || f.module === "") return f;
  return { ...f, name: `${f.name} ${f.module}${f.name === "<module>" ? "" : `:${f.line}`}` };
}

export function wordsOf(type: number, id: number, about: About, names: NameBook): Words {
  if (type === FUNCTION) return toldApart(names.of(id));
  if (type === PROCESS) {
    const process = about.processes.find((p) => p.id === id);
    return { name: process ? titleOf(process) : `process ${id}`, kind: "p", shade: 0 };
  }
  if (type === THREAD) {
    const thread = about.threads.find((t) => t.id === id);
    return { name: thread?.name || `thread ${id}`, kind: "t", shade: 0 };
  }
  if (type === PATHLESS) return { name: "files without paths", kind: "p", shade: 0 };
  if (type === UNKEPT) return { name: "calls whose paths were not kept", kind: "t", shade: 0 };
  if (type === WHOLE) {
    const many = about.processes.length > 1;
    const title = about.title.replace(/(\.pack)?\.sonde$/, "") || about.title;
    return { name: many ? "all processes" : title, kind: "p", shade: 0 };
  }
  return { name: "more", kind: "r", shade: 0 };
}

/** "worker: ProcessPoolExecutor 4101" where there is less room: its pid says which. */
function processName(name: string, room: number): string {
  const pid = name.slice(name.lastIndexOf(" ") + 1);
  const role = `${name.slice(0, name.length - pid.length).split(":")[0]!.trim()} ${pid}`;
  return [name, role].find((one) => widthOf(one, 12, 600) <= room) ?? pid;
}

export function stepOf(type: number, id: number): string {
  if (type === PROCESS) return `p${id}`;
  if (type === THREAD) return `t${id}`;
  if (type === PATHLESS) return "g";
  if (type === UNKEPT) return "m";
  return String(id);
}

export class BoxScene implements Scene {
  readonly marks: Mark[] = [];
  readonly height: number;
  readonly width: number;
  readonly whole: number;
  readonly unit: Unit;
  /** The row of the box that takes the whole width. */
  readonly rootRow: number;
  private rows: Mark[][] = [];
  /** Rows that would tell nothing: the one process there is, its one thread. */
  private readonly spared: boolean[] = [];
  private readonly unseen = new Set<Mark>();
  /** By mark, and one for none: its first child. Children lie together. */
  private first = new Map<number, number>();
  private readonly ancestors: number;

  constructor(private readonly answer: Boxes, private readonly how: Layout) {
    this.width = how.width;
    this.whole = how.whole;
    this.unit = how.unit;
    this.ancestors = how.headless ? 0 : answer.ancestors.type.length;
    this.spare();
    this.rootRow = this.shownRow(this.ancestors);
    this.addAncestors();
    this.addBoxes();
    const deepest = this.rows.length;
    this.height = deepest * how.row;
    for (const mark of this.marks) {
      const row = mark.y;
      mark.y = how.upward ? (deepest - 1 - row) * how.row : row * how.row;
    }
  }

  private spare(): void {
    const { answer, how, ancestors } = this, { about } = how;
    const single = about.processes.length === 1 && about.threads.length === 1;
    const idle = (type: number) => (single && (type === PROCESS || type === THREAD))
      || (about.paths === "unknown" && type === PATHLESS);
    if (how.headless) return;
    for (let i = 0; i < ancestors; i++) this.spared[i] = idle(answer.ancestors.type[i]!);
    for (let i = 1; i < answer.row.length && answer.row[i]! < 3; i++) {
      if (idle(answer.type[i]!)) this.spared[answer.row[i]! + ancestors] = true;
    }
  }

  private shownRow(row: number): number {
    let shown = row;
    for (let i = 0; i < row; i++) if (this.spared[i]) shown -= 1;
    return shown;
  }

  private addAncestors(): void {
    const { ancestors: a } = this.answer;
    for (let i = 0; i < this.ancestors; i++) {
      const value = a.value[i]!;
      this.add(a.type[i]!, a.id[i]!, i - 1, i, 0, this.width, {
        value, self: null, calls: null, low: a.low?.[i] ?? null, high: a.high?.[i] ?? null,
        merged: 0,
      });
      const mark = this.marks[i]!;
      mark.kind = mark.type === FUNCTION ? "t" : mark.kind;
    }
  }

  private addBoxes(): void {
    const { answer, how, ancestors } = this;
    const first = how.headless ? 1 : 0;
    for (let i = first; i < answer.row.length; i++) {
      const x = (answer.x0[i]! / 1e6) * this.width;
      const end = (answer.x1[i]! / 1e6) * this.width;
      const parent = answer.parent[i]! < first
        ? (ancestors > 0 ? ancestors - 1 : -1) : answer.parent[i]! - first + ancestors;
      const guessed = (answer.guessed?.[i] ?? 0) > 0;
      this.add(answer.type[i]!, answer.id[i]!, parent,
        answer.row[i]! - first + ancestors, x, end - x, {
          value: answer.value[i]!, self: answer.self[i]!, calls: answer.calls[i]!,
          low: guessed ? answer.low?.[i] ?? null : null,
          high: guessed ? answer.high?.[i] ?? null : null, merged: answer.merged[i]!,
        });
    }
  }

  private add(
    type: number, id: number, parent: number, row: number, x: number, w: number,
    figures: Pick<Mark, "value" | "self" | "calls" | "low" | "high" | "merged">,
  ): void {
    const index = this.marks.length, spared = this.spared[row] ?? false;
    const place = Math.max(0, this.shownRow(row) - (spared ? 1 : 0));
    const words = wordsOf(type, id, this.how.about, this.how.names);
    const mark: Mark = {
      index, parent, level: row + 1, fn: type === FUNCTION ? id : -1, type,
      kind: words.kind, shade: words.shade, name: words.name, ...figures,
      x, y: place, w, h: this.how.row,
    };
    if (type === MORE) mark.name = `${grouped(figures.merged)} more`;
    if (!this.first.has(parent)) this.first.set(parent, index);
    this.marks.push(mark);
    if (spared) this.unseen.add(mark);
    else (this.rows[place] ??= []).push(mark);
  }

  spares(mark: Mark): boolean {
    return this.unseen.has(mark);
  }

  pathOf(mark: Mark): string | null {
    if (mark.type === MORE) return null;
    const { root } = this.answer;
    const offset = this.how.headless ? 0 : this.ancestors;
    if (!this.how.headless && mark.index <= offset) {
      let path = root;
      for (let i = mark.index; i < offset; i++) path = parentOf(path);
      return path;
    }
    const steps: string[] = [];
    let at: Mark | undefined = mark;
    while (at && (this.how.headless || at.index > offset)) {
      steps.unshift(stepOf(at.type, at.fn >= 0 ? at.fn : this.idOf(at)));
      at = this.marks[at.parent];
    }
    return steps.reduce(below, root);
  }

  private stepTo(mark: Mark): string | null {
    return mark.type === MORE ? null : stepOf(mark.type, this.idOf(mark));
  }

  private idOf(mark: Mark): number {
    return this.answer.id[mark.index - this.ancestors + (this.how.headless ? 1 : 0)]!;
  }

  /** The mark of a path, where it is drawn. */
  find(path: string): Mark | null {
    const root = stepsOf(this.answer.root);
    const steps = stepsOf(path);
    const base = this.how.headless ? -1 : this.ancestors;
    if (steps.length <= root.length) {
      if (this.how.headless) return null;
      const shared = steps.every((step, i) => step === root[i]);
      return shared ? this.marks[base - (root.length - steps.length)] ?? null : null;
    }
    if (!root.every((step, i) => step === steps[i])) return null;
    let at = base;
    for (const step of steps.slice(root.length)) {
      let next = this.first.get(at) ?? this.marks.length;
      while (this.marks[next]?.parent === at && this.stepTo(this.marks[next]!) !== step) next += 1;
      if (this.marks[next]?.parent !== at) return null;
      at = next;
    }
    return this.marks[at] ?? null;
  }

  at(x: number, y: number): Mark | null {
    const line = Math.floor(y / this.how.row);
    const row = this.rows[this.how.upward ? this.rows.length - 1 - line : line];
    if (!row) return null;
    let low = 0, high = row.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (row[middle]!.x <= x) low = middle;
      else high = middle - 1;
    }
    const mark = row[low];
    const reach = this.how.row > 2 ? 2 : 0;
    return mark && x >= mark.x && x < mark.x + Math.max(mark.w, reach) ? mark : null;
  }

  outline(mark: Mark): string {
    return rectangle(mark.x, mark.y, Math.max(mark.w - 1, 1.5), mark.h - 1);
  }

  paint(pen: Pen, top: number, bottom: number): void {
    for (const mark of this.marks) {
      if (mark.y + mark.h > top && mark.y < bottom && !this.unseen.has(mark)) {
        this.paintBox(pen, mark);
      }
    }
  }

  private paintBox(pen: Pen, mark: Mark): void {
    const { found } = this.how;
    const width = Math.max(mark.w - 1, 0.5), height = mark.h - 1;
    if (mark.type === MORE) {
      pen.stripes(mark.x, mark.y, width, height, ink("line2"));
      return;
    }
    const hit = found !== null && mark.fn >= 0 && found.has(mark.fn);
    const dimmed = found !== null && !hit;
    const fill = hit ? ink("match") : dimmed ? ink("hover") : fillOf(mark.kind, mark.shade);
    const colour = hit ? ink("match-text") : dimmed ? ink("ink2") : textOf(mark.kind);
    pen.box(mark.x, mark.y, width, height, fill);
    const guessed = this.guessedOf(mark);
    if (guessed > 0 && width > 2) {
      const w = width * guessed;
      pen.hatch(rectangle(mark.x + width - w, mark.y, w, height),
        ink(mark.kind === "o" && !dimmed ? "hatch-own" : "hatch"));
    }
    if (mark.w >= 26) this.paintWords(pen, mark, colour, hit, guessed > 0.5);
  }

  /** The part of a box that is not measured. */
  guessedOf(mark: Mark): number {
    const guessed = this.answer.guessed;
    if (!guessed || mark.low === null || mark.value <= 0) return 0;
    const at = mark.index - this.ancestors + (this.how.headless ? 1 : 0);
    return Math.min(1, (guessed[at] ?? 0) / mark.value);
  }

  private paintWords(
    pen: Pen, mark: Mark, colour: string, hit: boolean, guessed: boolean,
  ): void {
    const weight = hit || mark.kind === "p" ? 600 : 400;
    const middle = mark.y + mark.h / 2;
    const room = mark.w - 9;
    const before = guessed && mark.w > 40 ? "≈ " : "";
    const name = fit(mark.type === PROCESS ? processName(mark.name, room) : mark.name,
      room - (before ? 12 : 0), 12, weight);
    if (name) pen.text(mark.x + 4, middle, before + name, { colour, weight });
    const part = share(mark.value, this.whole);
    const free = room - widthOf(before + mark.name, 12, weight) - 8 - widthOf(part);
    if (mark.w >= 130 && free >= 10) {
      pen.text(mark.x + mark.w - 5, middle, part, { colour, align: "right" });
    }
  }
}
