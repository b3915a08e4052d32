// SPDX-License-Identifier: Apache-2.0
// rail.ts - the list of views, and on a phone the tabs below.

import { h, replace, type Kid } from "../dom.ts";
import { icon } from "../icons.ts";
import { KIND_WORDS, type Kind } from "../names.ts";
import type { Page } from "../page.ts";
import { VIEWS } from "../views/list.ts";
import { menuBelow } from "./menu.ts";

const TABS = ["icicle", "table", "sandwich", "source"];

export class Rail {
  readonly element = h("nav", { id: "rail", "aria-label": "Views" });
  readonly tabs = h("nav", { id: "tabs", "aria-label": "Views" });

  private shown = "";

  constructor(private readonly page: Page) {}

  update(): void {
    const { page } = this;
    const shown = JSON.stringify([page.about.paths, page.about.views]);
    if (shown !== this.shown) this.draw();
    this.shown = shown;
    const current = page.state.view;
    const buttons = [this.element, this.tabs].flatMap((nav) =>
      [...nav.querySelectorAll<HTMLElement>("[data-view]")]);
    for (const button of buttons) {
      const on = button.dataset.view === "" ? !TABS.includes(current)
        : button.dataset.view === current;
      if (on) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
  }

  private draw(): void {
    const { page } = this;
    const kids: Kid[] = [];
    let group = "";
    for (const view of VIEWS) {
      if (view.group !== group) kids.push(h("h2", null, view.group));
      group = view.group;
      const why = page.canShow(view.name);
      kids.push(h("button", {
        class: "nav", "data-view": view.name,
        "aria-disabled": why ? "true" : null, title: why ?? `${view.title} (${view.key})`,
        "data-key": view.key, "aria-keyshortcuts": view.key,
        onclick: () => (why ? page.floats.toast(why) : page.show(view.name)),
      }, icon(view.name), h("span", null, view.title),
      why ? h("em", { class: "unseen" }, `: ${why}`) : null));
    }
    kids.push(this.legend());
    replace(this.element, kids);
    replace(this.tabs, TABS.map((name) => this.tab(name)), this.more());
  }

  private legend(): Kid {
    const row = (swatch: string, word: string) =>
      h("div", null, h("span", { class: `swatch ${swatch}` }), word);
    const guesses = this.page.about.paths !== "known";
    return h("div", { class: "legend" }, (["o", "l", "b"] as Kind[]).map((kind) =>
      row(`kind-${kind}`, KIND_WORDS[kind])), row("kind-p", "process, thread"),
    guesses ? row("kind-l hatched", "guessed") : null);
  }

  private tab(name: string): HTMLElement {
    const { page } = this;
    const view = VIEWS.find((one) => one.name === name)!;
    return h("button", {
      "data-view": name, onclick: () => page.show(name),
    }, icon(name, 18), view.title);
  }

  private more(): HTMLElement {
    const { page } = this;
    const rest = VIEWS.filter((view) => !TABS.includes(view.name));
    const button = h("button", {
      "aria-haspopup": "menu", "data-view": "",
      onclick: () => menuBelow(button, "More views", rest.map((view) => ({
        title: view.title, why: page.canShow(view.name), act: () => page.show(view.name),
      }))),
    }, icon("more", 18), "More");
    return button;
  }
}
