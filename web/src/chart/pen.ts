// SPDX-License-Identifier: Apache-2.0
// pen.ts - what charts are drawn with: on a canvas, or into an SVG that is saved.

import { svg } from "../dom.ts";
import { forXml } from "../encode.ts";
import { ink } from "./ink.ts";
import { fontOf, type Weight } from "./text.ts";

export interface Writing {
  colour: string;
  size?: number;
  weight?: Weight;
  align?: "left" | "right" | "center";
  /** Radians, about the point given. */
  turn?: number;
}

export interface Line {
  colour: string;
  width: number;
  dash?: number[];
}

export interface Pen {
  box(x: number, y: number, w: number, h: number, fill: string): void;
  /** Shapes as the d of an SVG path. */
  shape(d: string, fill: string | null, line?: Line): void;
  /** 135 degrees, 1.5 px in 6: what is guessed. */
  hatch(d: string, colour: string): void;
  /** Upright lines, 1 px in 3: what was merged. */
  stripes(x: number, y: number, w: number, h: number, colour: string): void;
  text(x: number, y: number, text: string, how: Writing): void;
}

export function rectangle(x: number, y: number, w: number, h: number): string {
  return `M${x} ${y}h${w}v${h}h${-w}z`;
}

export class CanvasPen implements Pen {
  private hatches = new Map<string, CanvasPattern>();

  constructor(private readonly c: CanvasRenderingContext2D) {
    c.textBaseline = "middle";
  }

  box(x: number, y: number, w: number, h: number, fill: string): void {
    const { c } = this;
    c.fillStyle = fill;
    c.beginPath();
    if (w > 5) c.roundRect(x, y, w, h, 2);
    else c.rect(x, y, w, h);
    c.fill();
    const outline = ink("outline");
    if (outline !== "transparent" && w > 3) {
      c.strokeStyle = outline;
      c.lineWidth = 1;
      c.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
    }
  }

  shape(d: string, fill: string | null, line?: Line): void {
    const { c } = this;
    const path = new Path2D(d);
    if (fill) {
      c.fillStyle = fill;
      c.fill(path);
    }
    if (line) {
      c.strokeStyle = line.colour;
      c.lineWidth = line.width;
      c.setLineDash(line.dash ?? []);
      c.stroke(path);
      c.setLineDash([]);
    }
  }

  hatch(d: string, colour: string): void {
    this.c.fillStyle = this.hatchOf(colour);
    this.c.fill(new Path2D(d));
  }

  stripes(x: number, y: number, w: number, h: number, colour: string): void {
    this.c.fillStyle = colour;
    for (let at = x; at < x + w; at += 3) this.c.fillRect(at, y, 1, h);
  }

  /** Around a shape, outside of it: first a gap, then a ring. */
  ring(d: string, gap: string, colour: string, width: number): void {
    const { c } = this;
    const path = new Path2D(d);
    const outside = new Path2D("M-1e6 -1e6h2e6v2e6h-2e6z");
    outside.addPath(path);
    c.save();
    c.clip(outside, "evenodd");
    c.lineJoin = "round";
    c.strokeStyle = colour;
    c.lineWidth = 3 + 2 * width;
    c.stroke(path);
    c.strokeStyle = gap;
    c.lineWidth = 3;
    c.stroke(path);
    c.restore();
  }

  text(x: number, y: number, text: string, how: Writing): void {
    const { c } = this;
    c.font = fontOf(how.size ?? 12, how.weight ?? 400);
    c.fillStyle = how.colour;
    c.textAlign = how.align ?? "left";
    if (how.turn === undefined) {
      c.fillText(text, x, y);
      return;
    }
    c.save();
    c.translate(x, y);
    c.rotate(how.turn);
    c.fillText(text, 0, 0);
    c.restore();
  }

  private hatchOf(colour: string): CanvasPattern | string {
    let pattern = this.hatches.get(colour);
    if (!pattern) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 16;
      const pen = tile.getContext("2d")!;
      pen.strokeStyle = colour;
      pen.lineWidth = 3;
      pen.beginPath();
      for (const shift of [-16, 0, 16]) {
        pen.moveTo(shift - 2, 18);
        pen.lineTo(shift + 18, -2);
      }
      pen.stroke();
      pattern = this.c.createPattern(tile, "repeat")!;
      pattern.setTransform(new DOMMatrix().scale(0.5));
      this.hatches.set(colour, pattern);
    }
    return pattern;
  }
}

export class SvgPen implements Pen {
  readonly root = svg("svg", { xmlns: "http://www.w3.org/2000/svg" });
  private readonly defs = svg("defs");
  private patterns = new Map<string, string>();

  constructor(width: number, height: number) {
    const attributes = { width, height, viewBox: `0 0 ${width} ${height}` };
    for (const [name, value] of Object.entries(attributes)) {
      this.root.setAttribute(name, String(value));
    }
    this.root.append(this.defs);
    this.box(0, 0, width, height, ink("bg"));
  }

  box(x: number, y: number, width: number, height: number, fill: string): void {
    const rx = width > 5 ? 2 : 0;
    this.root.append(svg("rect", { x, y, width, height, rx, fill }));
  }

  shape(d: string, fill: string | null, line?: Line): void {
    this.root.append(svg("path", {
      d, fill: fill ?? "none", stroke: line?.colour, "stroke-width": line?.width,
      "stroke-dasharray": line?.dash?.join(" "),
    }));
  }

  hatch(d: string, colour: string): void {
    this.root.append(svg("path", { d, fill: `url(#${this.pattern(colour, 6, true)})` }));
  }

  stripes(x: number, y: number, width: number, height: number, colour: string): void {
    const fill = `url(#${this.pattern(colour, 3, false)})`;
    this.root.append(svg("rect", { x, y, width, height, fill }));
  }

  text(x: number, y: number, text: string, how: Writing): void {
    const anchor = { left: "start", right: "end", center: "middle" }[how.align ?? "left"];
    const turn = how.turn === undefined
      ? null : `rotate(${(how.turn * 180) / Math.PI} ${x} ${y})`;
    this.root.append(svg("text", {
      x, y, fill: how.colour, "font-size": how.size ?? 12, "font-weight": how.weight ?? 400,
      "font-family": ink("font"), "text-anchor": anchor, "dominant-baseline": "central",
      transform: turn,
    }, forXml(text)));
  }

  private pattern(colour: string, step: number, slant: boolean): string {
    const key = `${colour}/${step}`;
    let id = this.patterns.get(key);
    if (!id) {
      id = `p${this.patterns.size}`;
      this.patterns.set(key, id);
      this.defs.append(svg("pattern", {
        id, width: step, height: step, patternUnits: "userSpaceOnUse",
        patternTransform: slant ? "rotate(45)" : null,
      }, svg("rect", { width: slant ? 1.5 : 1, height: step, fill: colour })));
    }
    return id;
  }
}
