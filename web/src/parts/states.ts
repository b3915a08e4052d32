// SPDX-License-Identifier: Apache-2.0
// states.ts - what is shown while there is no profile, while one is read, and when one
// cannot be.

import { h, sized, type Kid } from "../dom.ts";
import { icon } from "../icons.ts";

export function emptyState(formats: number, choose: () => void): HTMLElement {
  const many = formats > 4 ? ` and ${formats - 4} more` : "";
  return h("div", { class: "drop" },
    h("h2", null, "Drop a profile here"),
    h("p", null, "A sonde recording packed into one file, or a file of cProfile, callgrind, " +
      `pprof, speedscope${many}. It stays on this machine.`),
    h("button", { class: "button main", onclick: choose }, "Choose a file"),
    h("p", null, "or record one: ", h("code", null, "sonde run app.py")));
}

export class Loading {
  readonly element: HTMLElement;
  private readonly name = h("b");
  private readonly told = h("p");
  private readonly bar = h("progress", { "aria-label": "Reading" });
  private readonly timer: number;
  private readonly begun = performance.now();

  /** Shown after 200 ms only: what is quick needs no announcement. */
  constructor(host: HTMLElement, name: string, cancel: (() => void) | null) {
    const bones = [100, 100, 78, 74, 61, 52, 48, 33, 20, 12].map((width) =>
      sized(h("div", { class: "bone" }), { width: `${width}%` }));
    this.name.textContent = `Reading ${name}`;
    this.element = h("div", { class: "loading", role: "status", hidden: true }, bones,
      h("div", { class: "card" }, this.name, this.bar, this.told,
        cancel ? h("button", { class: "button lined", onclick: cancel }, "Cancel") : null));
    host.append(this.element);
    this.timer = setTimeout(() => {
      this.element.hidden = false;
    }, 200);
  }

  tell(text: string, part: number): void {
    this.name.textContent = `Reading ${text}`;
    if (part > 0 && part < 1) this.bar.value = part;
    else this.bar.removeAttribute("value");
    const seconds = (performance.now() - this.begun) / 1000;
    const left = part > 0 && part < 1 ? (seconds * (1 - part)) / part : 0;
    this.told.textContent = part < 1 ? left > 1 ? `about ${Math.ceil(left)} s left` : ""
      : "Making sense of it";
  }

  end(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }
}

function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? "" : ".";
  return text.slice(0, 1).toUpperCase() + text.slice(1) + end;
}

/** One line of the engine's, "what: where: why (what to do)", with what is still shown. */
export function banner(
  title: string, text: string, still: string | null, again: () => void, close: () => void,
): HTMLElement {
  return h("div", { class: "banner", role: "alert" },
    h("div", null, h("b", null, title), sentence(text), still ? ` You still see ${still}.` : ""),
    h("button", { class: "button lined small", onclick: again }, "Open another"),
    h("button", { class: "button icon", "aria-label": "Dismiss", onclick: close },
      icon("close", 14)));
}

/** What to type, as the engine says it in brackets, stands out. */
export function spoken(text: string): Kid {
  const [, before, command, after] = /^(.*?\()(sonde [^()]+)(\).*)$/s.exec(text) ?? [];
  return command === undefined ? text
    : [before, h("code", { class: "command" }, command), after];
}

/** A view's place when the engine cannot answer. */
export function refusal(text: string, act: (() => void) | null, title: string): HTMLElement {
  return h("div", { class: "blank" }, h("p", { role: "alert" }, spoken(text)),
    act ? h("button", { class: "button lined", onclick: act }, title) : null);
}
