// SPDX-License-Identifier: Apache-2.0
// text.ts - widths of texts and what of a name fits. Widths are measured once a text.

import { lastPart } from "../names.ts";
import { ink } from "./ink.ts";

export type Weight = 400 | 600;

let pen: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();
const MOST_WIDTHS = 50_000;

export function fontOf(size: number, weight: Weight): string {
  return `${weight} ${size}px ${ink("font")}`;
}

export function widthOf(text: string, size = 12, weight: Weight = 400): number {
  const key = `${size}/${weight}/${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > MOST_WIDTHS) widths.clear();
    pen ??= document.createElement("canvas").getContext("2d")!;
    pen.font = fontOf(size, weight);
    width = pen.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** The whole name, else its last part, else that cut with "…"; "" below two letters. */
export function fit(name: string, room: number, size = 12, weight: Weight = 400): string {
  if (room < 15) return "";
  // No glyph is narrower than a sixth of its size: most names need no measuring.
  const short = name.length * size * 0.17 <= room;
  if (short && widthOf(name, size, weight) <= room) return name;
  const part = lastPart(name);
  if (part !== name && part.length * size * 0.17 <= room
    && widthOf(part, size, weight) <= room) return part;
  return cut(part, room, size, weight);
}

/** What is no dotted name: whole, else cut with "…". */
export function cut(text: string, room: number, size = 12, weight: Weight = 400): string {
  const letters = Array.from(text.slice(0, 400));
  if (text.length <= 400 && widthOf(text, size, weight) <= room) return text;
  let low = 0, high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const tried = `${letters.slice(0, middle).join("")}…`;
    if (widthOf(tried, size, weight) <= room) low = middle;
    else high = middle - 1;
  }
  return low >= 2 ? `${letters.slice(0, low).join("")}…` : "";
}
