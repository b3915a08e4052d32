# SPDX-License-Identifier: Apache-2.0
"""A million call paths, a million frames: what they take, and that they balance."""

import json
import os
import resource
import subprocess
import time

import pytest

from counting import package_of
from tape import tapes

# A binary choice 19 times over: 2 + 4 + ... + 2**19 paths below main().
PATHS = """
import resource

def a(n):
    if n:
        a(n - 1), b(n - 1)

def b(n):
    if n:
        a(n - 1), b(n - 1)

def main():
    a(18), b(18)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

before = peak()
main()
print(peak() - before)
"""
NODES = 2**20 - 2

DEEP = """
import sys
sys.setrecursionlimit(DEPTH + 1000)

def down(n):
    return 0 if n == 0 else 1 + down(n - 1)

def after():
    pass

for _ in range(2):
    down(DEPTH - 1)
    after()
"""

DEEP_GENERATORS = """
import sys
sys.setrecursionlimit(10 * DEPTH + 1000)

def nested(n):
    yield n
    if n:
        yield from nested(n - 1)

def after():
    pass

g = nested(DEPTH)
for _ in range(3):
    next(g)
    after()
g.close()
print(sum(nested(DEPTH // 10)))
after()
"""


@pytest.fixture
def record(python, sonde, clean_env, tmp_path):
    """record(text): runs a program under the agent; its output and its one tape's path."""

    def run(text):
        recording = tmp_path / "app.sonde"
        (tmp_path / "app.py").write_text(text)
        recording.mkdir()
        env = clean_env | {"PYTHONPATH": str(package_of(sonde) / "hook"), "SONDE_RECORDING": str(recording)}
        done = subprocess.run([python, "app.py"], cwd=tmp_path, env=env, check=True, text=True,
                              stdout=subprocess.PIPE, timeout=200)
        [path] = recording.glob("*.tape")
        return done.stdout, path

    return run


def report_of(run_sonde, path):
    report = json.loads(run_sonde("report", "--json", path.parent, check=True).stdout)
    return {f["name"]: f for f in report["functions"]}


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_a_large_tape_is_read_up_to_where_it_is_damaged(record, run_sonde):
    """Its nodes are copied when they are wanted, block by block, and held to their sums each time."""
    _, path = record(PATHS.replace("18", "17"))
    told = json.loads(run_sonde("report", "--json", path.parent, check=True).stdout)
    assert sum(f["calls"] for f in told["functions"] if f["name"] in "ab") == NODES // 2 - 1
    assert not told["quality"]["truncated"]
    tape = bytearray(path.read_bytes())
    tape[len(tape) * 3 // 4] ^= 4
    path.write_bytes(tape)
    cut = json.loads(run_sonde("report", "--json", path.parent, check=True).stdout)
    assert cut["quality"]["truncated"] and "is damaged or cut short at byte" in " ".join(cut["quality"]["notes"])
    assert 0 < cut["total_calls"] < told["total_calls"]


def test_a_million_paths(record, run_sonde):
    output, path = record(PATHS)
    tape_bytes = os.stat(path).st_size
    assert tape_bytes <= 80e6
    assert tape_bytes / NODES <= 64 * 1.01 + 1
    # The mapped tape counts as resident, the index from path to node comes on top.
    assert int(output) <= tape_bytes + 32e6
    begin, wall = cpu_of_children(), time.perf_counter()
    run_sonde("report", path.parent, check=True)
    spent, wall = cpu_of_children() - begin, time.perf_counter() - wall
    print(f"tape {tape_bytes / 1e6:.1f} MB, {tape_bytes / NODES:.2f} bytes a node, resident "
          f"{int(output) / 1e6:.1f} MB, report {spent:.2f} s of CPU, {wall:.2f} s")
    assert spent <= 1.0
    by_name = report_of(run_sonde, path)
    assert by_name["a"]["calls"] == by_name["b"]["calls"] == NODES // 2
    assert by_name["a"]["primitive_calls"] + by_name["b"]["primitive_calls"] == 2 * 19


@pytest.mark.smoke
def test_a_hundred_thousand_frames(record, run_sonde):
    _, path = record(DEEP.replace("DEPTH", "100_000"))
    by_name = report_of(run_sonde, path)
    assert (by_name["down"]["calls"], by_name["down"]["primitive_calls"]) == (200_000, 2)
    check_after(by_name, 2)


@pytest.mark.long
@pytest.mark.smoke
def test_a_million_frames(record, run_sonde):
    _, path = record(DEEP.replace("DEPTH", "1_000_000"))
    by_name = report_of(run_sonde, path)
    assert (by_name["down"]["calls"], by_name["down"]["primitive_calls"]) == (2_000_000, 2)
    check_after(by_name, 2)


NO_ROOM = """
import resource, sys
sys.setrecursionlimit(2_000_000)

def down(n, at):
    if n == at:
        limit()
    return 1 + down(n - 1, at) if n else 0

def limit():               # all that is mapped, and 12 MB
    with open("/proc/self/statm") as f:
        size = int(f.read().split()[0]) * resource.getpagesize() + (12 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))

def unlimit():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)

def after():
    pass

# The stack has room for 349,000 entries of 24 bytes; its next size is 16 MB.
assert down(380_000, 380_000 - 348_900) == 380_000
after()
unlimit()
assert down(380_000, -1) == 380_000
after()
"""


@pytest.mark.wide
def test_no_room_for_the_stack(record, run_sonde):
    """Calls it has no room for are lost and counted as such; all others are where they belong."""
    _, path = record(NO_ROOM)
    [tape] = tapes(path.parent)
    lost = tape.header.lost_events
    assert 30_000 <= lost <= 40_000
    assert tape.calls("down") + lost == 2 * 380_001
    by_name = report_of(run_sonde, path)
    check_after(by_name, 2)
    thread = next(iter(tape.threads.values()))
    assert sum(n.self for n in tape.nodes.values()) == pytest.approx(thread.last - thread.first, rel=1e-4)


@pytest.mark.smoke
def test_deep_generators(record, run_sonde):
    _, path = record(DEEP_GENERATORS.replace("DEPTH", "1000"))
    by_name = report_of(run_sonde, path)
    assert by_name["nested"]["calls"] == 3 + 101
    check_after(by_name, 4)
    assert tapes(path.parent)[0].header.healed == 0


def check_after(by_name, calls):
    """What is called at the end is called by the module: the stack is as it was."""
    assert by_name["after"]["calls"] == calls
    [caller] = by_name["after"]["callers"]
    assert caller["id"] == by_name["<module>"]["id"]
