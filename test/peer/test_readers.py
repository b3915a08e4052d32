# SPDX-License-Identifier: Apache-2.0
"""Ten recordings, read by speedscope's importer and by what reads pstats files: with our figures."""

import collections
import json
import os
import re
import subprocess
import sys

import pytest

SPEEDSCOPE = "x.speedscope.json", "x.folded", "x.pb.gz", "x.callgrind"
# Of calls by and by of the same function there is no path in a callgrind file: speedscope makes some up.
CYCLIC = "deep", "tree", "cycles", "threads", "orders"
ROOTLESS = "deep", "inits", "native", "threads"  # less than 10 us, which tuna leaves out; all functions have callers


def by_place(data):
    """[(self, cumulative)] of what is told apart by name, file and line."""
    places = collections.defaultdict(lambda: [0, 0])
    for f in data["functions"]:
        at = places[f["qualname"], f["file"], f["line"]]
        at[0] += f["self_ns"]
        at[1] += f["cumulative_ns"]
    return sorted(map(tuple, filter(any, places.values())))


def test_speedscope(speedscope, report, run_sonde, tmp_path, recording):
    for name in SPEEDSCOPE:
        run_sonde("convert", "r.sonde", "-o", name, check=True)
    data, found = report("r.sonde"), speedscope(tmp_path, *SPEEDSCOPE)
    threads = {n["thread"] for n in report("--tree", "r.sonde")["nodes"]}
    for name, profiles in found.items():
        assert sum(p["total"] for p in profiles) == data["total_ns"], name
        assert len(profiles) == (len(threads) if name == "x.speedscope.json" else 1)
        assert {p["unit"] for p in profiles} == {"none" if name in ("x.folded", "x.callgrind") else "nanoseconds"}
        frames = collections.defaultdict(lambda: [0, 0])
        for frame in (f for p in profiles for f in p["frames"] if f["name"] != "(program)"):
            at = frames[frame["name"], frame["file"], frame["line"]]
            at[0] += frame["self"]
            at[1] += frame["total"]
        figures = sorted(map(tuple, filter(any, frames.values())))
        if name != "x.callgrind":
            assert figures == by_place(data), name
        elif recording not in CYCLIC + ("large",):  # it leaves out a ten thousandth
            assert figures == sorted(filter(any, ((f["self_ns"], f["cumulative_ns"]) for f in data["functions"])))


@pytest.fixture
def dump(recording, run_sonde, report, peers, tmp_path):
    """dump(code): what a Python program prints of x.prof, as JSON; .data is ours."""
    run_sonde("convert", "r.sonde", "-o", "x.prof", check=True)

    def dump(code):
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", "import json, pstats\n" + code], cwd=tmp_path, timeout=120,
                              env={**os.environ, "PYTHONPATH": str(peers)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    dump.data = report("x.prof")
    return dump


def test_the_dump_has_the_recordings_figures(dump, report, recording):
    own = report("r.sonde")
    assert sum(f["self_ns"] for f in dump.data["functions"]) == own["total_ns"]
    assert dump.data["total_calls"] == own["total_calls"]


def test_snakeviz(dump, recording):
    rows = dump("from snakeviz.stats import table_rows; print(json.dumps(table_rows(pstats.Stats('x.prof'))))")
    assert sorted((r[0][1], r[1], r[3]) for r in rows) == sorted(
        (f["calls"], f"{f['self_ns'] / 1e9:0.4g}", f"{f['cumulative_ns'] / 1e9:0.4g}") for f in dump.data["functions"])


def test_gprof2dot(dump, recording):
    found = dump("import gprof2dot as g; f = g.PstatsParser('x.prof').parse().functions.values(); "
                 "print(json.dumps([[f[g.TIME], f[g.TOTAL_TIME]] for f in f]))")
    ours = sorted([f["self_ns"] / 1e9, f["cumulative_ns"] / 1e9] for f in dump.data["functions"])
    assert sum(sorted(found), []) == pytest.approx(sum(ours, []), rel=3e-16)  # a unit in the last place


def test_pyprof2calltree(dump, report, tmp_path, recording):
    """Whole nanoseconds, cut off. It writes names as they are: those with a line break nobody can read again."""
    if recording == "names":
        return
    dump("import pyprof2calltree as p; p.CalltreeConverter(pstats.Stats('x.prof')).output(open('p.callgrind', 'w')); print(0)")
    pairs = zip(*(sorted(f["self_ns"] for f in data["functions"]) for data in (report("p.callgrind"), dump.data)))
    assert all(ours - 1 <= theirs <= ours for theirs, ours in pairs)
    assert len(report("p.callgrind")["functions"]) == len(dump.data["functions"])


def test_tuna(dump, recording):
    """All below what nobody called; what it makes of deeper calls is a guess."""
    if recording in ROOTLESS:
        return
    found = dump("from tuna._runtime_profile import read_runtime_profile; print(json.dumps(read_runtime_profile('x.prof')))")

    def below(node):
        return node.get("value", 0) + sum(map(below, node.get("children", [])))

    roots = sum(f["cumulative_ns"] for f in dump.data["functions"] if not f["callers"])
    assert below(found) == pytest.approx(roots / 1e9, rel=1e-12)


def test_flameprof(dump, peers, tmp_path, recording):
    """Functions that call themselves it shows once only."""
    words = "-m", "flameprof", "--format=log", "--threshold=0", "--log-mult=1000000000", "x.prof"
    said = subprocess.run([sys.executable, "-W", "ignore", *words], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(peers)},
                          stdout=subprocess.PIPE, check=True, text=True, timeout=120).stdout
    total = sum(map(int, re.findall(r" (\d+)$", said, re.M)))
    assert total == dump.data["total_ns"] or (recording in CYCLIC and 0 < total <= dump.data["total_ns"])
    drawn = subprocess.run([sys.executable, "-W", "ignore", "-m", "flameprof", "x.prof"], cwd=tmp_path, check=True,
                           env={**os.environ, "PYTHONPATH": str(peers)}, stdout=subprocess.PIPE, timeout=120).stdout
    assert drawn.lstrip().startswith(b"<") and b"</svg>" in drawn
