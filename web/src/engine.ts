// SPDX-License-Identifier: Apache-2.0
// engine.ts - one interface, two bodies: the server (fetch) and WebAssembly in a worker.
// Both answer what doc/query.md says.

import { encoded } from "./encode.ts";
import { EngineError, errorIn, type File } from "./wasm.ts";
import type { Order, Reply } from "./worker.ts";

export type Parameters = Record<string, string | number | null | undefined>;

export interface Engine {
  /** The answer's text; rejects with an EngineError whose text is for people. */
  query(name: string, parameters: Parameters): Promise<string>;
  close(): void;
}

/** NAME?key=value: what is empty is left out, as it would have its default anyway. */
export function spell(name: string, parameters: Parameters): string {
  const words = Object.entries(parameters)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([key, value]) => `${key}=${encoded(String(value))}`);
  return words.length > 0 ? `${name}?${words.join("&")}` : name;
}

export class ServerEngine implements Engine {
  async query(name: string, parameters: Parameters): Promise<string> {
    let answer: Response;
    try {
      answer = await fetch(`q/${spell(name, parameters)}`, { credentials: "same-origin" });
    } catch {
      throw new EngineError("sonde view no longer answers (start it again: sonde view)");
    }
    const text = await answer.text();
    if (answer.ok) return text;
    if (answer.status === 403 && !text.startsWith("{")) {
      throw new EngineError("not allowed (open the address that sonde view printed)");
    }
    throw new EngineError(errorIn(text));
  }

  close(): void {}
}

export class WorkerEngine implements Engine {
  private next = 1;
  private waiting = new Map<number, [(text: string) => void, (error: Error) => void]>();

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const [resolve, reject] = this.waiting.get(data.id) ?? [];
      this.waiting.delete(data.id);
      if (data.error !== undefined) reject?.(new EngineError(data.error));
      else resolve?.(data.text ?? "");
    };
    worker.onerror = () => this.fail("the engine could not be started (reload the page)");
  }

  /** `stop`: when it is given up; then nothing is left running. */
  static async open(
    module: WebAssembly.Module, files: File[], stop?: AbortSignal,
  ): Promise<WorkerEngine> {
    stop?.throwIfAborted();
    const engine = new WorkerEngine(startWorker());
    stop?.addEventListener("abort", () => engine.close());
    try {
      await engine.ask({ id: 0, open: { module, files } }, files.map((f) => f.bytes.buffer));
    } catch (error) {
      engine.close();
      throw error;
    }
    return engine;
  }

  query(name: string, parameters: Parameters): Promise<string> {
    return this.ask({ id: 0, query: spell(name, parameters) }, []);
  }

  close(): void {
    this.worker.terminate();
    this.fail("the profile was closed");
  }

  private ask(order: Order, gifts: ArrayBufferLike[]): Promise<string> {
    return new Promise((resolve, reject) => {
      order.id = this.next++;
      this.waiting.set(order.id, [resolve, reject]);
      this.worker.postMessage(order, gifts as ArrayBuffer[]);
    });
  }

  private fail(text: string): void {
    for (const [, reject] of this.waiting.values()) reject(new EngineError(text));
    this.waiting.clear();
  }
}

/** The script this runs as: a file of the server's, or text within a saved page. */
const ownScript = typeof document === "undefined"
  ? null : document.currentScript as HTMLScriptElement | null;

function startWorker(): Worker {
  if (ownScript?.src) return new Worker(ownScript.src);
  const text = new Blob([ownScript?.textContent ?? ""], { type: "text/javascript" });
  const address = URL.createObjectURL(text);
  const worker = new Worker(address);
  // The worker has fetched its script once it first answers.
  worker.addEventListener("message", () => URL.revokeObjectURL(address), { once: true });
  return worker;
}
