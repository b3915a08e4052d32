// SPDX-License-Identifier: Apache-2.0
// chart.ts - shows a scene: a canvas for the eye, a tree grid of the same rows for
// everybody else. One tab stop; pointer and keys come out as hooks.

import { h, replace, Room } from "../dom.ts";
import { amount, count, share } from "../figures.ts";
import { ink } from "./ink.ts";
import { CanvasPen, type Pen } from "./pen.ts";
import { familyOf, type Mark, type Scene } from "./scene.ts";

export interface Hooks {
  label: string;
  pick(mark: Mark): void;
  /** Enter, and for most charts a click. */
  open(mark: Mark): void;
  /** Arrow keys: the mark that is to be selected. */
  move(mark: Mark): void;
  menu(mark: Mark, x: number, y: number): void;
  tip(mark: Mark | null, x: number, y: number): void;
  /** Draws over the scene, e.g. the edges of what is selected. */
  over?(pen: Pen): void;
}

/** Siblings that the tree grid lists at most, and a canvas's longest side. */
const MOST_SIBLINGS = 200;
const MOST_PIXELS = 8192;
/** Room around the scene, for the ring of what is selected. */
const PAD = 4;

let charts = 0;

export class Chart {
  readonly element: HTMLElement;
  private readonly room: Room;
  private readonly sheet: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly cover = h("canvas", { "aria-hidden": "true", class: "cover" });
  private readonly grid: HTMLElement;
  private readonly id = `chart${charts++}`;
  private scene: Scene | null = null;
  private selected: Mark | null = null;
  private hovered: Mark | null = null;
  private family = new Map<number, Mark[]>();

  constructor(private readonly hooks: Hooks) {
    this.grid = h("div", {
      role: "treegrid", tabindex: 0, class: "unseen", "aria-label": hooks.label,
      onkeydown: (event: KeyboardEvent) => this.key(event),
      onfocus: () => this.paintCover(),
      onblur: () => this.paintCover(),
    });
    this.sheet = h("div", { class: "sheet" }, h("div", { class: "glass" }, this.canvas,
      this.cover, this.grid));
    this.element = h("div", {
      class: "chart",
      onmousemove: (event: MouseEvent) => this.hover(event),
      onmouseleave: () => this.leave(),
      onclick: (event: MouseEvent) => this.click(event, false),
      ondblclick: (event: MouseEvent) => this.click(event, true),
      oncontextmenu: (event: MouseEvent) => this.context(event),
    }, this.sheet);
    this.room = new Room(this.element, () => this.paint(), () => this.paint());
  }

  /** The room that a scene has. */
  get width(): number {
    if (this.room.width === 0) this.room.measure();
    return Math.max(0, this.room.width - 2 * PAD);
  }

  get height(): number {
    if (this.room.height === 0) this.room.measure();
    return Math.max(0, this.room.height - 2 * PAD);
  }

  show(scene: Scene, selected: Mark | null): void {
    this.scene = scene;
    this.hovered = null;
    this.hooks.tip(null, 0, 0);
    this.sheet.style.height = `${scene.height + 2 * PAD}px`;
    this.sheet.style.width = scene.width > this.width
      ? `${scene.width + 2 * PAD}px` : "";
    // A smaller sheet cannot be scrolled as far.
    const { room } = this;
    room.top = Math.min(room.top, Math.max(0, scene.height + 2 * PAD - room.height));
    room.left = Math.min(room.left, Math.max(0, scene.width + 2 * PAD - room.width));
    this.family = familyOf(scene);
    this.select(selected);
    // What is wider than its place begins in view.
    const first = scene.marks[0];
    if (!selected && first && scene.width > this.width) this.bringInto(first);
  }

  select(mark: Mark | null): void {
    this.selected = mark;
    if (mark) this.bringInto(mark);
    this.paint();
    this.fillGrid();
  }

  focus(): void {
    this.grid.focus({ preventScroll: true });
  }

  get cursor(): Mark | null {
    return this.selected;
  }

  private bringInto(mark: Mark): void {
    const { room } = this;
    if (mark.h > room.height) return;
    const margin = mark.h;
    let { left, top } = room;
    if (mark.y < top) top = Math.max(0, mark.y - margin);
    const end = mark.y + mark.h;
    if (end > top + room.height) top = end - room.height + margin;
    if (this.scene!.width > this.width
      && (mark.x < left || mark.x + mark.w > left + this.width)) {
      left = Math.max(0, mark.x + mark.w / 2 - this.width / 2);
    }
    room.scrollTo(left, top);
  }

  private size(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const scale = devicePixelRatio || 1;
    const width = Math.min(this.room.width, MOST_PIXELS);
    const height = Math.min(this.room.height, MOST_PIXELS);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const wide = Math.round(width * scale), high = Math.round(height * scale);
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.translate(PAD - this.room.left, PAD - this.room.top);
    return context;
  }

  private paint(): void {
    if (!this.scene || this.width === 0) return;
    const { top, height } = this.room;
    this.scene.paint(new CanvasPen(this.size(this.canvas)), top - PAD, top + height);
    this.paintCover();
  }

  private paintCover(): void {
    if (!this.scene || this.width === 0) return;
    const pen = new CanvasPen(this.size(this.cover));
    const { hovered, selected, scene } = this;
    this.hooks.over?.(pen);
    if (hovered && hovered.merged === 0) {
      for (const mark of scene.marks) {
        const same = hovered.fn >= 0 ? mark.fn === hovered.fn : mark === hovered;
        if (!same) continue;
        const colour = ink(mark.kind === "o" ? "pane" : "ink");
        pen.shape(scene.outline(mark), null, { colour, width: 1.5 });
      }
    }
    if (selected) this.ring(pen, selected);
  }

  private ring(pen: CanvasPen, mark: Mark): void {
    const d = this.scene!.outline(mark);
    const focused = document.activeElement === this.grid && this.grid.matches(":focus-visible");
    pen.ring(d, ink("pane"), ink(focused ? "focus" : "ink"), focused ? 2.5 : 2);
  }

  private markAt(event: MouseEvent): Mark | null {
    const edge = this.canvas.getBoundingClientRect();
    const x = event.clientX - edge.left, y = event.clientY - edge.top;
    if (x < 0 || y < 0 || x > edge.width || y > edge.height) return null;
    return this.scene?.at(x + this.room.left - PAD, y + this.room.top - PAD) ?? null;
  }

  private hover(event: MouseEvent): void {
    const mark = this.markAt(event);
    this.element.style.cursor = mark && mark.merged === 0 ? "pointer" : "";
    this.hooks.tip(mark, event.clientX, event.clientY);
    if (mark === this.hovered) return;
    this.hovered = mark;
    this.paintCover();
  }

  private leave(): void {
    this.hovered = null;
    this.hooks.tip(null, 0, 0);
    this.paintCover();
  }

  private click(event: MouseEvent, twice: boolean): void {
    const mark = this.markAt(event);
    this.focus();
    if (!mark || mark.merged > 0) return;
    if (twice) this.hooks.open(mark);
    else this.hooks.pick(mark);
  }

  private context(event: MouseEvent): void {
    const mark = this.markAt(event) ?? (event.button < 0 ? this.selected : null);
    if (!mark || mark.merged > 0) return;
    event.preventDefault();
    this.hooks.tip(null, 0, 0);
    this.hooks.menu(mark, event.clientX, event.clientY);
  }

  /** Up to the caller, down to the first callee, left and right along siblings. */
  private key(event: KeyboardEvent): void {
    const { scene } = this;
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.selected ?? scene.marks[0];
    if (!at) return;
    let to = scene.step?.(at, event.key);
    if (to !== undefined) {
      // The scene knows better where that is.
    } else if (event.key === "ArrowUp") to = scene.marks[at.parent];
    else if (event.key === "ArrowDown") to = this.brood(at.index)[0];
    else if (event.key === "ArrowLeft") to = this.sibling(at, -1);
    else if (event.key === "ArrowRight") to = this.sibling(at, 1);
    else if (event.key === "Home") to = scene.marks[0];
    else if (event.key === "Enter") {
      event.preventDefault();
      this.hooks.open(at);
      return;
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      event.preventDefault();
      const edge = this.canvas.getBoundingClientRect();
      this.hooks.menu(at, edge.left + at.x - this.room.left + 8,
        edge.top + at.y - this.room.top + at.h);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    if (!this.selected) to ??= at;
    if (to) this.hooks.move(to);
  }

  private brood(parent: number): Mark[] {
    return this.family.get(parent) ?? [];
  }

  private sibling(mark: Mark, step: number): Mark | undefined {
    const row = this.brood(mark.parent);
    return row[row.indexOf(mark) + step];
  }

  /** The path to what is selected, each with its siblings, and what is below it. */
  private fillGrid(): void {
    const { scene } = this;
    if (!scene) return;
    const at = this.selected ?? scene.marks[0] ?? null;
    const chain: Mark[] = [];
    for (let mark = at; mark; mark = scene.marks[mark.parent] ?? null) chain.unshift(mark);
    const rows: HTMLElement[] = [this.headRow()];
    const level = (parent: number, depth: number): void => {
      const marks = this.brood(parent);
      const open = chain[depth];
      marks.forEach((mark, i) => {
        if (i >= MOST_SIBLINGS && mark !== open) return;
        const expanded = mark === open;
        rows.push(this.gridRow(mark, i + 1, marks.length, expanded));
        if (expanded) level(mark.index, depth + 1);
      });
    };
    level(-1, 0);
    replace(this.grid, rows);
    if (at) this.grid.setAttribute("aria-activedescendant", `${this.id}-${at.index}`);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  private headRow(): HTMLElement {
    const heads = ["Name", "Cumulative", "Share of all", "Self", "Calls"];
    return h("div", { role: "row" }, heads.map((head) =>
      h("span", { role: "columnheader" }, head)));
  }

  private gridRow(mark: Mark, place: number, of: number, open: boolean): HTMLElement {
    const scene = this.scene!;
    const leaf = this.brood(mark.index).length === 0;
    const guess = mark.low !== null ? "guessed " : "";
    const cells = [
      mark.name, guess + amount(mark.value, scene.unit), share(mark.value, scene.whole),
      mark.self === null ? "" : amount(mark.self, scene.unit),
      mark.calls === null ? "" : count(mark.calls),
    ];
    return h("div", {
      role: "row", id: `${this.id}-${mark.index}`, "aria-level": mark.level,
      "aria-posinset": place, "aria-setsize": of,
      "aria-selected": mark === this.selected ? "true" : "false",
      "aria-expanded": leaf ? null : open ? "true" : "false",
    }, cells.map((cell) => h("span", { role: "gridcell" }, cell)));
  }
}
