// SPDX-License-Identifier: Apache-2.0
// list.ts - the views: a file and a row each. The order is the rail's.

import type { Kid } from "../dom.ts";
import type { Scene } from "../chart/scene.ts";
import type { Page } from "../page.ts";
import type { Family } from "../paths.ts";
import { diff } from "./diff.ts";
import { flame, inverted } from "./flame.ts";
import { graph } from "./graph.ts";
import { icicle } from "./icicle.ts";
import { map } from "./map.ts";
import { processes } from "./processes.ts";
import { sandwich } from "./sandwich.ts";
import { source } from "./source.ts";
import { sunburst } from "./sunburst.ts";
import { table } from "./table.ts";

export interface Mounted {
  element: HTMLElement;
  /** What the bar above the view holds, made anew at each draw. */
  tools(): Kid[];
  hint(): string;
  /** Asks and draws what the state now is; rejects with what the engine says. */
  update(): Promise<void>;
  /** What is saved as a picture. */
  picture?(): Scene | null;
  focus?(): void;
  leave?(): void;
  /** Larger (1), smaller (-1), all of it (0). */
  resize?(step: number): void;
}

export interface View {
  /** As about.views names it. */
  name: string;
  title: string;
  group: string;
  /** The key that shows it. */
  key: string;
  family: Family;
  mount(page: Page): Mounted;
}

export const VIEWS: View[] = [
  icicle, sunburst, flame, inverted, table, sandwich, map, graph, source, diff, processes,

];

export function viewNamed(name: string): View {
  return VIEWS.find((view) => view.name === name) ?? icicle;
}

export function familyOf(name: string): Family {
  const { family } = viewNamed(name);
  return family === "none" ? "threads" : family;
}
