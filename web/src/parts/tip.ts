// SPDX-License-Identifier: Apache-2.0
// tip.ts - what the pointer is over, in figures.

import { FUNCTION, MORE } from "../answers.ts";
import type { Mark, Scene } from "../chart/scene.ts";
import { h, replace, type Kid } from "../dom.ts";
import { amount, count, NOTHING, share } from "../figures.ts";
import { KIND_WORDS, placeOf } from "../names.ts";
import type { Session } from "../session.ts";

export class Tip {
  readonly element = h("div", { id: "tip", role: "tooltip", hidden: true });
  private shown: Mark | null = null;

  show(session: Session, mark: Mark | null, scene: Scene | null, x: number, y: number): void {
    const { element } = this;
    if (!mark || !scene) {
      element.hidden = true;
      this.shown = null;
      return;
    }
    if (mark !== this.shown) replace(element, this.content(session, mark, scene));
    this.shown = mark;
    element.hidden = false;
    const { width, height } = element.getBoundingClientRect();
    const left = Math.max(8, Math.min(x + 14, innerWidth - width - 8));
    const top = y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18;
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
  }

  private content(session: Session, mark: Mark, scene: Scene): Kid[] {
    const { unit, whole } = scene;
    if (mark.type === MORE || mark.merged > 0) {
      return [
        h("b", null, `${mark.name}, each too narrow to draw`),
        h("span", { class: "place" }, `${amount(mark.value, unit)} together`),
      ];
    }
    const f = mark.type === FUNCTION ? session.names.of(mark.fn) : null;
    const place = f ? `${placeOf(f)} · ${KIND_WORDS[f.kind]}` : KIND_WORDS[mark.kind];
    const parent = scene.marks[mark.parent];
    const rows: Kid[] = [];
    const row = (title: string, value: string, more: string) => {
      if (value === NOTHING && title !== "self") return;
      rows.push(h("dt", null, title), h("dd", null, value), h("dd", null, more));
    };
    const ofAll = (value: number) => `${share(value, whole)} of all`;
    row(mark.self === null ? "value" : "cumulative", amount(mark.value, unit),
      ofAll(mark.value));
    if (mark.self !== null && mark.self > 0) {
      row("self", amount(mark.self, unit), ofAll(mark.self));
    }
    if (mark.calls !== null && mark.calls > 0 && f && unit !== "samples") {
      row("calls", count(mark.calls), "");
      if (unit !== "calls") {
        row("per call", amount(mark.value / mark.calls, unit),
          mark.self ? `self ${amount(mark.self / mark.calls, unit)}` : "");
      }
    }
    if (parent) row("of parent", share(mark.value, parent.value), parent.name);
    return [
      h("b", null, f?.name ?? mark.name), h("span", { class: "place" }, place),
      h("dl", null, rows), guess(mark, scene),
    ];
  }
}

export function guess(mark: Pick<Mark, "low" | "high">, scene: Pick<Scene, "unit">): Kid {
  if (mark.low === null || mark.high === null || mark.low === mark.high) return null;
  const low = mark.low > 0 ? amount(mark.low, scene.unit) : "nothing";
  return h("div", { class: "hatched" },
    `Guessed: between ${low} and ${amount(mark.high, scene.unit)}`);
}
