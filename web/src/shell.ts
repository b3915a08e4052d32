// SPDX-License-Identifier: Apache-2.0
// shell.ts - the frame: lays the parts out, mounts the view that the state names, and has
// everything drawn anew when the state or the profile changes.

import { frame, h, renew, replace } from "./dom.ts";
import { Keys } from "./keys.ts";
import { Page } from "./page.ts";
import { Crumbs } from "./parts/crumbs.ts";
import { Details } from "./parts/details.ts";
import { boxMenu } from "./parts/boxmenu.ts";
import { Live, means } from "./parts/live.ts";
import { Opener } from "./parts/opener.ts";
import { Rail } from "./parts/rail.ts";
import { refusal } from "./parts/states.ts";
import { Status } from "./parts/status.ts";
import { Tip } from "./parts/tip.ts";
import { Top } from "./parts/top.ts";
import type { Session } from "./session.ts";
import { FRESH, type State } from "./state.ts";
import { viewNamed, type View } from "./views/list.ts";

/** Milliseconds after which what was done has to show. */
const SOON = 50;

const later = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** Counts, for whoever waits: the view is "shown", and then all is "drawn". */
function tell(what: "shown" | "drawn"): void {
  document.body.dataset[what] = String(Number(document.body.dataset[what] ?? 0) + 1);
}

export class Shell {
  private readonly page: Page;
  readonly top: Top;
  readonly rail: Rail;
  readonly details: Details;
  readonly crumbs: Crumbs;
  readonly status: Status;
  readonly opener: Opener;
  private readonly live = new Live(() => this.renew());
  private readonly tip = new Tip();
  private readonly toastBox = h("div", { id: "toast", role: "status", hidden: true });
  private readonly tools = h("div", { class: "tools" });
  private readonly view = h("div", { id: "view" });
  private readonly main: HTMLElement;
  private shown: View | null = null;
  private turn = 0;
  private renewing: Promise<void> | null = null;
  private toastTimer = 0;

  constructor(session: Session) {
    this.page = new Page(session);
    this.show(session);
    const { page } = this;
    if (page.canShow("diff") === null) page.store.prefer("diff");
    page.floats = {
      tip: (mark, scene, x, y) => this.tip.show(page.session, mark, scene, x, y),
      menu: (target, x, y) => boxMenu(page, target, x, y),
      toast: (text) => this.toast(text),
    };
    const keys = new Keys(page, this);
    this.opener = new Opener((next) => this.adopt(next), () => page.about.title);
    this.top = new Top(page, {
      open: () => this.opener.choose(), theme: () => this.turnTheme(),
      help: () => keys.sheet(),
    });
    this.rail = new Rail(page);
    this.details = new Details(page);
    this.crumbs = new Crumbs(page);
    this.status = new Status(page, this.live);
    this.main = h("main", { id: "main", tabindex: -1 }, this.crumbs.element, this.tools,
      this.view);
    this.opener.host = this.main;
    page.store.listen((now, before) => this.changed(now, before));
    addEventListener("keydown", (event) => keys.press(event));
    let narrow = innerWidth <= 760;
    addEventListener("resize", () => {
      this.top.update();
      if (narrow !== innerWidth <= 760) void this.draw();
      narrow = innerWidth <= 760;
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.theme());
  }

  start(): void {
    this.theme();
    const skip = h("button", { class: "skip", onclick: () => this.page.mounted?.focus?.() },
      "To the chart");
    replace(document.body, h("nav", { "aria-label": "Shortcut" }, skip), this.top.element, this.rail.element, this.main,
    this.details.element, this.status.element, this.rail.tabs, this.tip.element,
    this.toastBox);
    this.live.follow(this.page.about.live);
    void this.draw();
  }

  /** Another profile takes the place of the one before. */
  adopt(session: Session): void {
    const before = this.page.session;
    this.show(session);
    if (before.engine !== session.engine) before.engine.close();
    const { theme } = this.page.state;
    const view = this.page.canShow(this.page.state.view) ? FRESH.view : this.page.state.view;
    this.live.follow(session.about.live);
    this.shown = null;
    this.page.store.set({ ...FRESH, theme, view, steps: [], threads: [] });
    void this.draw();
  }

  private show(session: Session): void {
    this.page.session = session;
    session.outdated = () => void (this.renewing ??= this.renew().catch(() => undefined)
      .finally(() => {
        this.renewing = null;
      }));
  }

  /** The same files, read again: what is shown stays, its figures are asked for anew. */
  private async renew(): Promise<void> {
    const { page } = this, old = page.session;
    const next = await old.renew();
    const kept = await means(page.state, old, next);
    if (page.session !== old) return;
    this.show(next);
    this.live.follow(page.about.live);
    if (!kept) page.store.set({ fn: -1, node: "", root: "", steps: [], threads: [] }, true);
    await this.draw();
  }

  toast(text: string): void {
    clearTimeout(this.toastTimer);
    this.toastBox.textContent = text;
    this.toastBox.hidden = false;
    this.toastTimer = setTimeout(() => {
      this.toastBox.hidden = true;
    }, 2400);
  }

  turnTheme(): void {
    const now = document.documentElement.dataset.theme;
    this.page.store.set({ theme: now === "dark" ? "light" : "dark" }, true);
  }

  hideTip(): void {
    this.tip.element.hidden = true;
  }

  focusDetails(): void {
    if (innerWidth <= 760) this.details.toggle();
    this.details.element.focus();
  }

  private theme(): void {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const { theme } = this.page.state;
    document.documentElement.dataset.theme = theme === "light" || theme === "dark"
      ? theme : system;
  }

  private changed(now: State, before: State): void {
    if (now.theme !== before.theme) this.theme();
    this.hideTip();
    void this.draw();
  }

  private async draw(): Promise<void> {
    const { page } = this;
    const turn = ++this.turn;
    const view = viewNamed(page.state.view);
    const title = `${page.about.title || "sonde"}: ${view.title}`;
    if (document.title !== title) document.title = title;
    const why = page.canShow(view.name), other = view !== this.shown;
    let shown: Promise<unknown> = Promise.resolve();
    if (why) {
      this.unmount();
      replace(this.view, refusal(why, null, ""));
    } else {
      if (other) this.mount(view);
      shown = page.mounted!.update();
    }
    // The bars change in the view's own frame, unless that is long in coming.
    void Promise.race([other ? null : shown.catch(() => null), later(SOON)]).then(() => {
      if (turn === this.turn) this.drawBars(view, why);
    });
    // The view is on the screen before what stands beside it is drawn.
    const seen = shown.then(frame);
    const beside = Promise.all([this.details.update(seen), this.crumbs.update(seen)]);
    if (!why) {
      const slow = setTimeout(() => this.view.classList.add("stale"), 200);
      try {
        await shown;
        if (turn === this.turn) {
          this.settle();
          tell("shown");
        }
      } catch (error) {
        if (turn === this.turn) this.refuse((error as Error).message);
      } finally {
        clearTimeout(slow);
        this.view.classList.remove("stale");
      }
    }
    await beside;
    if (turn !== this.turn) return;
    tell("drawn");
  }

  private mount(view: View): void {
    this.unmount();
    this.shown = view;
    this.page.mounted = view.mount(this.page);
    replace(this.view, this.page.mounted.element);
  }

  private unmount(): void {
    this.page.mounted?.leave?.();
    this.page.mounted = null;
    this.shown = null;
  }

  private drawBars(view: View, why: string | null): void {
    this.top.update();
    this.rail.update();
    this.status.update();
    if (why) replace(this.tools, h("h1", null, view.title));
    else this.drawTools(view);
  }

  private drawTools(view: View): void {
    const mounted = this.page.mounted!;
    const focused = document.activeElement?.getAttribute("aria-label");
    const within = this.tools.contains(document.activeElement);
    renew(this.tools, h("h1", null, view.title),
      h("span", { class: "hint clip" }, mounted.hint()), h("span", { class: "space" }),
      mounted.tools());
    if (within && focused) {
      this.tools.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  /** After an error the view's own element comes back with its next good answer. */
  private settle(): void {
    const { mounted } = this.page;
    if (mounted && !this.view.contains(mounted.element)) replace(this.view, mounted.element);
  }

  private refuse(text: string): void {
    const { page } = this, { view, theme } = page.state;
    // All that is asked is in the address: a link to another profile, or one that was edited.
    const wrong = "bad query: ";
    if (!text.startsWith(wrong)) replace(this.view, refusal(text, null, ""));
    else {
      replace(this.view, refusal(`The address asks for what this profile has not: ${
        text.slice(wrong.length)}`, () =>
        page.store.set({ ...FRESH, view, theme, steps: [], threads: [] }), "Show all"));
    }
  }
}
