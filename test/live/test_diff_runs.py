# SPDX-License-Identifier: Apache-2.0
"""sonde diff over programs that were run: functions are found again, calls are exact."""

import json
import os
import subprocess

import pytest

BEFORE = """\
def leaf(n):
    return n

class Shelf:
    def __init__(self, n):
        self.books = [leaf(i) for i in range(n)]

    def count(self):
        return len(self.books)

class Box:
    def __init__(self, n):
        self.shelf = Shelf(n)

def gone():
    return leaf(1)

def pick(rows):
    return sorted(rows, key=lambda row: -row), max(rows, key=lambda row: row)

def main():
    Box(20).shelf.count()
    gone()
    pick([1, 2, 3])

main()
"""
# Lines came in front, a method was edited, one function went and one came, more is done.
AFTER = "import sys\n\n\n" + BEFORE.replace("return len(self.books)", "x = len(self.books)\n        return x").replace(
    "gone", "came").replace("Box(20)", "Box(50)")


@pytest.fixture
def run(run_sonde, python, tmp_path):
    """run("old", BEFORE): a recording of the program in a folder of that name."""

    def run(folder, text, *options):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "shop.py").write_text(text)
        run_sonde("run", "-q", "-o", folder, *options, "--python", python, f"{folder}/shop.py", check=True)
        return f"{folder}.sonde"

    return run


def own(got):
    return {f["qualname"].replace("<locals>.", ""): f for f in got["functions"] if f["file"].endswith("shop.py")}


@pytest.mark.smoke
def test_what_changed_between_two_programs(run, run_sonde, python_version):
    files = run("old", BEFORE), run("new", AFTER)
    got = json.loads(run_sonde("diff", "--json", "--tree", *files, check=True).stdout)
    f = own(got)
    assert {name: function["change"] for name, function in f.items() if function["change"] in ("new", "gone")} == {
        "gone": "gone", "came": "new"}
    calls = {name: (function["calls_before"], function["calls_after"]) for name, function in f.items()}
    assert calls["leaf"] == (21, 51) and calls["Shelf.__init__"] == calls["Box.__init__"] == (1, 1)
    assert (calls["gone"], calls["came"]) == ((1, 0), (0, 1))
    for name, function in f.items():
        if function["change"] not in ("new", "gone"):
            assert function["moved_from"]["file"].endswith("/old/shop.py"), name
            moved = 0 if name == "<module>" else 4 if function["line"] > 13 else 3
            assert function["line"] - function["moved_from"]["line"] == moved, name
    lambdas = [function for function in got["functions"] if function["name"] == "<lambda>"]
    assert sorted((function["calls_before"], function["calls_after"]) for function in lambdas) == [(3, 3), (3, 3)]
    names = {function["id"]: function["qualname"] for function in got["functions"]}
    leaves = {tuple(path_of(got["nodes"], node, names)): node["calls_after"] for node in got["nodes"]
              if names[node["function"]] == "leaf"}
    comprehension = ["Shelf.__init__.<locals>.<listcomp>"] if python_version < (3, 12) else []
    assert leaves["<module>", "main", "Box.__init__", "Shelf.__init__", *comprehension, "leaf"] == 50


def path_of(nodes, node, names):
    by_id = {n["id"]: n for n in nodes}
    path = []
    while node:
        path.insert(0, names[node["function"]])
        node = by_id.get(node["parent"])
    return path


def test_the_same_program_twice(run, run_sonde, python, clean_env):
    """Nothing is new, gone or called another number of times; corrected times as well."""
    files = run("one", BEFORE), run("two", BEFORE)
    env = {**clean_env, "PATH": f"{os.path.dirname(python)}:{clean_env['PATH']}"}  # which may be measured
    for words in [], ["--corrected"], ["--as-cprofile"]:
        got = json.loads(run_sonde("diff", "--json", *words, *files, check=True, env=env).stdout)
        for function in own(got).values():
            assert function["calls_before"] == function["calls_after"] > 0
            assert function["change"] in ("same", "changed")


def test_a_dump_of_cprofile_beside_a_recording(run, run_sonde, python, tmp_path):
    """Counted alike: each function of ours as often as in the recording."""
    recording = run("one", BEFORE)
    subprocess.run([python, "-m", "cProfile", "-o", "one.prof", "one/shop.py"], cwd=tmp_path, check=True)
    got = json.loads(run_sonde("diff", "--json", "--as-cprofile", "one.prof", recording, check=True).stdout)
    shared = [function for function in own(got).values() if function["change"] not in ("new", "gone")]
    assert {"leaf", "gone", "pick", "main", "Shelf.__init__", "Box.__init__"} <= {f["qualname"] for f in shared}
    for function in shared:
        assert function["calls_before"] == function["calls_after"], function["qualname"]
