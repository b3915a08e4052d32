// SPDX-License-Identifier: Apache-2.0
// sun.ts - an answer to `boxes` as rings: angle is width, distance is depth. The marks
// are those of BoxScene, with x and w as angles and y as the ring.

import type { Boxes } from "../answers.ts";
import { amount, share } from "../figures.ts";
import { BoxScene, type Layout } from "./boxes.ts";
import { fillOf, ink, textOf } from "./ink.ts";
import type { Pen } from "./pen.ts";
import type { Mark, Scene } from "./scene.ts";
import { fit, widthOf } from "./text.ts";

const FULL = 2 * Math.PI;

export class SunScene implements Scene {
  readonly marks: Mark[];
  readonly whole: number;
  readonly unit;
  private readonly boxes: BoxScene;
  /** Which mark takes the whole turn, and its row. */
  private readonly first: number;
  private readonly row: number;
  private readonly inner: number;
  private readonly ring: number;
  private readonly cx: number;
  private readonly cy: number;

  constructor(
    answer: Boxes, private readonly how: Layout, readonly width: number,
    readonly height: number, rings: number,
  ) {
    this.boxes = new BoxScene(answer, { ...how, width: FULL, row: 1 });
    this.marks = this.boxes.marks;
    this.whole = how.whole;
    this.unit = how.unit;
    this.first = answer.ancestors.type.length;
    this.row = this.boxes.rootRow;
    const radius = Math.max(60, Math.min(width, height) / 2 - 6);
    this.inner = Math.max(34, Math.min(radius * 0.26, 78));
    this.ring = (radius - this.inner) / rings;
    this.cx = width / 2;
    this.cy = height / 2;
  }

  private radii(mark: Mark): [number, number] {
    const ring = mark.y - this.row;
    if (ring <= 0) return [0, this.inner];
    const from = this.inner + (ring - 1) * this.ring;
    return [from, from + this.ring];
  }

  private point(radius: number, angle: number): string {
    return `${(this.cx + radius * Math.sin(angle)).toFixed(2)} ` +
      `${(this.cy - radius * Math.cos(angle)).toFixed(2)}`;
  }

  outline(mark: Mark): string {
    const [from, to] = this.radii(mark);
    if (from === 0) return this.circle(to - 1);
    const gap = Math.min(mark.w * 0.25, 0.5 / to);
    const a = mark.x + gap, b = Math.min(mark.x + mark.w, mark.x + FULL - 1e-4) - gap;
    const long = b - a > Math.PI ? 1 : 0, edge = to - 1;
    return `M${this.point(from, a)}L${this.point(edge, a)}` +
      `A${edge} ${edge} 0 ${long} 1 ${this.point(edge, b)}L${this.point(from, b)}` +
      `A${from} ${from} 0 ${long} 0 ${this.point(from, a)}Z`;
  }

  private circle(radius: number): string {
    const across = 2 * radius;
    return `M${this.cx - radius} ${this.cy}a${radius} ${radius} 0 1 0 ${across} 0` +
      `a${radius} ${radius} 0 1 0 ${-across} 0Z`;
  }

  at(x: number, y: number): Mark | null {
    const dx = x - this.cx, dy = y - this.cy, far = Math.hypot(dx, dy);
    if (far < this.inner) return this.marks[this.first] ?? null;
    const ring = Math.floor((far - this.inner) / this.ring) + 1 + this.row;
    const angle = (Math.atan2(dx, -dy) + FULL) % FULL;
    return this.boxes.at(angle, ring);
  }

  spares(mark: Mark): boolean {
    return this.boxes.spares(mark);
  }

  pathOf(mark: Mark): string | null {
    return this.boxes.pathOf(mark);
  }

  find(path: string): Mark | null {
    return this.boxes.find(path);
  }

  paint(pen: Pen): void {
    for (const mark of this.marks) {
      if (mark.y > this.row) this.paintArc(pen, mark);
    }
    this.paintMiddle(pen);
  }

  private paintArc(pen: Pen, mark: Mark): void {
    const { found } = this.how;
    const hit = found !== null && mark.fn >= 0 && found.has(mark.fn);
    const dimmed = found !== null && !hit;
    const d = this.outline(mark);
    pen.shape(d, mark.merged > 0 ? ink("line") : hit ? ink("match")
      : dimmed ? ink("hover") : fillOf(mark.kind, mark.shade));
    if (this.boxes.guessedOf(mark) > 0) {
      pen.hatch(d, ink(mark.kind === "o" && !dimmed ? "hatch-own" : "hatch"));
    }
    if (mark.merged > 0) return;
    const colour = hit ? ink("match-text") : dimmed ? ink("ink2") : textOf(mark.kind);
    this.paintName(pen, mark, colour);
  }

  /** A name along its arc, letter by letter; upside up on the lower half as well. */
  private paintName(pen: Pen, mark: Mark, colour: string): void {
    const [from, to] = this.radii(mark);
    const radius = (from + to) / 2, size = 11;
    const room = Math.min(mark.w, Math.PI) * radius - 10;
    if (to - from < 13 || room < 20) return;
    const name = fit(mark.name, room, size);
    if (!name) return;
    const middle = mark.x + mark.w / 2;
    const flip = Math.cos(middle) < 0;
    const way = flip ? -1 : 1;
    let angle = middle - (way * widthOf(name, size)) / radius / 2;
    for (const letter of name) {
      const width = widthOf(letter, size);
      const at = angle + (way * width) / radius / 2;
      const x = this.cx + radius * Math.sin(at), y = this.cy - radius * Math.cos(at);
      pen.text(x, y, letter, {
        colour, size, align: "center", turn: flip ? at + Math.PI : at,
      });
      angle += (way * width) / radius;
    }
  }

  private paintMiddle(pen: Pen): void {
    const root = this.marks[this.first];
    if (!root) return;
    pen.shape(this.circle(this.inner - 2), ink("pane"), { colour: ink("line"), width: 1 });
    const room = 2 * this.inner - 20;
    const name = fit(root.name, room, 12, 600);
    pen.text(this.cx, this.cy - 9, name, {
      colour: ink("ink"), weight: 600, align: "center",
    });
    const value = amount(root.value, this.unit);
    const more = `${value} · ${share(root.value, this.whole)}`;
    pen.text(this.cx, this.cy + 9, widthOf(more) <= room ? more : value,
      { colour: ink("ink2"), align: "center" });
  }
}
