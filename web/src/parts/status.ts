// SPDX-License-Identifier: Apache-2.0
// status.ts - how far the figures can be trusted: what was measured, guessed, lost.

import { h, replace, type Kid } from "../dom.ts";
import { amount, counted, short, share } from "../figures.ts";
import type { Page } from "../page.ts";
import type { Live } from "./live.ts";

export class Status {
  readonly element = h("footer", { id: "stat" });

  private told: unknown = null;

  constructor(private readonly page: Page, private readonly live: Live) {}

  update(): void {
    const { about } = this.page;
    if (about === this.told) return;
    this.told = about;
    const { quality, measured_share: measured } = about;
    // Of a share that was found in n samples, 95 of 100 times.
    const within = about.unit === "samples" && about.total > 0
      ? `, shares ± ${(98 / Math.sqrt(about.total)).toPrecision(2)} %` : "";
    const how = quality.sampled ? `sampled${within}` : quality.exact ? "every call counted" : "";
    const solid = (text: string, more: string): Kid => h("span", null,
      h("span", { class: "swatch solid" }), h("b", null, text), " ",
      h("span", { class: "wide" }, more));
    const guessed = 1 - measured;
    replace(this.element,
      measured > 0 ? solid(`Measured ${share(measured, 1)}`, how) : null,
      guessed > 0.0005 ? h("span", null, h("span", { class: "swatch hatched" }),
        h("b", null, `Guessed ${share(guessed, 1)}`), " ",
        h("span", { class: "wide" }, about.paths === "unknown"
          ? "the file knows callers, not paths" : "some files know callers, not paths"))
        : null,
      about.live ? this.liveButton() : null,
      h("span", { class: "space" }), this.facts().map((fact) =>
        h("span", { class: "wide" }, fact)), quality.notes.slice(0, 1).map((note) =>
        h("span", { class: "wide clip", title: quality.notes.join("\n") }, note)));
  }

  private liveButton(): Kid {
    const { live } = this;
    return h("button", {
      class: "live", "aria-pressed": live.paused ? "false" : "true",
      title: live.paused ? "Follow what is recorded" : "Pause: figures stay as they are",
      onclick: () => {
        live.pause(!live.paused);
        this.told = null;
        this.update();
      },
    }, h("span", { class: "pulse", "aria-hidden": "true" }), live.paused ? "Paused" : "Live");
  }

  private facts(): string[] {
    const { about } = this.page, { quality } = about;
    const facts: string[] = [];
    if (about.calls && about.unit !== "samples") facts.push(`${short(about.calls)} calls`);
    const total = amount(about.total, about.unit);
    const wall = about.run?.wall_ns ? `, ${amount(about.run.wall_ns, "ns")} of run` : "";
    facts.push(about.unit === "ns" ? `${total} in threads${wall}`
      : about.unit === "samples" ? `${total} samples` : total);
    if (quality.probe_ns) facts.push(`probe cost ${amount(quality.probe_ns, "ns")} a call`);
    if (quality.truncated) facts.push("cut short");
    if (quality.folded_calls > 0) {
      facts.push(`${counted(quality.folded_calls, "call")} without path`);
    }
    facts.push(quality.lost_events > 0 ? `${counted(quality.lost_events, "event")} lost`
      : "0 lost");
    return facts;
  }
}
