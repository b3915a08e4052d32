# SPDX-License-Identifier: Apache-2.0
"""Everyday work: split lines, count words in a dict, sort, print in columns."""

import pyperf

LINES = [" ".join(f"w{(i * j) % 211}" for j in range(1, 9)) for i in range(400)]


def count(lines):
    seen = {}
    for line in lines:
        for word in line.split():
            seen[word] = seen.get(word, 0) + 1
    return seen


def width(word):
    return len(word)


def table(seen):
    rows = sorted(seen.items(), key=lambda item: (-item[1], item[0]))
    wide = max(width(word) for word, _ in rows)
    return "\n".join(f"{word.ljust(wide)} {number}" for word, number in rows)


def report(lines):
    return table(count(lines))


if __name__ == "__main__":
    pyperf.Runner().bench_func("words", report, LINES)
