# SPDX-License-Identifier: Apache-2.0
"""Files of cProfile and profile in sonde report: every figure is what pstats.Stats has."""

import collections
import marshal
import pstats
import subprocess
import sys

import pytest

from profiled import PROGRAM, write_profile


@pytest.fixture
def write(python, tmp_path):
    """write("cProfile", "a.pstats", 10): a file of the program, by that module."""

    def write(module, name, size):
        return write_profile(python, module, tmp_path, name, size)

    return write


def key_of(function):
    return function["file"], function["line"], function["name"]


def as_sonde_has_it(key):
    """The key of a builtin as the module profile has it is given cProfile's name."""
    file, line, name = key
    if (file, line) != ("", 0):
        return key
    known = {"len", "isinstance", "print", "sorted", "getattr", "exec", "hasattr", "repr"}
    return "~", 0, f"<built-in method builtins.{name}>" if name in known else name


def figures_of(report):
    keys = {f["id"]: key_of(f) for f in report["functions"]}
    assert len(set(keys.values())) == len(keys)
    return {key_of(f): (f["calls"], f["primitive_calls"], f["self_ns"], f["cumulative_ns"],
                        {keys[c["id"]]: (c["calls"], c["primitive_calls"], c["self_ns"],
                                         c["cumulative_ns"]) for c in f["callers"]})
            for f in report["functions"]}


def check_row(got, cc, nc, tt, ct, files):
    assert got[:2] == (nc, cc)
    for ns, seconds in (got[2], tt), (got[3], ct):
        assert abs(ns - seconds * 1e9) <= files  # half a nanosecond each, and what floats lose


def check_equal(report, stats, files):
    """stats.stats: {key: (cc, nc, tt, ct, callers)}."""
    figures = figures_of(report)
    expected = collections.Counter(map(as_sonde_has_it, stats.stats))
    assert max(expected.values()) == 1 and set(expected) == set(figures)
    for key, (cc, nc, tt, ct, callers) in stats.stats.items():
        got = figures[as_sonde_has_it(key)]
        check_row(got, cc, nc, tt, ct, files)
        assert set(got[4]) == {as_sonde_has_it(caller) for caller in callers}
        for caller, value in callers.items():
            row = got[4][as_sonde_has_it(caller)]
            if isinstance(value, tuple):
                calls, primitive, tt, ct = value
                check_row(row, primitive, calls, tt, ct, files)
            else:
                assert row == (value, None, None, None)
    assert report["total_calls"] == stats.total_calls
    assert report["primitive_calls"] == stats.prim_calls
    assert abs(report["total_ns"] - stats.total_tt * 1e9) <= len(figures) * files


@pytest.mark.wide
@pytest.mark.parametrize("module", ["cProfile", "profile"])
def test_a_file(write, report, module):
    name = write(module, "a.prof", 12)
    check_equal(report(name), pstats.Stats(name), 1)


@pytest.mark.wide
@pytest.mark.parametrize("module", ["cProfile", "profile"])
def test_files_add_up(write, report, module):
    names = [write(module, f"{size}.pstats", size) for size in (8, 11, 13)]
    got = report(*names)
    check_equal(got, pstats.Stats(*names), 3)
    assert [p["name"] for p in got["processes"]] == ["8.pstats", "11.pstats", "13.pstats"]
    for process, thread, name in zip(got["processes"], got["threads"], names):
        assert process["pid"] is process["wall_ns"] is process["parent"] is None
        assert (process["role"], process["entered"]) == ("file", True)
        assert abs(thread["self_ns"] - pstats.Stats(name).total_tt * 1e9) <= len(got["functions"])
    rows = {r["key"]: r["self_ns"] for r in report("--by", "process", *names)["rows"]}
    assert rows == {p["name"]: t["self_ns"] for p, t in zip(got["processes"], got["threads"])}


def test_a_recording_and_a_file_are_one_profile(write, report, run_sonde, python, tmp_path):
    """The same program: each Python function has one row, with the counts of both."""
    write("cProfile", "a.pstats", 10)
    stats = marshal.loads((tmp_path / "a.pstats").read_bytes())
    path = tmp_path / "cProfile-10.py"  # what the file says it is of
    own = {key[1:]: value[1] for key, value in stats.items() if key[0] == str(path)}
    path.write_text(PROGRAM + "main()")
    run_sonde("run", "-q", "-o", "r", "--python", python, path, "x", "10", check=True)
    got = report("a.pstats", "r.sonde")
    rows = {(f["line"], f["name"]): f for f in got["functions"] if f["file"] == str(path)}
    assert len(rows) == sum(f["file"] == str(path) for f in got["functions"])
    assert len([name for _, name in own if name == "__init__"]) == 2
    for key, calls in own.items():
        f = rows[key]
        assert f["calls"] + f["resumes"] == 2 * calls, key
    assert "Shelf.add" in {f["qualname"] for f in rows.values()}
    assert len([f for f in got["functions"] if f["qualname"] == "builtins.len"]) == 1
    assert got["run"]["clock"] == "unknown" and got["run"]["wall_ns"] is None
    assert not got["quality"]["sampled"] and len(got["quality"]["notes"]) == 2


PEAK = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
print(status, used.ru_maxrss * 1024)
"""


@pytest.mark.long
@pytest.mark.parametrize("files", [1, 4])
@pytest.mark.parametrize("words", [[], ["--callers", "-n", "100"], ["--by", "file"], ["--json"]], ids=str)
def test_big_files_take_four_times_their_size_of_memory(root, sonde, tmp_path, words, files):
    """50,000 functions, 400,000 callers each: by a small process, whose own size does not count."""
    names = [f"{seed}.prof" for seed in range(files)]
    for seed, name in enumerate(names):
        subprocess.run([sys.executable, root / "bench/big_dump.py", name, "50000", str(seed)], cwd=tmp_path, check=True)
    size = sum((tmp_path / name).stat().st_size for name in names)
    done = subprocess.run([sys.executable, "-S", "-c", PEAK, sonde, "report", *names, *words], cwd=tmp_path,
                          check=True, text=True, stdout=subprocess.PIPE)
    status, peak = map(int, done.stdout.split())
    assert status == 0 and peak <= 4 * size
