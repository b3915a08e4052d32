// SPDX-License-Identifier: Apache-2.0
// What needs no browser: figures, the address, paths, lines of Python, Markdown.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoded, forXml, quoted } from "../src/encode.ts";
import { amount, count, parts, percent, share, short } from "../src/figures.ts";
import { below, begins, carried, functionOf, merged, parentOf, stepsOf } from "../src/paths.ts";
import { pieces } from "../src/parts/python.ts";
import { trapped } from "../src/wasm.ts";
import { fromAddress, FRESH, toAddress, type State } from "../src/state.ts";

test("three digits and the unit that suits", () => {
  const cases: [number, string][] = [
    [3_230_000_000, "3.23 s"], [124_000_000, "124 ms"], [59_100, "59.1 µs"], [52, "52.0 ns"],
    [1, "1.00 ns"], [999, "999 ns"], [999.4, "999 ns"], [999.6, "1.00 µs"],
    [99_949, "99.9 µs"], [99_950, "100 µs"], [1e12, "1,000 s"], [0, "–"], [-5, "–"],
  ];
  for (const [ns, text] of cases) assert.equal(amount(ns, "ns"), text);
  assert.equal(amount(null, "ns"), "–");
  assert.equal(amount(1536, "bytes"), "1.50 KiB");
  assert.equal(amount(7, "bytes"), "7 B");
  assert.equal(amount(12345, "samples"), "12,345");
  assert.deepEqual(parts(0.4, "ns"), ["0.40", "ns"]);
  assert.equal(amount(123_456_789, "samples"), "123,456,789");
  assert.deepEqual(parts(123_456_789, "samples"), ["123", "M"]);
  assert.deepEqual(parts(999_600_000, "calls"), ["1.00", "G"]);
});

test("calls exactly, shares to one decimal, nothing as a dash", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(count(0), "–");
  assert.equal(count(2.5), "2.5");
  assert.equal(short(1_200_000), "1.20 M");
  assert.equal(short(999_999), "999,999");
  assert.equal(short(113_430_000), "113 M");
  assert.equal(percent(1, 3), "33.3");
  assert.equal(percent(1, 1_000_000), "<0.1");
  assert.equal(percent(99_999, 100_000), "100");
  assert.equal(percent(1, 0), "–");
  assert.equal(share(1, 2), "50.0 %");
  assert.equal(share(0, 2), "–");
});

test("the address holds the whole state, and gives it back", () => {
  const state: State = {
    ...FRESH, view: "sandwich", metric: "calls", fn: 17, node: "p0.t0.4.17", root: "p0.t0",
    search: "a b&c=<d>#é", depth: 5, cutoff: 0, sort: "name", up: true, by: "file",
    without: "lb", steps: [{ kind: "hide", id: 3 }, { kind: "focus", id: 0 }], folded: true,
    threads: [0, 7], file: 0, line: 39, theme: "dark", within: "app,app.x", nodes: 60,
    around: 0,
  };
  assert.deepEqual(fromAddress(`#${toAddress(state)}`), state);
  assert.equal(toAddress({ ...FRESH, steps: [], threads: [] }), "");
  assert.equal(toAddress({ ...FRESH, steps: [], threads: [] }, true), "v=icicle");
  assert.deepEqual(fromAddress(""), { ...FRESH });
});

test("an address that cannot be is as good as none", () => {
  const odd = fromAddress("#f=1e9&d=-3&c=x&hide=-1&focus=&threads=a.1..2&src=99999999999&v=");
  assert.deepEqual(odd, { ...FRESH, view: "", steps: [], threads: [1, 2] });
  assert.deepEqual(fromAddress("#__proto__=1&constructor=2&%=%"), { ...FRESH });
});

test("paths", () => {
  assert.deepEqual(stepsOf("p0.t5.17"), ["p0", "t5", "17"]);
  assert.deepEqual(stepsOf(""), []);
  assert.equal(parentOf("p0.t5.17"), "p0.t5");
  assert.equal(parentOf("p0"), "");
  assert.equal(below("", "p0"), "p0");
  assert.equal(below("p0", "t5"), "p0.t5");
  assert.equal(functionOf("p0.t5.17"), 17);
  assert.equal(functionOf("p0.t5"), -1);
  assert.equal(merged("p0.t5.4.17"), "4.17");
  assert.equal(merged("g.4.17"), "4.17");
  assert.ok(begins("p0.t1", "p0") && begins("p0", "") && !begins("p01", "p0"));
  assert.equal(carried("p0.t5.4", "threads", "merged"), "4");
  assert.equal(carried("4.5", "merged", "threads"), "");
});

test("lines of Python", () => {
  const kinds = (line: string, open = "") => pieces(line, open);
  const joined = (line: string, open = "") =>
    kinds(line, open).pieces.map((piece) => piece.text).join("");
  for (const line of ["", "def f(x): return 'a\\'b' # c", "x = \"\"\"a", "é = rb'''x''' + 1",
    "'unclosed", "a\tb", "#", "🙂 = 'x", "\\"]) {
    assert.equal(joined(line), line);
    assert.equal(joined(line, '"""'), line);
  }
  assert.deepEqual(kinds("def f(): # x").pieces.filter((p) => p.kind).map((p) => p.kind),
    ["word", "comment"]);
  assert.equal(kinds('x = """a').open, '"""');
  assert.equal(kinds('b""" + y', '"""').open, "");
  assert.equal(kinds('x = "a').open, "");
  assert.equal(kinds("'#not a comment'").pieces[0]!.kind, "string");
});

test("any text goes into a query, a picture and a command as what it is", () => {
  assert.equal(encoded("a b/é😀&"), encodeURIComponent("a b/é😀&"));
  assert.equal(encoded("x\udcff\udc80y"), "x%ff%80y");
  assert.equal(encoded("\ud800"), "%EF%BF%BD");
  assert.equal(forXml("\x1b[31m\0\t\n<\ud800\uffff😀"), "\u241b[31m\u2400\t\n<\ufffd\ufffd😀");
  assert.equal(quoted("app.prof"), "app.prof");
  assert.equal(quoted("my app's.prof"), "'my app'\\''s.prof'");
  assert.equal(quoted("$(reboot).prof"), "'$(reboot).prof'");
  assert.equal(quoted("-o"), "./-o");
});

test("a trap is told as what it was", () => {
  const { RuntimeError } = WebAssembly;
  const full = /ran out of memory .*sonde view FILE/, fault = /fault of sonde .*report it/;
  assert.match(trapped(new RuntimeError("unreachable"))!.message, full);
  assert.match(trapped(new RuntimeError("Unreachable code should not be executed"))!.message,
    full);
  assert.match(trapped(new RangeError("Array buffer allocation failed"))!.message, full);
  assert.match(trapped(new RuntimeError("memory access out of bounds"))!.message, fault);
  assert.match(trapped(new RangeError("Maximum call stack size exceeded"))!.message, fault);
  assert.match(trapped(new Error("too much recursion"))!.message, fault);
  assert.equal(trapped(new TypeError("x is null")), null);
  assert.equal(trapped("text"), null);
});
