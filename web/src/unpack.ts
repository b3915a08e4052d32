// SPDX-License-Identifier: Apache-2.0
// unpack.ts - bytes out of base64 and gzip; what packs the browser cannot open.

import { EngineError } from "./wasm.ts";

/** A profile bigger than this would not fit the engine's memory. */
const MOST_BYTES = 2 ** 31;

export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array });
  if (native.fromBase64) return native.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function gunzip(packed: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > MOST_BYTES) {
      await reader.cancel();
      throw new EngineError("unpacked it has more than 2 GiB (type: sonde view FILE)");
    }
    chunks.push(value);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function begins(bytes: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** What a chosen or dropped file holds, unpacked where it is gzip. */
export async function contentOf(file: Blob & { name: string }): Promise<Uint8Array> {
  if (file.size > MOST_BYTES) {
    throw new EngineError(`${file.name}: larger than 2 GiB (type: sonde view ${file.name})`);
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new EngineError(`${file.name}: cannot be read (is it a folder? pack it with: ` +
      `sonde pack ${file.name})`);
  }
  const to = file.name.replace(/\.(xz|zst|lzma)$/, "");
  if (begins(bytes, 0xfd, 0x37, 0x7a, 0x58, 0x5a)) {
    throw new EngineError(`${file.name}: this page cannot unpack xz (type: ` +
      `sonde convert ${file.name} -o ${to})`);
  }
  if (begins(bytes, 0x28, 0xb5, 0x2f, 0xfd)) {
    throw new EngineError(`${file.name}: this page cannot unpack zstd (type: ` +
      `sonde convert ${file.name} -o ${to})`);
  }
  if (!begins(bytes, 0x1f, 0x8b)) return bytes;
  try {
    return await gunzip(bytes);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError(`${file.name}: its gzip data is damaged or cut short`);
  }
}
