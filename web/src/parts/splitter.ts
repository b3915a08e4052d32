// SPDX-License-Identifier: Apache-2.0
// splitter.ts - the line between two panes, dragged by pointer or arrow keys.

import { h } from "../dom.ts";

/** The share of the height that the upper pane takes; kept while the page is open. */
let portion = 62;

export function splitter(upper: HTMLElement, label: string): HTMLElement {
  const set = (value: number): void => {
    portion = Math.max(15, Math.min(85, value));
    upper.style.flexBasis = `${portion}%`;
    bar.setAttribute("aria-valuenow", String(Math.round(portion)));
  };
  const bar = h("div", {
    class: "splitter", role: "separator", tabindex: 0, "aria-orientation": "horizontal",
    "aria-label": label, "aria-valuemin": 15, "aria-valuemax": 85,
    onkeydown: (event: KeyboardEvent) => {
      const step = { ArrowUp: -4, ArrowDown: 4 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      set(portion + step);
    },
    onpointerdown: (event: PointerEvent) => {
      event.preventDefault();
      bar.setPointerCapture(event.pointerId);
    },
    onpointermove: (event: PointerEvent) => {
      if (!bar.hasPointerCapture(event.pointerId)) return;
      const box = bar.parentElement!.getBoundingClientRect();
      set((100 * (event.clientY - box.top)) / box.height);
    },
    ondblclick: () => set(62),
  });
  set(portion);
  return bar;
}
