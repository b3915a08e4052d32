// SPDX-License-Identifier: Apache-2.0
// page.ts - what views and parts share: the state, the open profile, and what can be
// done. Everything done goes through the state, so that it is in the address.

import { FUNCTION, type Function as Told, type Path, type Search } from "./answers.ts";
import type { Mark, Scene } from "./chart/scene.ts";
import { begins, carried, functionOf, parentOf, stepsOf } from "./paths.ts";
import { narrowed, shaped, type Session } from "./session.ts";
import { type State, Store } from "./state.ts";
import { familyOf, viewNamed, type Mounted } from "./views/list.ts";

export interface Floats {
  tip(mark: Mark | null, scene: Scene | null, x: number, y: number): void;
  menu(mark: { fn: number; path: string | null }, x: number, y: number): void;
  toast(text: string): void;
}

export class Page {
  readonly store = new Store();
  /** Set by the shell, before anything is mounted. */
  floats!: Floats;
  mounted: Mounted | null = null;
  private searched: Search | null = null;
  private matches: Set<number> | null = null;

  constructor(public session: Session) {}

  get state(): Readonly<State> {
    return this.store.now;
  }

  get about() {
    return this.session.about;
  }

  show(view: string): void {
    const { state } = this;
    const from = familyOf(state.view), to = familyOf(view);
    this.store.set({
      view, root: carried(state.root, from, to), node: carried(state.node, from, to),
    });
  }

  /** Selects a function, on a path of the view that is shown or on its largest. */
  select(fn: number, node = "", replace = false): void {
    this.store.set({ fn, node }, replace);
  }

  selectPath(node: string, replace = false): void {
    this.store.set({ fn: functionOf(node), node }, replace);
  }

  /** Makes a path the root of the charts; the root itself goes up. */
  reroot(path: string): void {
    const root = path === this.state.root && path !== "" ? parentOf(path) : path;
    this.store.set({ root, node: path, fn: functionOf(path) });
  }

  sandwich(fn: number): void {
    const { state } = this;
    const node = carried(state.node, familyOf(state.view), familyOf("sandwich"));
    this.store.set({ view: "sandwich", fn, node: state.fn === fn ? node : "" });
  }

  source(fn: number): void {
    this.show("source");
    this.store.set({ fn, file: -1, line: 0 }, true);
  }

  narrow(kind: "hide" | "focus", id: number): void {
    const { steps } = this.state;
    if (steps.some((step) => step.kind === kind && step.id === id)) return;
    // A path may run through what is hidden: the charts start at the whole again.
    this.store.set({ steps: [...steps, { kind, id }], root: "", node: "" });
  }

  widen(index: number): void {
    const steps = this.state.steps.filter((_, i) => i !== index);
    this.store.set({ steps, root: "", node: "" });
  }

  /** The selected path in the view shown: its own, else the function's largest. */
  async path(): Promise<string> {
    const { state } = this;
    if (state.node !== "" || state.fn < 0) return state.node;
    const family = familyOf(state.view);
    if (family === "inverted") return String(state.fn);
    const told = await this.told(state.fn);
    return carried(this.reshaped(told.largest_path ?? ""), "threads", family);
  }

  /** A path as it is without what is hidden, and with recursion shown once. */
  private reshaped(path: string): string {
    const { steps, folded, fn } = this.state;
    const hidden = new Set(steps.filter((step) => step.kind === "hide")
      .map((step) => String(step.id)));
    if (hidden.has(String(fn))) return "";
    return stepsOf(path).filter((step) => !hidden.has(step))
      .filter((step, i, left) => !folded || step !== left[i - 1]).join(".");
  }

  told(fn: number): Promise<Told> {
    return this.session.ask<Told>("function", {
      id: fn, callers: 20, callees: 20, ...narrowed(this.state),
    });
  }

  /** The view whose paths the state's are: views without paths speak of the icicle's. */
  pathView(): string {
    return { merged: "flame", inverted: "inverted", threads: "icicle", none: "icicle" }[
      familyOf(this.state.view)];
  }

  steps(path: string): Promise<Path> {
    return this.session.ask<Path>("path", {
      path, view: this.pathView(), ...shaped(this.state),
    });
  }

  search(): Promise<Search | null> {
    const q = this.state.search.trim();
    if (q === "") return Promise.resolve(null);
    return this.session.ask<Search>("search", { q, limit: 2000, ...narrowed(this.state) });
  }

  /** Functions that the search found, for charts to paint. */
  async found(): Promise<Set<number> | null> {
    const answer = await this.search();
    if (answer !== this.searched) this.matches = answer && new Set(answer.id);
    this.searched = answer;
    return this.matches;
  }

  inRoot(path: string): boolean {
    return begins(path, this.state.root);
  }

  canShow(view: string): string | null {
    return this.about.views[viewNamed(view).name] ?? null;
  }

  isFunction(mark: Mark): boolean {
    return mark.type === FUNCTION;
  }
}
