// SPDX-License-Identifier: Apache-2.0
// diff.ts - two sides compared: one sentence, two bars, then what became slower, faster,
// new, gone. A sign and a triangle say what colour says.

import type { Diff } from "../answers.ts";
import { h, replace, sized, type Kid } from "../dom.ts";
import { amount, largest, NOTHING } from "../figures.ts";
import { placeOf } from "../names.ts";
import type { Page } from "../page.ts";
import type { Mounted, View } from "./list.ts";

const SHOWN = 200;

interface Change {
  i: number; delta: number; group: string;
}

const UNPROVEN = "No difference proven";
const GROUPS = ["Slower", "Faster", "More time", "Less time", "New", "Gone", UNPROVEN];

/** Slower and faster are verdicts; where so few runs prove nothing there is only a sign. */
function groupOf(answer: Diff, i: number, delta: number): string {
  if (answer.change[i] === "new") return "New";
  if (answer.change[i] === "gone") return "Gone";
  const verdict = answer.verdicts[i];
  if (verdict === "slower") return "Slower";
  if (verdict === "faster") return "Faster";
  if (verdict === null && delta !== 0) return delta > 0 ? "More time" : "Less time";
  return UNPROVEN;
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).replace(/(\.pack)?\.sonde$/, "");
}

function mount(page: Page): Mounted {
  const body = h("div", { class: "scroll diff", tabindex: 0, "aria-label": "Differences" });
  let shown = SHOWN;

  async function update(): Promise<void> {
    const { state, session } = page;
    const answer = await session.ask<Diff>("diff", {
      count: shown, q: state.search.trim(), sort: "change",
    });
    draw(answer);
  }

  function sides(answer: Diff): Kid {
    const most = Math.max(answer.before.total, answer.after.total, 1);
    const side = (title: string, total: number, runs: number, name: string) => h("div", null,
      h("span", null, title), sized(h("i"), { width: `${(55 * total) / most}%` }),
      h("b", null, amount(total, page.about.unit)),
      h("span", { class: "faint clip", title: name }, baseOf(name) +
        (runs > 1 ? `, ${runs} runs` : "")));
    const { before, after } = answer;
    return h("div", { class: "sides" }, side("Before", before.total, before.runs, before.title),
      side("After", after.total, after.runs, after.title));
  }

  function row(answer: Diff, change: Change, most: number): HTMLElement {
    const { i, delta } = change, { unit } = page.about;
    const f = page.session.names.of(answer.id[i]!);
    const up = delta > 0;
    const proven = change.group === "Slower" || change.group === "Faster";
    const word = delta === 0 ? NOTHING
      : `${up ? "▲ +" : "▼ −"}${amount(Math.abs(delta), unit)}`;
    const width = (50 * Math.abs(delta)) / most;
    const low = answer.ci_low?.[i] ?? null, high = answer.ci_high?.[i] ?? null;
    const place = (value: number) => Math.max(0, Math.min(100, 50 + (50 * value) / most));
    const whisker = low !== null && high !== null ? sized(h("s"), {
      left: `${place(low)}%`, width: `${place(high) - place(low)}%`,
    }) : null;
    const bar = h("div", { class: "change", "aria-hidden": "true" },
      sized(h("i", { class: proven ? (up ? "slower" : "faster") : null }),
        { left: `${up ? 50 : 50 - width}%`, width: `${width}%` }), whisker);
    const ratio = answer.before_value[i]! > 0 && answer.after_value[i]! > 0
      ? `× ${(answer.after_value[i]! / answer.before_value[i]!).toFixed(2)}` : "";
    return h("tr", {
      class: f.id === page.state.fn ? "selected" : null, onclick: () => page.select(f.id),
    }, h("td", { class: f.kind === "o" ? "name own" : "name" }, h("div", null,
      h("span", { class: `dot kind-${f.kind}` }),
      h("button", { class: "clip", title: `${f.name}  ${placeOf(f)}` }, f.name))),
    h("td", { class: "right wide" }, amount(answer.before_value[i]!, unit)),
    h("td", { class: "right wide" }, amount(answer.after_value[i]!, unit)),
    h("td", { class: `right ${proven ? (up ? "slower" : "faster") : ""}` }, word),
    h("td", { class: "right wide faint" }, ratio), h("td", { class: "wide" }, bar));
  }

  function draw(answer: Diff): void {
    const changes = answer.id.map((_, i): Change => {
      const delta = answer.after_value[i]! - answer.before_value[i]!;
      return { i, delta, group: groupOf(answer, i, delta) };
    });
    const most = largest(changes.map((change) => Math.abs(change.delta)));
    const head = (title: string, right = true, wide = "") =>
      h("th", { scope: "col", class: `${right ? "right" : ""} ${wide}` }, title);
    const groups = GROUPS.flatMap((group) => {
      const mine = changes.filter((change) => change.group === group);
      if (mine.length === 0) return [];
      return [h("tr", { class: "group" }, h("th", { colspan: 6, scope: "rowgroup" },
        `${group} `, h("small", null, String(mine.length)))),
      ...mine.map((change) => row(answer, change, most))];
    });
    const verdict = answer.verdict === "slower" || answer.verdict === "faster"
      ? answer.verdict : "";
    replace(body, h("p", { class: `sentence ${verdict}` },
      verdict ? h("span", { "aria-hidden": "true" }, verdict === "slower" ? "▲ " : "▼ ") : null,
      answer.sentence), sides(answer), h("table", { class: "rows plain" },
      h("thead", null, h("tr", null, head("Function", false), 
        head("Before", true, "wide"), head("After", true, "wide"), head("Difference"),
        head("ratio", true, "wide"),
        head(answer.ci_low ? "with 95 % interval" : "", false, "wide"))), h("tbody", null, groups)),
    answer.matches > answer.id.length ? h("button", {
      class: "button lined more", onclick: () => {
        shown = Math.min(5000, shown * 4);
        void update();
      },
    }, `${answer.matches - answer.id.length} more`) : null);
  }

  return {
    element: h("div", { class: "stacked alone" }, body),
    tools: () => [], hint: () => "Cumulative figures, largest difference first.",
    update, focus: () => body.focus(),
  };
}

export const diff: View = {
  name: "diff", title: "Diff", group: "Compare", key: "8", family: "none", mount,
};
