# SPDX-License-Identifier: Apache-2.0
"""KCacheGrind itself, on a desktop without a screen: what it shows of our files, read as a screen reader reads it."""

import os
import re
import signal
import subprocess
import time

import pytest

from peer.desktop import Desktop
from recordings import MAKERS

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    made = Desktop(tmp_path_factory.mktemp("desktop") / "home")
    yield made
    made.close()


@pytest.fixture
def show(desktop, tmp_path, root, request):
    """show("x.callgrind"): {name: (inclusive, self, calls)} in its list of functions, and the total in its status line.

    A picture of it is left in build/pictures.
    """

    viewers = []

    def show(name):
        found = desktop.read(lambda: viewers.append(subprocess.Popen(
            ["kcachegrind", name], cwd=tmp_path, env=desktop.env, stderr=subprocess.DEVNULL)), "kcachegrind", name + r" \[.*\]$")
        folder = root / "build/pictures"
        folder.mkdir(exist_ok=True)
        desktop.picture(folder / f"kcachegrind-{request.node.callspec.id}.png")
        return found

    yield show
    for viewer in viewers:
        viewer.kill()
        viewer.wait()


def number(text):
    return int(re.sub(r"[^\d]", "", text))


def figures(found):
    """Of functions outside of cycles, of cycles, and of the functions in them: [(inclusive, self, calls)]."""
    rows = [(r["name"], (number(r["incl"]), number(r["self"]), number(r["called"]))) for r in found["rows"]
            if r["name"] != "(program)"]
    return (sorted(f for name, f in rows if "<cycle " not in name),
            sorted(f[:2] for name, f in rows if re.fullmatch(r"<cycle \d+>", name)),
            sorted(f[1:] for name, f in rows if re.search(r". <cycle \d+>$", name)))


def cycles_of(data):
    """Sets of functions that call each other in a round, by the paths that were recorded."""
    nodes = {n["id"]: n for n in data["nodes"]}
    reached = {f["id"]: set() for f in data["functions"]}
    for n in data["nodes"]:
        if n["parent"] in nodes:
            reached[nodes[n["parent"]]["function"]].add(n["function"])
    while True:
        more = {f: to | {g for t in to for g in reached[t]} for f, to in reached.items()}
        if more == reached:
            break
        reached = more
    groups = {frozenset(g for g in reached if g in reached[f] and f in reached[g]) for f in reached}
    return [group for group in groups if len(group) > 1]


def ours(data):
    """What KCacheGrind should show of it: a cycle's figures are of the time in which any of its functions is active."""
    cycles, nodes = cycles_of(data), {n["id"]: n for n in data["nodes"]}
    inside = {f for cycle in cycles for f in cycle}

    def outermost(node, group):
        at = nodes.get(node["parent"])
        while at and at["function"] not in group:
            at = nodes.get(at["parent"])
        return at is None

    own = {f["id"]: f for f in data["functions"]}
    return (sorted((f["cumulative_ns"], f["self_ns"], f["calls"] or f["resumes"]) for f in own.values() if f["id"] not in inside),
            sorted((sum(n["cumulative_ns"] for n in data["nodes"] if n["function"] in cycle and outermost(n, cycle)),
                    sum(own[f]["self_ns"] for f in cycle)) for cycle in cycles),
            sorted((own[f]["self_ns"], own[f]["calls"]) for f in inside))


@pytest.mark.parametrize("recording", MAKERS)
def test_it_shows_our_figures(show, run_sonde, report, tmp_path, recording):
    MAKERS[recording](tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "-o", "x.callgrind", check=True)
    found, data = show("x.callgrind"), report("--tree", "r.sonde")
    assert figures(found) == ours(data)
    assert bool(cycles_of(data)) == (recording in ("deep", "cycles", "threads"))
    assert number(found["status"].rpartition("Cost: ")[2]) == data["total_ns"]
    names = {line.partition(") ")[2].lstrip() for line in (tmp_path / "x.callgrind").read_text().split("\n")
             if line.startswith(("fn=(", "cfn=(")) and ") " in line}
    told = {re.sub(r" <cycle \d+>$", "", r["name"]).lstrip() for r in found["rows"] if not r["name"].startswith("<cycle ")}
    # It drops blanks of any kind in front of a name.
    assert told == names and len(names) == len(data["functions"]) + 1


def test_open_opens_it(desktop, sonde, report, tmp_path):
    """And stays behind when the command has ended."""
    MAKERS["tree"](tmp_path / "r.sonde")
    command = [sonde, "convert", "r.sonde", "--to", "callgrind", "-o", "of fib.out", "--open"]
    found = desktop.read(lambda: subprocess.run(command, cwd=tmp_path, env=desktop.env, check=True, timeout=30), "kcachegrind",
                         r"of fib.out \[.*\]$")
    os.kill(found["pid"], signal.SIGTERM)
    assert found["title"].startswith("of fib.out") and figures(found) == ours(report("--tree", "r.sonde"))
    for _ in range(100):
        if not os.path.exists(f"/proc/{found['pid']}/cmdline"):
            break
        time.sleep(0.1)
