# SPDX-License-Identifier: Apache-2.0
"""printed.py: what this Python's pstats prints. Cases come as JSON on stdin, texts go to stdout.

A case: {"files", "strip", "sort", "reverse", "what": "stats" | "callers" | "callees" | "all", "restrictions"}. A
text is None where pstats itself fails. Runs on every Python from 2.7 on.
"""
from __future__ import print_function

import io
import json
import pstats
import re
import sys

if str is bytes:
    from StringIO import StringIO
else:
    StringIO = io.StringIO

# The nine tables of a script that many keep.
NINE = [(["stdname"], "stats", []), (["name", "filename"], "stats", [100]), (["nfl"], "stats", [100]),
        (["line", "filename"], "stats", [100]), (["calls"], "stats", [100]), (["cumulative"], "stats", [100]),
        (["time"], "stats", [100]), (["calls"], "callers", [100]), (["calls"], "callees", [100])]


def plain(value):
    return value.encode("utf-8") if str is bytes and not isinstance(value, (int, float)) else value


def tables(case):
    stream = StringIO()
    stats = pstats.Stats(*[plain(f) for f in case["files"]], stream=stream)
    if case["strip"] or case["what"] == "all":
        stats.strip_dirs()
    steps = NINE if case["what"] == "all" else [(case["sort"], case["what"], case["restrictions"])]
    for sort, what, restrictions in steps:
        if sort is not None:
            stats.sort_stats(*[plain(key) for key in sort])
        if case["reverse"]:
            stats.reverse_order()
        getattr(stats, "print_" + what)(*[plain(r) for r in restrictions])
    return stream.getvalue()


def text_of(case):
    try:
        text = tables(case)
    except (TypeError, KeyError, AttributeError):
        return None
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    return re.sub(u"( object .*?) at 0x[0-9a-fA-F]+", u"\\1", text)


if __name__ == "__main__":
    json.dump([text_of(case) for case in json.loads(sys.stdin.read())], sys.stdout)
