// SPDX-License-Identifier: Apache-2.0
// files.ts - profiles that come into the page: saved within it, dropped on it, chosen.
// They are read on this machine by the engine in a worker; nothing is sent anywhere.

import { WorkerEngine } from "../engine.ts";
import { contentOf, fromBase64, gunzip } from "../unpack.ts";
import { EngineError, type File as EngineFile } from "../wasm.ts";

export const isSaved = (): boolean => document.getElementById("sonde-engine") !== null;

let compiled: Promise<WebAssembly.Module> | null = null;

/** The engine: within a saved page, or one fetch from the server. */
function engineModule(): Promise<WebAssembly.Module> {
  compiled ??= (async () => {
    const block = document.getElementById("sonde-engine");
    let bytes: Uint8Array;
    if (block) bytes = await gunzip(fromBase64(block.textContent!.trim()));
    else {
      const answer = await fetch("engine.wasm", { credentials: "same-origin" })
        .catch(() => null);
      if (!answer?.ok) {
        throw new EngineError(answer ? "not allowed (open the address that sonde view printed)"
          : "sonde view no longer answers, and the engine is its (start it again: sonde view)");
      }
      bytes = new Uint8Array(await answer.arrayBuffer());
    }
    return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  })();
  compiled.catch(() => {
    compiled = null;
  });
  return compiled;
}

/** The profile a saved page brings along. */
export async function savedEngine(): Promise<WorkerEngine> {
  const files: EngineFile[] = [];
  for (let i = 0; ; i++) {
    const block = document.getElementById(`sonde-file-${i}`);
    if (!block) break;
    files.push({
      name: block.dataset.name ?? `file ${i}`,
      bytes: await gunzip(fromBase64(block.textContent!.trim())),
    });
    block.remove();
  }
  return WorkerEngine.open(await engineModule(), files);
}

/** Several files are one merged profile. */
export async function chosenEngine(
  chosen: File[], tell: (text: string, part: number) => void, stop: AbortSignal,
): Promise<WorkerEngine> {
  const files: EngineFile[] = [];
  const all = chosen.reduce((sum, file) => sum + file.size, 0);
  let read = 0;
  for (const file of chosen) {
    tell(file.name, all > 0 ? read / all : 0);
    files.push({ name: file.name.replace(/\.gz$/, ""), bytes: await contentOf(file) });
    read += file.size;
  }
  tell(chosen.map((file) => file.name).join(", "), 1);
  return WorkerEngine.open(await engineModule(), files, stop);
}
