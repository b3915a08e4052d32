// SPDX-License-Identifier: Apache-2.0
// worker.ts - page.js itself as a worker: it sees that it has no document. Holds one
// engine; messages are answered in the order they came.

import { EngineError, trapped, WasmEngine, type File } from "./wasm.ts";

export type Order =
  | { id: number; open: { module: WebAssembly.Module; files: File[] } }
  | { id: number; query: string };
export type Reply = { id: number; text?: string; error?: string };

let engine: Promise<WasmEngine> | null = null;

async function obey(order: Order): Promise<string> {
  if ("open" in order) {
    engine = WasmEngine.open(order.open.module, order.open.files);
    await engine;
    return "";
  }
  if (!engine) throw new EngineError("no profile is open (open one again)");
  return (await engine).query(order.query);
}

function spoken(error: unknown): string {
  const trap = trapped(error);
  // What an engine has in its memory after a trap is worth nothing.
  if (trap) engine = null;
  return trap?.message ?? (error instanceof EngineError ? error.message : String(error));
}

export function serve(): void {
  addEventListener("message", (event: MessageEvent<Order>) => {
    const { id } = event.data;
    obey(event.data).then(
      (text) => postMessage({ id, text } satisfies Reply),
      (error: unknown) => postMessage({ id, error: spoken(error) } satisfies Reply),
    );
  });
}
