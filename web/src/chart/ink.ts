// SPDX-License-Identifier: Apache-2.0
// ink.ts - the colours of tokens.css for canvases and pictures, read once a theme.

import type { Kind } from "../names.ts";

let theme = "";
const kept = new Map<string, string>();

export function ink(token: string): string {
  const root = document.documentElement;
  const now = `${root.dataset.theme ?? ""}${root.dataset.contrast ?? ""}`;
  if (now !== theme) {
    kept.clear();
    theme = now;
  }
  let colour = kept.get(token);
  if (colour === undefined) {
    colour = getComputedStyle(root).getPropertyValue(`--${token}`).trim();
    kept.set(token, colour);
  }
  return colour;
}

const FILLS: Record<Kind, string[]> = {
  o: ["own1", "own2", "own3"],
  l: ["lib1", "lib2", "lib3"],
  b: ["builtin1", "builtin2", "builtin3"],
  p: ["process", "process", "process"],
  t: ["thread", "thread", "thread"],
  r: ["hover", "hover", "hover"],
};
const TEXTS: Record<Kind, string> = {
  o: "own-text", l: "lib-text", b: "builtin-text", p: "process-text", t: "process-text",
  r: "ink2",
};

export function fillOf(kind: Kind, shade: number): string {
  return ink(FILLS[kind][shade % 3]!);
}

export function textOf(kind: Kind): string {
  return ink(TEXTS[kind]);
}

export function rowHeight(): number {
  return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--row"));
}
