// SPDX-License-Identifier: Apache-2.0
// live.ts - a recording that is still being written: the server tells that it grew, and
// the page asks anew, unless it is paused or out of sight.

import type { Session } from "../session.ts";
import { functionOf, stepsOf } from "../paths.ts";
import type { State } from "../state.ts";

export class Live {
  paused = false;
  private events: EventSource | null = null;
  private busy = false;
  private missed = false;

  constructor(private readonly renew: () => Promise<void>) {
    document.addEventListener("visibilitychange", () => this.catchUp());
  }

  /** Follows the server as long as the profile on show is one that grows. */
  follow(live: boolean): void {
    if (!live) {
      this.events?.close();
      this.events = null;
    } else if (!this.events) {
      this.events = new EventSource("events");
      this.events.addEventListener("changed", () => {
        this.missed = true;
        this.catchUp();
      });
    }
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.catchUp();
  }

  private catchUp(): void {
    if (!this.missed || this.busy || this.paused || document.hidden) return;
    this.missed = false;
    this.busy = true;
    void this.renew().catch(() => undefined).finally(() => {
      this.busy = false;
      this.catchUp();
    });
  }
}

/** Whether ids in the state still mean, in `next`, the functions they meant. */
export async function means(state: State, old: Session, next: Session): Promise<boolean> {
  const ids = new Set(state.steps.map((step) => step.id));
  if (state.fn >= 0) ids.add(state.fn);
  for (const path of [state.node, state.root]) {
    for (const step of stepsOf(path)) if (functionOf(step) >= 0) ids.add(functionOf(step));
  }
  for (const id of ids) {
    const before = old.names.of(id);
    try {
      await next.ask("function", { id, callers: 0, callees: 0 });
    } catch {
      return false;
    }
    const now = next.names.of(id);
    if (now.name !== before.name || now.path !== before.path || now.line !== before.line) {
      return false;
    }
  }
  return true;
}
