// SPDX-License-Identifier: Apache-2.0
// session.ts - one open profile: its engine, what it is, names seen, answers kept.

import type { About, Names } from "./answers.ts";
import { spell, type Engine, type Parameters } from "./engine.ts";
import { EngineError } from "./wasm.ts";
import type { Unit } from "./figures.ts";
import { NameBook } from "./names.ts";
import type { State } from "./state.ts";

/** Answers kept, so that going back asks nothing. */
const KEPT = 48;

export class Session {
  readonly names = new NameBook();
  private kept = new Map<string, Promise<unknown>>();
  /** Called where an answer is of a later reading of the files than `about`. */
  outdated: () => void = () => undefined;

  private constructor(readonly engine: Engine, private told: About) {}

  /** `files`: what was handed in, where the page knows and the engine does not tell. */
  static async open(engine: Engine, files?: string[]): Promise<Session> {
    const about = JSON.parse(await engine.query("about", {})) as About;
    // A title may be a path as it was typed.
    about.title = about.title.slice(about.title.lastIndexOf("/") + 1) || "profile";
    about.files = files ?? about.files ?? [about.title];
    return new Session(engine, about);
  }

  get about(): About {
    return this.told;
  }

  /** The profile grew: what was answered is old, and ids may mean something else. */
  async renew(): Promise<Session> {
    this.kept.clear();
    return Session.open(this.engine);
  }

  ask<Answer extends Names | object>(name: string, parameters: Parameters): Promise<Answer> {
    const text = spell(name, parameters);
    const before = this.kept.get(text);
    if (before) {
      this.kept.delete(text);
      this.kept.set(text, before);
      return before as Promise<Answer>;
    }
    const answer = this.engine.query(name, parameters).then((json) => {
      const parsed = JSON.parse(json) as Answer & { generation: number };
      if (parsed.generation !== this.told.generation) {
        this.outdated();
        throw new EngineError("The files have changed, and are read again");
      }
      this.names.learn(parsed as Names);
      return parsed;
    });
    answer.catch(() => this.kept.delete(text));
    this.kept.set(text, answer);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
    return answer;
  }

  /** The unit of what boxes are as wide as. */
  unitOf(state: Pick<State, "metric">): Unit {
    return state.metric === "calls" ? "calls" : this.told.unit;
  }

  /** What the whole is, in the metric shown. */
  wholeOf(state: Pick<State, "metric">): number {
    return state.metric === "calls" ? this.told.calls ?? 0 : this.told.total;
  }
}

/** The keys every query takes. */
export function narrowed(state: State): Parameters {
  const focus = state.steps.filter((step) => step.kind === "focus").map((step) => step.id);
  return { thread: state.threads.join(","), focus: focus.join(",") };
}

/** The keys that queries of boxes and paths take as well. */
export function shaped(state: State): Parameters {
  const hide = state.steps.filter((step) => step.kind === "hide").map((step) => step.id);
  return {
    ...narrowed(state),
    hide: hide.join(","),
    collapse: state.folded ? "all" : "",
    metric: state.metric === "value" ? "" : state.metric,
  };
}
