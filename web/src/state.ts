// SPDX-License-Identifier: Apache-2.0
// state.ts - what is shown, all of it, as the address has it: a link shows the same,
// back and forward work. Nothing here touches a profile; ids are the engine's.

/** What is done to the tree before anything is drawn, in the order it was asked for. */
export interface Step {
  kind: "hide" | "focus";
  /** A function. */
  id: number;
}

export interface State {
  view: string;
  metric: string;
  /** The selected function, -1 for none, and the path it was chosen on, "" for any. */
  fn: number;
  node: string;
  /** The path the charts start at, as the engine spells paths; "" is the whole. */
  root: string;
  search: string;
  depth: number;
  /** Boxes below this many thousandths of their parent are merged. */
  cutoff: number;
  sort: string;
  up: boolean;
  by: string;
  /** Kinds left out of tables: letters of "olb". */
  without: string;
  steps: Step[];
  /** Recursion is shown once. */
  folded: boolean;
  /** The threads shown; none: all of them. */
  threads: number[];
  /** Files of a source view are numbered too; -1 is the selected function's. */
  file: number;
  line: number;
  /** The package or module a tree map is of. */
  within: string;
  /** The call graph: of how many functions (0: as many as is usual), about which one. */
  nodes: number;
  around: number;
  /** Its size in per cent, "fit" for all of it at once; "" is as wide as there is room. */
  zoom: string;
  theme: string;
}

export const FRESH: Readonly<State> = Object.freeze({
  view: "icicle", metric: "value", fn: -1, node: "", root: "", search: "", depth: 0,
  cutoff: 1, sort: "self", up: false, by: "function", without: "", steps: [],
  folded: false, threads: [], file: -1, line: 0, theme: "", within: "",
  nodes: 0, around: -1, zoom: "",
});

/** The letter of each word in the address. */
const LETTERS: [string, keyof State][] = [
  ["v", "view"], ["m", "metric"], ["f", "fn"], ["n", "node"], ["r", "root"],
  ["q", "search"], ["d", "depth"], ["c", "cutoff"], ["s", "sort"], ["up", "up"],
  ["by", "by"], ["x", "without"], ["rec", "folded"], ["in", "within"],
  ["g", "nodes"], ["a", "around"], ["z", "zoom"],
  ["src", "file"], ["line", "line"], ["t", "theme"],
];

/** `spelled`: the view is written even if it is the usual one. */
export function toAddress(state: State, spelled = false): string {
  const words = new URLSearchParams();
  for (const [letter, key] of LETTERS) {
    const value = state[key];
    if (value === FRESH[key] && !(spelled && key === "view")) continue;
    words.set(letter, typeof value === "boolean" ? "1" : String(value));
  }
  for (const step of state.steps) words.append(step.kind, String(step.id));
  if (state.threads.length > 0) words.set("threads", state.threads.join("."));
  return words.toString();
}

function whole(text: string, least: number): number | null {
  return /^-?\d{1,10}$/.test(text) && Number(text) >= least ? Number(text) : null;
}

/** Reads what toAddress wrote; what cannot be is left as it is by default. */
export function fromAddress(text: string): State {
  const words = new URLSearchParams(text.replace(/^#/, ""));
  const state: State = { ...FRESH, steps: [], threads: [] };
  for (const [letter, key] of LETTERS) {
    const value = words.get(letter);
    if (value === null) continue;
    const fresh = FRESH[key];
    if (typeof fresh === "boolean") Object.assign(state, { [key]: value === "1" });
    else if (typeof fresh === "string") Object.assign(state, { [key]: value });
    else {
      const number = whole(value, fresh === -1 ? -1 : 0);
      if (number !== null) Object.assign(state, { [key]: number });
    }
  }
  for (const [kind, value] of words) {
    const id = whole(value, 0);
    if ((kind === "hide" || kind === "focus") && id !== null) state.steps.push({ kind, id });
  }
  for (const part of (words.get("threads") ?? "").split(".")) {
    const id = whole(part, 0);
    if (id !== null) state.threads.push(id);
  }
  return state;
}

type Listener = (now: State, before: State) => void;

/** The one state of the page. What is set is drawn and in the address at once. */
export class Store {
  private state: State;
  private listeners: Listener[] = [];
  private spelled = false;

  constructor() {
    this.state = fromAddress(location.hash);
    addEventListener("popstate", () => this.arrive());
    addEventListener("hashchange", () => this.arrive());
  }

  get now(): Readonly<State> {
    return this.state;
  }

  /** An address that says nothing yet begins at this view; links name theirs from now on. */
  prefer(view: string): void {
    this.spelled = true;
    if (location.hash.length <= 1) this.set({ view }, true);
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** `replace`: no step of its own for back (typing, dragging). */
  set(change: Partial<State>, replace = false): void {
    const next = { ...this.state, ...change };
    const address = toAddress(next, this.spelled);
    if (address === toAddress(this.state, this.spelled)) return;
    // The address can wait until what is shown has been asked for.
    this.become(next);
    try {
      const url = address ? `#${address}` : location.pathname + location.search;
      history[replace ? "replaceState" : "pushState"](null, "", url);
    } catch {
      // Embedded without an origin of its own: the state lives, the address cannot.
    }
  }

  private arrive(): void {
    const next = fromAddress(location.hash);
    if (toAddress(next) !== toAddress(this.state)) this.become(next);
  }

  private become(next: State): void {
    const before = this.state;
    this.state = next;
    for (const listener of this.listeners) listener(next, before);
  }
}
