// SPDX-License-Identifier: Apache-2.0
// paths.ts - paths as the engine spells them (doc/query.md): steps joined by dots, from
// the outermost to the box.

export function stepsOf(path: string): string[] {
  return path === "" ? [] : path.split(".");
}

export function parentOf(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? "" : path.slice(0, dot);
}

export function below(path: string, step: string): string {
  return path === "" ? step : `${path}.${step}`;
}

/** The function a path ends in, or -1 where it ends in a process, a thread or the whole. */
export function functionOf(path: string): number {
  const last = stepsOf(path).pop() ?? "";
  return /^\d+$/.test(last) ? Number(last) : -1;
}

/** The same calls without process and thread, as merged views know them. */
export function merged(path: string): string {
  return stepsOf(path).filter((step) => /^\d+$/.test(step)).join(".");
}

export function begins(path: string, root: string): boolean {
  return root === "" || path === root || path.startsWith(`${root}.`);
}

/** How a view spells paths: views of one family share roots and selected paths. */
export type Family = "threads" | "merged" | "inverted" | "none";

/** A path of one family as another knows it; "" where it does not. */
export function carried(path: string, from: Family, to: Family): string {
  if (from === to) return path;
  return from === "threads" && to === "merged" ? merged(path) : "";
}
