# SPDX-License-Identifier: Apache-2.0
"""What any Python's profilers dump opens whole, and holds what that Python itself reads of it."""

import json
import subprocess

import pytest

from .pythons import MISSING, PYTHONS


@pytest.fixture(scope="session", params=PYTHONS)
def dumps(request, dumps_of):
    return dumps_of(request.param)


def test_what_was_tried_is_told():
    print("dumps of:", *PYTHONS, "missing:", *MISSING)
    assert len(PYTHONS) >= 2



def test_all_open_whole(dumps, dump_tool):
    names = sorted(dumps.glob("*.prof"))
    assert len(names) >= 3 * 8
    for path in names:
        done = subprocess.run([dump_tool, "json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, (path.name, done.stderr)
        ours = json.loads(done.stdout)
        sampled, functions = json.loads(path.with_suffix(".json").read_text())
        assert ours["sampled"] == sampled
        read = [turned(f) for f in ours["functions"]]
        if (dumps / "dicts-have-no-order").exists():
            assert in_order(read) == in_order(functions), path.name
        else:
            assert read == functions, path.name
        cc, nc, tt, _ = ours["totals"]
        assert (cc, nc) == (sum(f[3] for f in functions), sum(f[4] for f in functions))
        assert tt == added(f[5] for f in read)


def added(values):
    """One after another, as pstats does; sum() of Python 3.12 and later is more exact."""
    total = 0
    for value in values:
        total += value
    return total


def in_order(functions):
    return sorted([*figures, sorted(callers)] for *figures, callers in functions)


def turned(function):
    """A caller has its figures the other way round in the file."""
    *figures, callers = function
    return [*figures, [c if len(c) == 4 else [*c[:3], c[4], c[3], *c[5:]] for c in callers]]


def test_every_writer_was_tried(dumps):
    names = {path.stem for path in dumps.glob("*.prof")}
    for program in "recursion", "classes", "names":
        assert {f"{program}-{writer}" for writer in ("cprofile", "profile", "code", "m-cProfile", "m-profile", "marshal0",
                                                     "marshal2")} <= names
    if (dumps / "names-marshal6.prof").exists():  # 3.15 has a sampler
        assert "recursion-sampled" in names
        functions = json.loads((dumps / "recursion-sampled.json").read_text())
        assert functions[0] is True and len(functions[1]) > 3


def test_written_again_it_is_the_same(dumps, dump_tool, tmp_path):
    for path in sorted(dumps.glob("*.prof")):
        first, again = [subprocess.run([dump_tool, "json", p], stdout=subprocess.PIPE, check=True).stdout
                        for p in (path, rewritten(dump_tool, path, tmp_path / "again.prof"))]
        assert first == again, path.name


def rewritten(dump_tool, path, to):
    to.write_bytes(subprocess.run([dump_tool, "write", path], stdout=subprocess.PIPE, check=True).stdout)
    return to
