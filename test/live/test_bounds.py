# SPDX-License-Identifier: Apache-2.0
"""Endless paths, functions and names stay within bounds: folded and told, never wrong in sum."""

import json
import re
import resource
import subprocess
import time

import pytest

from counting import package_of
from tape import FOLDED, FUNCTIONS, NODES, TEXTS, tapes

WALK = """
import random, sys, threading, os

class Walk:
    def __init__(self, seed, steps):
        self.random, self.left = random.Random(seed), steps

    def go(self):
        while self.left > 0:
            self.step(0)

    def step(self, depth):
        while depth < 60 and self.left > 0 and self.random.random() < 0.52:
            self.left -= 1
            getattr(self, "abcdeg"[int(self.random.random() * 6)])(depth + 1)

    def a(self, depth):
        self.step(depth)
    def b(self, depth):
        self.step(depth); len("b")
    def c(self, depth):
        self.a(depth + 1); self.step(depth)
    def d(self, depth):
        int(Number(self, depth)); sorted([3, 1], key=negative)
    def e(self, depth):
        sum(self.numbers(depth)); self.step(depth)
    def g(self, depth):
        try:
            self.fails(depth)
        except KeyError:
            self.step(depth)
    def fails(self, depth):
        self.step(depth)
        raise KeyError
    def numbers(self, depth):
        for i in range(3):
            self.step(depth + 1)
            yield i

class Number:
    def __init__(self, walk, depth):
        self.walk, self.depth = walk, depth
    def __int__(self):
        self.walk.step(self.depth + 1)
        return 1

def negative(n):
    return -n

def countdown(n):
    return n and countdown(n - 1)

STEPS, PLACE = 3000, sys.argv[1:]
if "threads" in PLACE:
    class Held(threading.Thread):
        def run(self):
            Walk(self.native_id and self.seed, STEPS).go()
    for seed in range(3):
        t = Held(); t.seed = seed; t.start(); t.join()
if "forks" in PLACE:
    Walk(1, STEPS).go()
    pid = os.fork()
    Walk(2 + (pid == 0), STEPS).go()
    if pid:
        os.waitpid(pid, 0)
def second_part():
    second_work()
    second_work()
def second_work():
    sum(i for i in range(2000))
if not PLACE:
    Walk(4, STEPS).go()
    countdown(400)
    second_part()
"""


@pytest.fixture
def record(python, sonde, clean_env, tmp_path):
    """record(name, text, options): runs a program with the agent's own options; the recording."""

    def run(name, text, options="", words=()):
        recording = tmp_path / f"{name}.sonde"
        (tmp_path / "app.py").write_text(text)
        recording.mkdir()
        env = clean_env | {"PYTHONPATH": str(package_of(sonde) / "hook"), "SONDE_RECORDING": str(recording),
                           "SONDE_OPTIONS": options, "PYTHONHASHSEED": "0"}
        subprocess.run([python, "app.py", *words], cwd=tmp_path, env=env, check=True, timeout=250)
        return recording

    return run


def rows_of(report):
    """What must not change: of each function and of each caller's part, calls and resumes."""
    names = {f["id"]: (f["file"], f["line"], f["qualname"]) for f in report["functions"]}
    rows = []
    for f in report["functions"]:
        callers = sorted((names[c["id"]], c["calls"], c["resumes"]) for c in f["callers"])
        rows.append((names[f["id"]], f["calls"], f["resumes"], callers))
        assert f["self_ns"] >= sum(c["self_ns"] for c in f["callers"]) - len(callers)
    return sorted(rows)


def notes_of(report):
    """What is said of the calls; the probe's cost may be known here or not."""
    return [note for note in report["quality"]["notes"] if not note.startswith("Probe cost")]


@pytest.mark.smoke
@pytest.mark.parametrize("place", ["", "threads", "forks"])
def test_folded_is_equal_in_sum(record, run_sonde, place):
    words = place.split()
    whole, folded = record("whole", WALK, words=words), record("folded", WALK, "paths=1500", words)
    for options in (), ("--as-cprofile",), ("--tree",):
        a, b = (json.loads(run_sonde("report", "--json", *options, r, check=True).stdout)
                for r in (whole, folded))
        assert rows_of(a) == rows_of(b)
        assert sum(f["self_ns"] for f in b["functions"]) == b["total_ns"]
        assert a["total_calls"] == b["total_calls"]
        assert a["primitive_calls"] <= b["primitive_calls"]
        assert a["quality"]["folded_calls"] == 0 and not notes_of(a)
        assert b["quality"]["folded_calls"] > 9000 and b["quality"]["exact"]
        assert b["quality"]["lost_events"] == 0
        assert re.search("beyond the 1500 a process keeps", b["quality"]["notes"][0])
    by_name = {f["qualname"]: f for f in b["functions"]}
    if not place:
        inside = sum(f["self_ns"] for f in b["functions"] if f["qualname"].startswith(("Walk.", "Number.")))
        assert by_name["Walk.go"]["cumulative_ns"] >= inside, "what is above the mark has it all"
        part, work = by_name["second_part"], by_name["second_work"]
        assert part["cumulative_ns"] == part["self_ns"] + work["cumulative_ns"]
        assert work["cumulative_ns"] > work["self_ns"] > 0, "a part of its own that comes late is kept"
    for tape in tapes(folded):
        made = sum(block[3] for block in tape.blocks if block[1] == NODES)
        # Callers and callees of some 40 functions, below each mark.
        assert made <= 1.125 * 1500 + 2 * 33 * 40 * 3


@pytest.mark.smoke
def test_recursion_beyond_the_budget(record, run_sonde):
    text = """
import sys
sys.setrecursionlimit(40_000)
def down(n):
    return n and 1 + down(n - 1)
def after():
    pass
def main():
    for _ in range(3):
        down(30_000)
        after()
main()
"""
    recording = record("deep", text, "paths=10000")
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    by_name = {f["name"]: f for f in report["functions"]}
    names = {f["id"]: f["name"] for f in report["functions"]}
    assert (by_name["down"]["calls"], by_name["down"]["primitive_calls"]) == (90_003, 3)
    assert {names[c["id"]]: c["calls"] for c in by_name["down"]["callers"]} == {"main": 3, "down": 90_000}
    assert {names[c["id"]]: c["calls"] for c in by_name["after"]["callers"]} == {"main": 3}
    for name in "main", "down":
        assert by_name[name]["cumulative_ns"] >= by_name["down"]["self_ns"]
    text = run_sonde("report", "--tree", "-n", 20_000, recording, check=True).stdout
    assert "<folded paths>" in text and "exact, but for folded paths" in text
    assert "note: 6" in text


@pytest.mark.smoke
def test_more_functions_than_there_is_room_for(record, run_sonde):
    text = """
kept = []
for n in range(300):
    space = {}
    exec(f"def made{n}(x): return x and made{n}(x - 1)", space)
    made = space[f"made{n}"]
    made(2)
    if n % 3:
        kept.append(made)
    else:
        space.clear()
def main():
    for made in kept:
        made(1)
main()
"""
    recording = record("many", text, "functions=150")
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    by_name = {f["name"]: f for f in report["functions"]}
    made = sum(f["calls"] for f in report["functions"] if f["name"].startswith("made"))
    more = by_name["<more functions>"]
    whole = json.loads(run_sonde("report", "--json", record("whole", text), check=True).stdout)
    assert report["total_calls"] == whole["total_calls"]
    assert sum(f["calls"] for f in whole["functions"] if f["name"].startswith("made")) == 300 * 3 + 400
    assert 0 < made < 1000 and more["calls"] >= 300
    assert report["quality"]["more_functions"] >= 150 and report["quality"]["lost_events"] == 0
    assert any("<more functions>" in note for note in report["quality"]["notes"])
    [tape] = tapes(recording)
    assert len(tape.functions) <= 151
    assert len(tape.nodes) < 900


@pytest.mark.smoke
def test_more_names_than_there_is_room_for(record, run_sonde):
    text = """
def call(name):
    space = {}
    exec(f"def {name}(): pass", space)
    space[name]()
for n in range(300):
    call(f"name_{n:04}_" + "x" * 30)
"""
    recording = record("names", text, "texts=9000")
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    calls = {f["name"]: f["calls"] for f in report["functions"] if f["name"].startswith("name_")}
    assert calls and set(calls.values()) == {1}
    assert sum(f["calls"] for f in report["functions"] if f["name"] == "...") >= 300 - len(calls) > 60
    [tape] = tapes(recording)
    assert sum(block[3] for block in tape.blocks if block[1] == TEXTS) <= 9003
    assert report["quality"]["cut_names"] == tape.header.cut_texts > 60


@pytest.mark.smoke
def test_names_that_are_too_long(record, run_sonde):
    text = """
for name in "a" * 65_536, "b" * 65_537, "c" + "ü" * 40_000, "d" * 1_000_000:
    space = {}
    exec(f"def {name}(): pass", space)
    space[name]()
"""
    recording = record("long", text)
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    names = {f["name"][0]: f["name"] for f in report["functions"] if f["name"][0] in "abcd" and f["line"] == 1
             and len(f["name"]) > 1000}
    assert names["a"] == "a" * 65_536
    assert names["b"] == "b" * 65_533 + "..."
    assert names["c"] == "c" + "ü" * 32_766 + "..."
    assert names["d"] == "d" * 65_533 + "..."


FUNCTIONS_MADE = """
for begin in range(0, COUNT, 100):
    space, numbers = {}, range(begin, begin + 100)
    exec("\\n".join(f"def f{n}(): return {n}" for n in numbers), space)
    for n in numbers:
        space[f"f{n}"]()
"""


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=[pytest.mark.long, pytest.mark.smoke])])
def test_many_functions(record, run_sonde, count):
    """Each is a record, its names and, as it is called, a path."""
    recording = record("many", FUNCTIONS_MADE.replace("COUNT", str(count)))
    [tape] = tapes(recording)
    found = {f.name for f in tape.functions.values() if f.file == "<string>" and f.name != "<module>"}
    assert found == {f"f{n}" for n in range(count)}
    assert {tape.nodes[n].calls for f in ("f0", f"f{count - 1}") for n in tape.nodes_of(f)} == {1}
    size = {kind: sum(b[3] * (1 if kind == TEXTS else 64) for b in tape.blocks if b[1] == kind)
            for kind in (FUNCTIONS, NODES, TEXTS)}
    whole = len(tape.data)
    del tape
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_sonde("report", recording, check=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{count} functions: {whole / count:.1f} bytes each, of which its path "
          f"{size[NODES] / count:.1f}; report {cpu:.2f} s of CPU, {wall:.2f} s")
    assert (size[FUNCTIONS] + size[TEXTS]) / count <= 120
    assert sum(size.values()) / count <= 120 + 64
    assert whole <= sum(size.values()) + 4 * 2**20, "the room of the last block of each kind"
    assert "note" not in done.stdout


@pytest.mark.smoke
def test_threads_without_end(record, run_sonde):
    text = """
import os, threading
def work(n):
    for _ in range(n % 5 + 1):
        part()
    space = {"part": part}
    exec("def again(): part()\\nagain()", space)
    space.clear()
def part():
    pass
def run(n):
    t = threading.Thread(target=work, args=(n,))
    t.start(); t.join()
for n in range(300):
    run(n)
pid = os.fork()
for n in range(100):
    run(n)
if pid:
    os.waitpid(pid, 0)
"""
    recording = record("threads", text, "threads=20")
    report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
    calls = {f["name"]: (f["calls"], f["primitive_calls"]) for f in report["functions"]}
    assert calls["work"] == (500, 500) and calls["part"] == (500 * 3 + 500, 500 * 3 + 500)
    assert calls["again"] == (500, 500)
    for tape in tapes(recording):
        assert len(tape.threads) <= 23
        merged = sum(t.merged for t in tape.threads.values())
        assert len(tape.threads) + merged == (401 if tape.header.lost_events == 0 and merged > 200 else 101)
        assert len([f for f in tape.functions.values() if f.name == "again"]) <= 3
    assert any(re.fullmatch(r"Thread-\d+ \(work\) and \d+ more", t["name"]) for t in report["threads"])
    assert report["total_ns"] == sum(t["self_ns"] for t in report["threads"])


def test_the_page_tells_the_kinds(root):
    page = (root / "doc/format.md").read_text()
    assert f"{FOLDED} none: its nodes are markers" in page
    assert f"{FOLDED + 1} all functions that came" in page


def test_the_option(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text(WALK)
    done = run_sonde("run", "--python", python, "--max-paths", "300", "-o", "x", "app.py", check=True)
    assert done.stderr == ""
    assert tapes(tmp_path / "x.sonde")[0].header.max_paths == 300
    for value in "0", "x", "-1", "1k", "", "9" * 30:
        done = run_sonde("run", "--max-paths", value, "-o", "y", "app.py")
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and "--max-paths" in done.stderr
