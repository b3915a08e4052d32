// SPDX-License-Identifier: Apache-2.0
// top.ts - the bar on top: the profile, its threads, the metric, the search.

import { h, renew, type Kid } from "../dom.ts";
import { counted, grouped, share } from "../figures.ts";
import { icon, logo } from "../icons.ts";
import { titleOf } from "../names.ts";
import type { Page } from "../page.ts";
import { menuBelow, type Item } from "./menu.ts";

/** Threads that the menu lists; beyond that the table by thread has them all. */
const MOST_LISTED = 60;

export class Top {
  readonly element: HTMLElement;
  readonly field: HTMLInputElement;
  private readonly count = h("span", { class: "count", role: "status" });
  private readonly slash = h("kbd", null, "/");
  private readonly profile: HTMLButtonElement;
  private readonly processes: HTMLButtonElement;
  private readonly metric = h("div", { id: "metric", class: "choice", role: "group",
    "aria-label": "Width and figures" });
  private searching = false;
  private turn = 0;

  constructor(
    private readonly page: Page,
    private readonly acts: { open(): void; theme(): void; help(): void },
  ) {
    this.field = h("input", {
      type: "search", placeholder: "Function or file:line", "aria-label": "Search functions",
      autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
      oninput: () => void this.typed(),
      onkeydown: (event: KeyboardEvent) => this.key(event),
    });
    this.profile = h("button", { id: "profile", class: "button", "aria-haspopup": "menu",
      onclick: () => this.files() });
    this.processes = h("button", { id: "processes", class: "button lined",
      "aria-haspopup": "menu", onclick: () => this.listThreads() });
    this.element = h("header", { id: "top" },
      h("div", { class: "logo" }, logo(), h("span", null, "sonde")),
      this.profile, this.processes, this.metric,
      h("div", { class: "find", role: "search" }, icon("find"), this.field, this.count,
        this.slash),
      h("button", { id: "theme", class: "button icon", "aria-label": "Light or dark (t)",
        title: "Light or dark (t)", onclick: acts.theme }, icon("theme")),
      h("button", { id: "help", class: "button icon", "aria-label": "Keys (?)",
        title: "Keys (?)", onclick: acts.help }, h("b", { "aria-hidden": "true" }, "?")));
  }

  update(): void {
    const { about, state } = this.page;
    const more = about.files.length - 1;
    const title = (about.title || "profile").replace(/(\.pack)?\.sonde$/, "");
    renew(this.profile, h("span", { class: "clip" }, title),
      more > 0 ? h("span", { class: "faint" }, `+${more}`) : null, icon("down", 12));
    this.profile.title = about.files.join("\n");
    this.updateProcesses();
    const titles: Record<string, string> = { value: this.valueTitle(), calls: "Calls" };
    this.metric.hidden = about.metrics.length < 2;
    renew(this.metric, about.metrics.map((name) => h("button", {
      "aria-pressed": state.metric === name ? "true" : "false",
      onclick: () => this.page.store.set({ metric: name }),
    }, titles[name] ?? name)));
    if (document.activeElement !== this.field) this.field.value = state.search;
    this.slash.hidden = state.search !== "";
    void this.tellMatches();
  }

  private valueTitle(): string {
    const { about } = this.page;
    if (about.unit === "bytes") return "Bytes";
    if (about.unit === "samples") return "Samples";
    return about.run?.clock === "cpu" ? "CPU" : about.run?.clock === "wall" ? "Wall" : "Time";
  }

  private updateProcesses(): void {
    const { about, state } = this.page;
    const processes = about.processes_total ?? about.processes.length;
    const threads = about.threads_total ?? about.threads.length;
    this.processes.hidden = threads < 2;
    const text = state.threads.length > 0
      ? `${state.threads.length} of ${counted(threads, "thread")}`
      : processes > 1 && innerWidth > 760
        ? `${counted(processes, "process", "processes")}, ${counted(threads, "thread")}`
        : counted(threads, "thread");
    renew(this.processes, text, icon("down", 12));
  }

  listThreads(): void {
    const { about, state, store } = this.page;
    if (this.processes.hidden) return;
    const chosen = new Set(state.threads);
    const all = chosen.size === 0;
    const set = (threads: number[]) => store.set({
      threads: threads.length === about.threads.length ? [] : threads, root: "", node: "",
    });
    const items: Item[] = [{ title: "All threads", checked: all, act: () => set([]) }];
    for (const thread of about.threads.slice(0, MOST_LISTED)) {
      const process = about.processes.find((p) => p.id === thread.process);
      const part = share(thread.self, about.total);
      items.push({
        title: `${thread.name || `thread ${thread.id}`}  ${part}`,
        group: process ? titleOf(process) : "",
        checked: all || chosen.has(thread.id), stays: false,
        act: () => {
          if (all) set([thread.id]);
          else {
            set(chosen.has(thread.id) ? state.threads.filter((id) => id !== thread.id)
              : [...state.threads, thread.id]);
          }
        },
      });
    }
    if (about.threads.length > MOST_LISTED) {
      items.push({ title: "More: table by thread", act: () =>
        store.set({ view: "table", by: "thread" }) });
    }
    menuBelow(this.processes, "Threads", items);
  }

  private files(): void {
    const { about } = this.page;
    const list: Kid = [h("h2", null, counted(about.files.length, "file")),
      ...about.files.slice(0, 20).map((file) => h("div", { class: "item clip", title: file },
        file)), h("hr")];
    menuBelow(this.profile, "Profile", [
      { title: "Open another file", act: this.acts.open },
    ], list);
  }

  /** Searches at once; what is typed while a search is under way, when that is done. */
  private async typed(): Promise<void> {
    this.slash.hidden = this.field.value !== "";
    if (this.searching) return;
    this.searching = true;
    while (this.field.value !== this.page.state.search) {
      this.commit();
      await this.page.search().catch(() => null);
    }
    this.searching = false;
  }

  private commit(): void {
    const before = this.page.state.search;
    this.page.store.set({ search: this.field.value }, before !== "");
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      this.field.value = "";
      this.commit();
      this.page.mounted?.focus?.();
    } else if (event.key === "Enter") {
      this.commit();
      void this.next(event.shiftKey ? -1 : 1).then(() => this.page.mounted?.focus?.());
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Goes to the next or previous of what the search found, largest self time first. */
  async next(step: number): Promise<void> {
    const answer = await this.page.search().catch(() => null);
    if (!answer || answer.id.length === 0) return;
    const at = answer.id.indexOf(this.page.state.fn);
    const many = answer.id.length;
    const to = at < 0 ? (step > 0 ? 0 : many - 1) : (at + step + many) % many;
    this.page.select(answer.id[to]!, "", true);
  }

  private async tellMatches(): Promise<void> {
    const turn = ++this.turn;
    let text = "";
    try {
      const answer = await this.page.search();
      if (answer) {
        text = answer.matches === 0 ? "no match"
          : `${grouped(answer.matches)} · ${share(answer.cumulative,
            this.page.about.total)}`;
      }
    } catch {
      text = "cannot search";
    }
    if (turn === this.turn && this.count.textContent !== text) this.count.textContent = text;
  }
}
