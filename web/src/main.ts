// SPDX-License-Identifier: Apache-2.0
// main.ts - where page.js begins: as the page, or as the worker that holds the engine.

import "./tokens.css";
import "./shell.css";
import "./views.css";
import { ServerEngine } from "./engine.ts";
import { h, replace } from "./dom.ts";
import { isSaved, savedEngine } from "./parts/files.ts";
import { Opener } from "./parts/opener.ts";
import { emptyState, Loading, refusal } from "./parts/states.ts";
import { Session } from "./session.ts";
import { Shell } from "./shell.ts";
import { serve } from "./worker.ts";

function show(session: Session): void {
  document.body.classList.remove("empty");
  new Shell(session).start();
}

function frame(...kids: Node[]): HTMLElement {
  const main = h("main", { id: "main" });
  document.documentElement.dataset.theme =
    matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.body.classList.add("empty");
  replace(document.body, main);
  main.append(...kids);
  return main;
}

/** No profile came along: one can be dropped. */
function showEmpty(formats: number): void {
  const opener = new Opener(show, () => null);
  opener.host = frame(emptyState(formats, () => opener.choose()));
}

async function start(): Promise<void> {
  const main = frame();
  const loading = new Loading(main, "the profile", null);
  try {
    const saved = isSaved();
    if (saved && !document.getElementById("sonde-file-0")) {
      showEmpty(9);
      return;
    }
    const engine = saved ? await savedEngine() : new ServerEngine();
    const session = await Session.open(engine);
    show(session);
  } catch (error) {
    frame(refusal((error as Error).message, () => location.reload(), "Try again"));
  } finally {
    loading.end();
  }
}

if (typeof document === "undefined") serve();
else if (document.readyState !== "loading") void start();
else document.addEventListener("DOMContentLoaded", () => void start());
