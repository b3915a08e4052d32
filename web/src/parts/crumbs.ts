// SPDX-License-Identifier: Apache-2.0
// crumbs.ts - the path to what is selected, and what the tree was narrowed by.

import { wordsOf } from "../chart/boxes.ts";
import { widthOf } from "../chart/text.ts";
import { h, replace, Room } from "../dom.ts";
import { icon } from "../icons.ts";
import type { Page } from "../page.ts";
import { stepsOf } from "../paths.ts";
import { viewNamed } from "../views/list.ts";
import { showMenu } from "./menu.ts";

interface Crumb {
  name: string;
  path: string;
}

export class Crumbs {
  readonly element = h("div", { class: "crumbs" });
  private crumbs: Crumb[] = [];
  private turn = 0;
  private readonly room: Room;

  constructor(private readonly page: Page) {
    let width = 0;
    this.room = new Room(this.element, () => {
      if (width !== this.room.width) this.draw();
      width = this.room.width;
    });
  }

  /** Asks at once, and draws when `shown` is settled. */
  async update(shown: Promise<unknown>): Promise<void> {
    const turn = ++this.turn;
    const { page } = this;
    try {
      const path = await page.path();
      const [{ steps }] = await Promise.all([page.steps(path), shown.catch(() => null)]);
      if (turn !== this.turn) return;
      const spelled = stepsOf(path);
      this.crumbs = steps.type.map((type, i) => ({
        name: wordsOf(type, steps.id[i]!, page.about, page.session.names).name,
        path: spelled.slice(0, i + 1).join("."),
      }));
    } catch {
      if (turn !== this.turn) return;
      this.crumbs = [];
    }
    const whole = page.about.processes.length > 1 ? "all processes" : "all";
    this.crumbs.unshift({ name: whole, path: "" });
    this.draw();
  }

  private draw(): void {
    const { crumbs } = this;
    if (crumbs.length === 0) return;
    if (this.room.width === 0) this.room.measure();
    const last = crumbs.length - 1;
    // The first ones and as many of the last as fit; the middle goes into a menu.
    let room = this.room.width - 60 - this.chips().length * 130;
    const wide = (crumb: Crumb) => Math.min(widthOf(crumb.name), 220) + 26;
    const head = last > 2 && innerWidth > 760 ? 2 : 1;
    for (let i = 0; i < Math.min(head, last); i++) room -= wide(crumbs[i]!);
    let from = last;
    room -= wide(crumbs[last]!);
    while (from > head && room - wide(crumbs[from - 1]!) > 0) {
      from -= 1;
      room -= wide(crumbs[from]!);
    }
    const left = crumbs.slice(0, Math.min(head, last));
    const hidden = crumbs.slice(left.length, from);
    const one = (crumb: Crumb) => h("li", { class: crumb.path === crumbs[last]!.path ? null
      : "fixed" }, h("button", {
      title: crumb.name, "aria-current": crumb.path === crumbs[last]!.path ? "location" : null,
      onclick: () => this.go(crumb),
    }, crumb.name));
    const gap = hidden.length === 0 ? null : h("li", { class: "fixed" }, h("button", {
      "aria-label": `${hidden.length} more`, "aria-haspopup": "menu",
      onclick: (event: MouseEvent) => {
        const edge = (event.currentTarget as HTMLElement).getBoundingClientRect();
        showMenu("Path", hidden.map((crumb) => ({
          title: crumb.name, act: () => this.go(crumb),
        })), edge.left, edge.bottom + 4);
      },
    }, `… ${hidden.length}`));
    replace(this.element, this.chips(), h("ol", { "aria-label": "Path" }, left.map(one), gap,
      crumbs.slice(Math.max(from, left.length)).map(one)));
    this.element.hidden = false;
  }

  private go(crumb: Crumb): void {
    const { page } = this;
    if (page.inRoot(crumb.path)) page.selectPath(crumb.path);
    else page.reroot(crumb.path);
  }

  private chips(): HTMLElement[] {
    const { page } = this;
    const chip = (text: string, drop: () => void) => h("button", {
      class: "chip", onclick: drop, title: `Remove: ${text}`,
    }, h("span", { class: "clip" }, text), icon("close", 10));
    // Figures of functions are what they are: only charts of paths can leave something out.
    const paths = viewNamed(page.state.view).family === "none" ? "in charts: " : "";
    const chips = page.state.steps.map(({ kind, id }, i) =>
      chip(`${kind === "hide" ? paths : ""}${kind} ${page.session.names.of(id).name}`,
        () => page.widen(i)));
    if (page.state.folded) {
      chips.push(chip(`${paths}recursion once`, () => page.store.set({ folded: false, root: "",
        node: "" })));
    }
    return chips;
  }
}

