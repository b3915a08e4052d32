// SPDX-License-Identifier: Apache-2.0
// unpack.ts - bytes out of base64 and gzip; what packs the browser cannot open.

import { quoted } from "./encode.ts";
import { EngineError } from "./wasm.ts";

/** A profile bigger than this would not fit the engine's memory. */
const MOST_BYTES = 2 ** 31;
/** Profiles pack to a tenth or a fiftieth, bombs to a thousandth (as base/unpack.c has it). */
const TIMES = 200, SMALL = 2 ** 25;

export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array });
  if (native.fromBase64) return native.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function gunzip(packed: Uint8Array, most = MOST_BYTES): Promise<Uint8Array> {
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
    if (bytes > most) {
      await reader.cancel();
      throw new EngineError(most < MOST_BYTES
        ? "more than 200 times its size comes out of its gzip data, as of no profile"
        : "more than 2 GiB come out of its gzip data (type: sonde view FILE)");
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
  return magic.every((byte, i) => byte < 0 || bytes[i] === byte);
}

/** What the page cannot unpack, and sonde can or cannot. */
const PACKED: { how: string; magic: number[]; ending: RegExp; ours: boolean }[] = [
  { how: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], ending: /\.(xz|lzma)$/, ours: true },
  { how: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], ending: /\.(zst|zstd)$/, ours: true },
  { how: "bzip2", magic: [0x42, 0x5a, 0x68, -1, 0x31, 0x41], ending: /\.bz2$/, ours: false },
  { how: "zip", magic: [0x50, 0x4b, 3, 4], ending: /\.zip$/, ours: false },
];

/** What a chosen or dropped file holds, unpacked where it is gzip. */
export async function contentOf(file: Blob & { name: string }): Promise<Uint8Array> {
  const { name } = file, word = quoted(name);
  if (file.size > MOST_BYTES) {
    throw new EngineError(`${name}: larger than the 2 GiB a tab can hold (type: ` +
      `sonde view ${word})`);
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new EngineError(`${name}: the browser cannot read it: a folder, or a file that ` +
      `you may not read (of a recording's folder: sonde pack ${word})`);
  }
  for (const { how, magic, ending, ours } of PACKED) {
    if (!begins(bytes, ...magic)) continue;
    const to = quoted(ending.test(name) ? name.replace(ending, "") : `${name}.pstats`);
    throw new EngineError(`${name}: this page cannot unpack ${how} (` +
      (ours ? `type: sonde convert ${word} -o ${to})` : "unpack it, and open what was in it)"));
  }
  if (!begins(bytes, 0x1f, 0x8b)) return bytes;
  try {
    return await gunzip(bytes, Math.max(SMALL, TIMES * bytes.length));
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (error instanceof RangeError) {
      throw new EngineError(`${name}: the tab has no room for it (type: sonde view ${word})`);
    }
    throw new EngineError(`${name}: its gzip data is damaged or cut short (gzip -t ${word} ` +
      "tells which; copy it here once more)");
  }
}
