// SPDX-License-Identifier: Apache-2.0
// wasm.ts - the engine in WebAssembly: one instance is one profile. It runs in a worker
// (worker.ts); calls take as long as the engine takes.

interface Exports {
  memory: WebAssembly.Memory;
  engine_room(bytes: number): number;
  engine_file(name: number, nameBytes: number, data: number, dataBytes: number): number;
  engine_open(): number;
  engine_query(text: number, bytes: number): number;
  engine_text(): number;
  engine_text_bytes(): number;
}

export interface File {
  name: string;
  bytes: Uint8Array;
}

/** What went wrong, for people. */
export class EngineError extends Error {}

/** What a trap is, or null where it is none: out of memory, or a fault of the engine's. */
export function trapped(error: unknown): EngineError | null {
  const text = error instanceof Error ? error.message : "";
  const trap = error instanceof WebAssembly.RuntimeError;
  const deep = /call stack|recursion/i.test(text);
  if (!trap && !deep && !(error instanceof RangeError)) return null;
  // It traps by itself where no memory is left; nothing else in it does.
  return new EngineError(deep || (trap && !/unreachable/i.test(text))
    ? "the engine failed, which is a fault of sonde (please report it; sonde view FILE may " +
      "still show it)"
    : "the tab ran out of memory (look at it with: sonde view FILE)");
}

/** The text of {"error": text}, or what was said instead. */
export function errorIn(text: string): string {
  try {
    const told = JSON.parse(text) as { error?: unknown };
    if (typeof told.error === "string") return told.error;
  } catch {
    // Not JSON: a proxy's page, or nothing at all.
  }
  return text.slice(0, 300) || "no answer";
}

export class WasmEngine {
  private readonly e: Exports;

  private constructor(exports: Exports) {
    this.e = exports;
  }

  /** Makes an instance and reads `files` into it as one profile. */
  static async open(module: WebAssembly.Module, files: File[]): Promise<WasmEngine> {
    const instance = await WebAssembly.instantiate(module, {});
    const engine = new WasmEngine(instance.exports as unknown as Exports);
    for (const file of files) engine.take(file);
    engine.check(engine.e.engine_open());
    return engine;
  }

  query(text: string): string {
    const bytes = new TextEncoder().encode(text);
    const at = this.room(bytes);
    this.check(this.e.engine_query(at, bytes.length));
    return this.text();
  }

  /** Copies bytes into the engine. A pointer is unsigned, and memory may have moved. */
  private room(bytes: Uint8Array): number {
    const at = this.e.engine_room(bytes.length) >>> 0;
    if (at === 0) throw new EngineError("the tab has no more memory for this profile");
    new Uint8Array(this.e.memory.buffer, at, bytes.length).set(bytes);
    return at;
  }

  private take(file: File): void {
    const name = new TextEncoder().encode(file.name);
    const data = this.room(file.bytes);
    const at = this.room(name);
    this.check(this.e.engine_file(at, name.length, data, file.bytes.length));
  }

  private check(good: number): void {
    if (!good) throw new EngineError(errorIn(this.text()));
  }

  private text(): string {
    const at = this.e.engine_text() >>> 0;
    const bytes = this.e.engine_text_bytes() >>> 0;
    return new TextDecoder().decode(new Uint8Array(this.e.memory.buffer, at, bytes));
  }
}
