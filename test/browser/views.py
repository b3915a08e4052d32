# SPDX-License-Identifier: Apache-2.0
"""The views of the page and their addresses; where pictures of them go."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Every view, with a function chosen where it needs one.
VIEWS = {name: f"v={name}&f={{fn}}" for name in (
    "icicle", "sunburst", "flame", "inverted", "table", "sandwich", "map", "graph", "source", "processes")}
CHARTS = ("icicle", "sunburst", "flame", "inverted", "sandwich", "map", "graph")


def views_of(fn, *names):
    return {name: VIEWS[name].format(fn=fn) for name in names or VIEWS}


def hottest(report, name=None):
    """The function of most self time, or the one of this name."""
    found = [f for f in report["functions"] if name is None or f["qualname"] == name]
    return max(found, key=lambda f: f["self_ns"])


def pictures(name):
    """Where screenshots go that somebody will look at; beside the build."""
    folder = ROOT / "build/pictures"
    os.makedirs(folder, exist_ok=True)
    return str(folder / name)
