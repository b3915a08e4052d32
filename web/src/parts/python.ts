// SPDX-License-Identifier: Apache-2.0
// python.ts - a line of Python in words, strings, comments and the rest: enough to read
// by, not a parser. A text over several lines is followed from line to line.

export interface Piece {
  text: string;
  kind: "" | "word" | "string" | "comment";
}

const WORDS = new Set(("False None True and as assert async await break class continue def " +
  "del elif else except finally for from global if import in is lambda nonlocal not or " +
  "pass raise return try while with yield match case").split(" "));

const TOKEN = /#.*|[rRbBuUfFtT]{0,2}("""|'''|"|')|[A-Za-z_]\w*|[^\w#"']+|./y;

/** `open` is the quote that a text was begun with on a line before, or "". */
export function pieces(line: string, open: string): { pieces: Piece[]; open: string } {
  const found: Piece[] = [];
  let at = 0;
  if (open) {
    const end = line.indexOf(open);
    if (end < 0) return { pieces: [{ text: line, kind: "string" }], open };
    at = end + 3;
    found.push({ text: line.slice(0, at), kind: "string" });
  }
  while (at < line.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(line);
    if (!match) break;
    const quote = match[1];
    if (!quote) {
      const text = match[0];
      const kind = text.startsWith("#") ? "comment" : WORDS.has(text) ? "word" : "";
      found.push({ text, kind });
      at += text.length;
      continue;
    }
    let end = TOKEN.lastIndex;
    while (end < line.length && !line.startsWith(quote, end)) {
      end += line[end] === "\\" ? 2 : 1;
    }
    const closed = end < line.length;
    end = Math.min(line.length, closed ? end + quote.length : line.length);
    found.push({ text: line.slice(at, end), kind: "string" });
    if (!closed && quote.length === 3) return { pieces: found, open: quote };
    at = end;
  }
  return { pieces: found, open: "" };
}
