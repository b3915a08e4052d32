// SPDX-License-Identifier: Apache-2.0
// encode.ts - texts of a profile, which may hold anything, where not everything may stand:
// in queries and addresses, in XML, in words for a shell.

/** As encodeURIComponent, of any text. A byte of a name that is no UTF-8 comes as half a
 * surrogate pair (doc/query.md), and goes back as that byte. */
export function encoded(text: string): string {
  return Array.from(text, (letter) => {
    const code = letter.charCodeAt(0);
    const half = letter.length === 1 && code >= 0xd800 && code <= 0xdfff;
    if (!half) return encodeURIComponent(letter);
    return code >= 0xdc80 && code <= 0xdcff ? `%${(code - 0xdc00).toString(16)}` : "%EF%BF%BD";
  }).join("");
}

/** What no XML may hold: control characters become their pictures, halves of pairs "?". */
export function forXml(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g,
    (letter) => String.fromCharCode(0x2400 + letter.charCodeAt(0)))
    .replace(/[\ud800-\udfff\ufffe\uffff]/gu, "\ufffd");
}

/** One word of a command that somebody is to type. */
export function quoted(name: string): string {
  const safe = name.startsWith("-") ? `./${name}` : name;
  return /^[\w.,:@%+/=-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
