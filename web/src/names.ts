// SPDX-License-Identifier: Apache-2.0
// names.ts - the functions and files that answers have named so far.

import type { Names, Process } from "./answers.ts";

export type Kind = "o" | "l" | "b" | "p" | "t" | "r";

export const KIND_WORDS: Record<Kind, string> = {
  o: "own code", l: "library", b: "builtin", p: "process", t: "thread", r: "more",
};

export interface Named {
  id: number; name: string; file: number; line: number; kind: Kind; module: string;
  stands: number; path: string; place: string; shade: number;
}

const KINDS: Kind[] = ["o", "l", "b"];

/** One of three shades of a kind, by the file: neighbours differ, the meaning does not. */
function shadeOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) | 0;
  return Math.abs(hash) % 3;
}

export class NameBook {
  private functions = new Map<number, Named>();
  private files = new Map<number, { path: string; place: string }>();

  learn(answer: Names): void {
    answer.files?.id.forEach((id, i) => {
      this.files.set(id, { path: answer.files!.path[i]!, place: answer.files!.place[i]! });
    });
    const f = answer.functions;
    f?.id.forEach((id, i) => {
      if (this.functions.has(id)) return;
      const file = this.files.get(f.file[i]!) ?? { path: "~", place: "builtin" };
      this.functions.set(id, {
        id, name: f.name[i]!, file: f.file[i]!, line: f.line[i]!,
        kind: KINDS[f.kind[i]!] ?? "o", module: f.module[i]!, stands: f.stands[i] ?? 1,
        path: file.path, place: file.place,
        shade: shadeOf(f.file[i]! < 0 ? f.name[i]! : file.path),
      });
    });
  }

  of(id: number): Named {
    return this.functions.get(id) ?? {
      id, name: `function ${id}`, file: -1, line: 0, kind: "o", module: "", stands: 1,
      path: "~", place: "", shade: 0,
    };
  }

  known(id: number): boolean {
    return this.functions.has(id);
  }

  file(id: number): { path: string; place: string } {
    return this.files.get(id) ?? { path: "", place: `file ${id}` };
  }
}

/** Where a function is written: "shop/orders/pricing.py:39", or "builtin". */
export function placeOf(f: Named): string {
  return f.file < 0 ? "builtin" : f.line > 0 ? `${f.place}:${f.line}` : f.place;
}

/** "worker: Pool 4101"; files that tell of no process are known by their own names. */
export function titleOf(process: Pick<Process, "pid" | "name" | "role">): string {
  return process.pid === null ? process.name : `${process.role || process.name} ${process.pid}`;
}

/** The last part of a dotted name, where room is short. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1) || name;
}
