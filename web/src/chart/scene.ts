// SPDX-License-Identifier: Apache-2.0
// scene.ts - what a chart shows: marks with their place, and how they are painted. A
// scene knows no canvas and no element; chart.ts shows it, save.ts writes it to files.

import type { Kind } from "../names.ts";
import type { Unit } from "../figures.ts";
import type { Pen } from "./pen.ts";

export interface Mark {
  /** Its place in Scene.marks; parents come first. */
  index: number;
  parent: number;
  level: number;
  /** The function, or -1. */
  fn: number;
  /** As answers.ts has types of boxes. */
  type: number;
  kind: Kind;
  shade: number;
  name: string;
  value: number;
  self: number | null;
  calls: number | null;
  /** Bounds, where the value is not measured. */
  low: number | null;
  high: number | null;
  /** How many it stands for that were too narrow. */
  merged: number;
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Scene {
  width: number;
  height: number;
  marks: Mark[];
  /** The whole that shares are of, and what values are in. */
  whole: number;
  unit: Unit;
  paint(pen: Pen, top: number, bottom: number): void;
  at(x: number, y: number): Mark | null;
  /** The outline of a mark, as the d of an SVG path. */
  outline(mark: Mark): string;
  /** The engine's path of a mark, or null where it has none. */
  pathOf(mark: Mark): string | null;
  /** It is not painted, and keys go past it. */
  spares?(mark: Mark): boolean;
  /** Where an arrow key leads, where that is not along the tree. */
  step?(mark: Mark, key: string): Mark | undefined;
}

/** The children of each mark, by index; those of -1 are the topmost. */
export function familyOf(scene: Scene): Map<number, Mark[]> {
  const family = new Map<number, Mark[]>();
  for (const mark of scene.marks) {
    if (mark.merged > 0) continue;
    const brood = family.get(mark.parent);
    if (brood) brood.push(mark);
    else family.set(mark.parent, [mark]);
  }
  return family;
}
