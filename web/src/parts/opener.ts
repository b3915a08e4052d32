// SPDX-License-Identifier: Apache-2.0
// opener.ts - opens what is dropped or chosen. The profile before stays until the new one
// is there, and where it cannot be read one line says why.

import { h } from "../dom.ts";
import type { Engine } from "../engine.ts";
import { Session } from "../session.ts";
import { chosenEngine } from "./files.ts";
import { banner, Loading } from "./states.ts";

export class Opener {
  host: HTMLElement | null = null;
  private readonly veil = h("div", { id: "veil" }, "Drop to open");
  private readonly input: HTMLInputElement;
  private shown: HTMLElement | null = null;
  private turn = 0;
  private stop: AbortController | null = null;
  private depth = 0;

  constructor(
    private readonly adopt: (session: Session) => void,
    private readonly still: () => string | null,
  ) {
    this.input = h("input", {
      type: "file", multiple: true, class: "unseen", tabindex: -1, "aria-hidden": "true",
      onchange: () => {
        void this.open([...(this.input.files ?? [])]);
        this.input.value = "";
      },
    });
    this.listen();
  }

  choose(): void {
    if (!this.input.isConnected) document.body.append(this.input);
    this.input.click();
  }

  private listen(): void {
    const holds = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    addEventListener("dragenter", (event) => {
      if (!holds(event)) return;
      event.preventDefault(); // a drop may follow at once
      this.depth += 1;
      document.body.append(this.veil);
    });
    addEventListener("dragleave", (event) => {
      if (holds(event) && --this.depth <= 0) this.endDrag();
    });
    addEventListener("dragover", (event) => {
      if (holds(event)) event.preventDefault();
    });
    addEventListener("drop", (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      this.endDrag();
      void this.open([...(event.dataTransfer?.files ?? [])]);
    });
  }

  private endDrag(): void {
    this.depth = 0;
    this.veil.remove();
  }

  async open(files: File[]): Promise<void> {
    if (files.length === 0 || !this.host) return;
    const turn = ++this.turn;
    this.dismiss();
    // What is still being read is given up, with the worker that does it.
    this.stop?.abort();
    const stop = this.stop = new AbortController();
    const cancel = () => {
      this.turn += 1;
      stop.abort();
      loading.end();
    };
    const loading = new Loading(this.host, files[0]!.name, cancel);
    let engine: Engine | null = null;
    try {
      engine = await chosenEngine(files, (text, part) => loading.tell(text, part),
        stop.signal);
      const session = await Session.open(engine, files.map((file) => file.name));
      if (turn === this.turn) {
        this.stop = null; // it is in use now
        this.adopt(session);
      } else {
        engine.close();
      }
    } catch (error) {
      engine?.close();
      const name = files.length > 1 ? `these ${files.length} files` : files[0]!.name;
      if (turn === this.turn) this.tell(name, (error as Error).message);
    } finally {
      loading.end();
    }
  }

  private tell(name: string, text: string): void {
    // The engine says "what: where: why": the first two are the title's.
    const where = `${name.replace(/\.gz$/, "")}: `, at = text.indexOf(where);
    const why = (at >= 0 && at < 60 ? text.slice(at + where.length) : text)
      .replace(/[.]$/, "");
    const hint = why.endsWith(")") ? ""
      : " (is it whole, and a profile? sonde formats lists what can be read)";
    this.shown = banner(`Cannot read ${name}.`, why + hint, this.still(),
      () => this.choose(), () => this.dismiss());
    this.host!.prepend(this.shown);
  }

  private dismiss(): void {
    this.shown?.remove();
    this.shown = null;
  }
}
