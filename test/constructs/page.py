# SPDX-License-Identifier: Apache-2.0
"""The tables of doc/events.md: `python test/constructs/page.py` writes them there."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from constructs import CONSTRUCTS  # noqa: E402
from constructs.reasons import DIFFERS, REASONS  # noqa: E402
from constructs.table import parse, show  # noqa: E402

PAGE = pathlib.Path(__file__).parent.parent.parent / "doc/events.md"
MARK = "<!-- Made by test/constructs/page.py from here on. -->\n"
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]


def cell(construct, python):
    """What a construct comes to there, in few words."""
    version = tuple(int(n) for n in python.split("."))
    if not construct.exists(version):
        return ""

    def words(rows):
        for row in rows:
            if row.meets(version):
                last = row.versions.rpartition("-")[2]
                yield row.why + (f" (to {last})" if last.count(".") == 2 else "")

    return ", ".join([*dict.fromkeys(f"≠ {why}" for why in words(construct.differs)),
                      *dict.fromkeys(f"= {why}" for why in words(construct.truths))]) or "="


def page():
    def code(text):
        return f"`{show(parse(text))}`" if text else "nothing"

    lines = ["## The constructs", "", "| construct | its truth | " + " | ".join(PYTHONS) + " |",
             "|---|---|" + "---|" * len(PYTHONS)]
    for c in CONSTRUCTS:
        lines.append(f"| {c.name.replace('__', chr(92) + '_' + chr(92) + '_')} | {code(c.truth)} | "
                     + " | ".join(cell(c, python) for python in PYTHONS) + " |")
    lines += ["", "## The words", "", "| word | why |", "|---|---|"]
    for word, why in REASONS.items():
        lines.append(f"| {'≠' if word in DIFFERS else '='} {word} | {why} |")
    lines += ["", "## What is there instead", "", "| construct | on | why | tree |", "|---|---|---|---|"]
    for c in CONSTRUCTS:
        for sign, rows in ("=", c.truths), ("≠", c.differs):
            for row in rows:
                lines.append(f"| {c.name} | {row.versions.replace('-', ' to ')} | {sign} {row.why} | {code(row.tree)} |")
    return "\n".join(lines).replace("| __", "| \\_\\_") + "\n"


def written():
    """The page's own text, and what stands behind the mark."""
    text, _, made = PAGE.read_text().partition(MARK)
    return text, made


if __name__ == "__main__":
    PAGE.write_text(written()[0] + MARK + "\n" + page())
