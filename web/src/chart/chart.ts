// SPDX-License-Identifier: Apache-2.0
// chart.ts - shows a scene: a canvas for the eye, a tree grid of the same rows for
// everybody else. One tab stop; pointer and keys come out as hooks.

import { frame, h, replace, Room } from "../dom.ts";
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
  /** There is another room for a scene, and there is some: a view that was left has none. */
  resized?(): void;
  /** Draws over the scene, e.g. the edges of what is selected. */
  over?(pen: Pen): void;
  /** There: it can be zoomed by ctrl and wheel and drawn about by hand; told is where to. */
  zoomed?(scale: number): void;
}

/** Siblings that the tree grid lists at most, and a canvas's longest side. */
const MOST_SIBLINGS = 200;
const MOST_PIXELS = 8192;
/** Room around the scene, for the ring of what is selected. */
const PAD = 4;
export const ZOOM_LEAST = 0.05, ZOOM_MOST = 4;

let charts = 0;

export class Chart {
  readonly element: HTMLElement;
  private readonly room: Room;
  private readonly sheet: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly cover = h("canvas", { "aria-hidden": "true", class: "cover" });
  private readonly grid: HTMLElement;
  private readonly id = `chart${charts++}`;
  private filling = false;
  private scene: Scene | null = null;
  private selected: Mark | null = null;
  private hovered: Mark | null = null;
  private family = new Map<number, Mark[]>();
  /** Pixels that a unit of the scene takes. */
  private scale = 1;
  private drag: { x: number; y: number; left: number; top: number; far: boolean } | null = null;

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
    this.room = new Room(this.element, () => this.resized(), () => this.paint());
    if (hooks.zoomed) this.makeMovable();
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

  private resized(): void {
    this.paint();
    if (this.scene && this.width > 0) this.hooks.resized?.();
  }

  /** `scale`: where it can be zoomed. */
  show(scene: Scene, selected: Mark | null, scale = 1): void {
    this.scene = scene;
    this.scale = scale;
    this.hovered = null;
    this.hooks.tip(null, 0, 0);
    this.sizeSheet();
    this.family = familyOf(scene);
    this.select(selected);
    // What is wider than its place begins in view.
    const first = scene.marks[0];
    if (!selected && first && scene.width * scale > this.width) this.bringInto(first);
  }

  get shownScale(): number {
    return this.scale;
  }

  private sizeSheet(): void {
    const { room } = this, scene = this.scene!;
    const width = scene.width * this.scale + 2 * PAD;
    const height = scene.height * this.scale + 2 * PAD;
    this.sheet.style.height = `${height}px`;
    this.sheet.style.width = width - 2 * PAD > this.width ? `${width}px` : "";
    // A smaller sheet cannot be scrolled as far.
    room.top = Math.min(room.top, Math.max(0, height - room.height));
    room.left = Math.min(room.left, Math.max(0, width - room.width));
  }

  /** The point of the scene below (x, y) of the chart's place stays where it is. */
  zoomTo(scale: number, x = this.room.width / 2, y = this.room.height / 2): void {
    const { room } = this;
    const to = Math.max(ZOOM_LEAST, Math.min(ZOOM_MOST, scale)), by = to / this.scale;
    const left = (room.left + x - PAD) * by - x + PAD;
    const top = (room.top + y - PAD) * by - y + PAD;
    this.scale = to;
    this.sizeSheet();
    room.scrollTo(left, top);
    this.paint();
    this.hooks.zoomed?.(to);
  }

  private makeMovable(): void {
    const { element } = this;
    element.classList.add("movable");
    element.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const edge = element.getBoundingClientRect();
      this.zoomTo(this.scale * Math.exp(-Math.max(-50, Math.min(50, event.deltaY)) / 120),
        event.clientX - edge.left, event.clientY - edge.top);
    }, { passive: false });
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      const { left, top } = this.room;
      this.drag = { x: event.clientX, y: event.clientY, left, top, far: false };
    });
    addEventListener("pointermove", (event) => {
      const { drag } = this;
      if (!drag || event.buttons === 0) {
        if (drag && event.buttons === 0) this.drag = null;
        return;
      }
      const x = event.clientX - drag.x, y = event.clientY - drag.y;
      drag.far ||= Math.hypot(x, y) > 4;
      if (!drag.far) return;
      element.classList.add("moving");
      element.scrollTo(drag.left - x, drag.top - y);
    });
    addEventListener("pointerup", () => {
      element.classList.remove("moving");
      // The click that follows ends the drawing about, and chooses nothing.
      setTimeout(() => {
        this.drag = null;
      });
    });
  }

  select(mark: Mark | null): void {
    this.selected = mark;
    if (mark) this.bringInto(mark);
    this.paint();
    if (!this.filling) void frame().then(() => this.fillGrid());
    this.filling = true;
  }

  focus(): void {
    this.grid.focus({ preventScroll: true });
  }

  get cursor(): Mark | null {
    return this.selected;
  }

  private bringInto(mark: Mark): void {
    const { room, scale } = this;
    const x = mark.x * scale, y = mark.y * scale, w = mark.w * scale, margin = mark.h * scale;
    if (margin > room.height) return;
    // Rows of boxes begin at the edge, whole.
    const snapped = (top: number) => Math.max(0, this.hooks.zoomed ? top
      : top > 0 ? Math.ceil(top / margin) * margin + PAD : 0);
    let { left, top } = room;
    if (y < top) top = snapped(y - margin);
    const end = y + margin;
    if (end > top + room.height) top = snapped(end - room.height + margin);
    if (this.scene!.width * scale > this.width
      && (x < left || x + w > left + this.width)) {
      left = Math.max(0, x + w / 2 - this.width / 2);
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
    context.scale(this.scale, this.scale);
    return context;
  }

  private paint(): void {
    if (!this.scene || this.width === 0) return;
    const { top, height } = this.room;
    this.scene.paint(new CanvasPen(this.size(this.canvas)), (top - PAD) / this.scale,
      (top + height) / this.scale);
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
    const { room, scale } = this;
    return this.scene?.at((x + room.left - PAD) / scale, (y + room.top - PAD) / scale) ?? null;
  }

  private hover(event: MouseEvent): void {
    const mark = this.drag?.far ? null : this.markAt(event);
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
    if (this.drag?.far) return;
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
      this.hooks.menu(at, edge.left + at.x * this.scale - this.room.left + 8,
        edge.top + (at.y + at.h) * this.scale - this.room.top);
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    while (to && scene.spares?.(to)) {
      const next: Mark | undefined = event.key === "ArrowUp" ? scene.marks[to.parent]
        : this.brood(to.index)[0];
      if (!next) break;
      to = next;
    }
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
    this.filling = false;
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
