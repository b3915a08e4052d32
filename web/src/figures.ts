// SPDX-License-Identifier: Apache-2.0
// figures.ts - numbers as people read them: three digits and the unit that suits.
// Calls are exact; nothing is shown as "–", and what is there never as 0.

export type Unit = "ns" | "samples" | "bytes" | "calls";

const SCALES: Record<string, [number, string][]> = {
  ns: [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]],
  bytes: [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"], [1, "B"]],
};

export const NOTHING = "–";

// Made once: toLocaleString makes one each time.
const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const HUNDREDTHS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

/** A whole number with commas; 0 is "0". */
export function grouped(n: number): string {
  return WHOLE.format(n);
}

function threeDigits(x: number): string {
  if (x >= 99.95) return grouped(Math.round(x));
  return x >= 9.995 ? x.toFixed(1) : x.toFixed(2);
}

/** A value and its unit apart, so that digits can be lined up. */
export function parts(value: number | null, unit: Unit): [string, string] {
  if (value === null || !(value > 0)) return [NOTHING, ""];
  const scales = SCALES[unit];
  if (!scales) return large(value);
  for (const [scale, name] of scales) {
    if (value >= scale * 0.9995) {
      const exact = scale === 1 && Number.isInteger(value);
      return [exact && unit === "bytes" ? count(value) : threeDigits(value / scale), name];
    }
  }
  return [threeDigits(value), scales[scales.length - 1]![1]];
}

/** Where there is room for all digits of a count. */
export function amount(value: number | null, unit: Unit): string {
  return SCALES[unit] ? parts(value, unit).join(" ").trim() : count(value);
}

/** Counts that a column has no room for: three digits of them. */
function large(n: number): [string, string] {
  if (n < 1e6) return [count(n), ""];
  return n >= 999.5e6 ? [threeDigits(n / 1e9), "G"] : [threeDigits(n / 1e6), "M"];
}

/** Whole numbers exactly, with commas; what is no whole number (a mean) with two digits. */
export function count(n: number | null): string {
  if (n === null || !(n > 0)) return NOTHING;
  return Number.isInteger(n) || n >= 10 ? grouped(n) : HUNDREDTHS.format(n);
}

/** Calls where there is little room: 1.20 M. */
export function short(n: number): string {
  return n > 0 ? large(n).join(" ").trim() : NOTHING;
}

/** The share of a whole in per cent, one decimal, without the sign. */
export function percent(part: number, whole: number): string {
  const x = whole > 0 ? (100 * part) / whole : 0;
  if (!(x > 0)) return NOTHING;
  if (x < 0.05) return "<0.1";
  return x >= 99.95 ? "100" : x.toFixed(1);
}

export function share(part: number, whole: number): string {
  const text = percent(part, whole);
  return text === NOTHING ? text : `${text} %`;
}

/** "1 call", "2 calls". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n === 0 ? "0" : count(n)} ${n === 1 ? one : many}`;
}

/** The largest of many, at least `least`. */
export function largest(values: (number | null)[], least = 1): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), least);
}
