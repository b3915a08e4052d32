# SPDX-License-Identifier: Apache-2.0
"""Exceptions without end: each call they pass through is counted, and memory stays flat."""

import json

import pytest

PROGRAM = """
import os, sys

class Broken(Exception):
    pass

def raised(n):
    raise Broken(n)

def passed(n):
    raised(n)

def cleaned(n):
    try:
        passed(n)
    finally:
        note()

def again(n):
    try:
        cleaned(n)
    except Broken:
        note()
        raise

def chained(n):
    try:
        again(n)
    except Broken as e:
        raise LookupError from e

def handled(n):
    try:
        chained(n)
    except LookupError:
        note()

def note():
    pass

def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

times = int(sys.argv[1])
for n in range(times // 10):
    handled(n)
before = resident()
for n in range(times - times // 10):
    handled(n)
print(resident() - before)
"""

FRAMES = "raised", "passed", "cleaned", "again", "chained"


def check(run_sonde, python, folder, times):
    (folder / "app.py").write_text(PROGRAM)
    done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py", str(times), timeout=250)
    assert (done.returncode, done.stderr) == (0, "")
    assert abs(int(done.stdout)) <= 1 << 20
    report = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)
    assert report["quality"]["exact"] and report["quality"]["lost_events"] == 0
    by_id = {f["id"]: f for f in report["functions"]}
    own = {f["name"]: f for f in report["functions"] if f["file"].endswith("app.py")}

    def callers(f):
        return {by_id[c["id"]]["name"]: (c["calls"], c["primitive_calls"]) for c in f["callers"]}

    for callee, caller in zip(FRAMES, (*FRAMES[1:], "handled")):
        assert (own[callee]["calls"], own[callee]["primitive_calls"]) == (times, times), callee
        assert callers(own[callee]) == {caller: (times, times)}
    assert own["handled"]["calls"] == times
    assert callers(own["note"]) == dict.fromkeys(("cleaned", "again", "handled"), (times, times))
    assert own["<module>"]["cumulative_ns"] <= report["run"]["wall_ns"]


@pytest.mark.smoke
def test_exceptions(run_sonde, python, tmp_path):
    check(run_sonde, python, tmp_path, 20_000)


@pytest.mark.long
@pytest.mark.smoke
def test_a_million_exceptions(run_sonde, python, tmp_path):
    """Each goes through five frames, raised again on its way and turned into another."""
    check(run_sonde, python, tmp_path, 1_000_000)
