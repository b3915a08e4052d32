# SPDX-License-Identifier: Apache-2.0
"""A recording with folded paths whose every figure is known, in each view."""

import json

import jsonschema
import pytest

from tape_writer import FOLDED, MORE, TYPE, Tape

MS = 1_000_000


@pytest.fixture
def folded(tmp_path):
    """main calls f, f calls g and itself, g calls int and that A.__int__: beyond f > g it is folded."""
    tape = Tape(pid=7, max_paths=5, more_functions=3, wall_ns=1000 * MS)
    file = "/srv/app.py"
    f = {name: tape.function(name, file, line) for line, name in enumerate(["<module>", "main", "f", "g"], 1)}
    f["__int__"] = tape.function("__int__", file, 9, qualname="A.__int__")
    f["int"] = tape.function("<class 'int'>", qualname="builtins.int", kind=TYPE)
    f["folded"] = tape.function("<folded paths>", kind=FOLDED)
    f["more"] = tape.function("<more functions>", kind=MORE)
    for _ in range(2):  # threads
        t = tape.thread("MainThread")
        module = tape.node(t, None, f["<module>"], 1, 1 * MS)
        main = tape.node(t, module, f["main"], 1, 2 * MS)
        first = tape.node(t, main, f["f"], 1, 4 * MS)
        tape.node(t, first, f["g"], 2, 8 * MS)
        mark = tape.node(t, main, f["folded"], 0, 0)
        caller = tape.node(t, mark, f["f"], 0, 0)
        tape.node(t, caller, f["f"], 10, 16 * MS)
        tape.node(t, caller, f["g"], 20, 32 * MS)
        caller = tape.node(t, mark, f["g"], 0, 0)
        made = tape.node(t, caller, f["int"], 40, 64 * MS)
        tape.node(t, made, f["__int__"], 40, 128 * MS)
        caller = tape.node(t, mark, f["__int__"], 0, 0)
        tape.node(t, caller, f["more"], 5, 256 * MS)
    tape.write(tmp_path / "x.sonde")


@pytest.fixture
def report(folded, run_sonde, root):
    schema = json.loads((root / "doc/schema/report.json").read_text())

    def report(*words):
        found = json.loads(run_sonde("report", "--json", *words, "x.sonde", check=True).stdout)
        jsonschema.validate(found, schema)
        return found, {f["name"]: f for f in found["functions"]}

    return report


def callers(by_name, name):
    names = {f["id"]: f["name"] for f in by_name.values()}
    return {names[c["id"]]: (c["calls"], c["self_ns"] // MS) for c in by_name[name]["callers"]}


def test_figures(report):
    found, by_name = report()
    assert {name: (f["calls"], f["self_ns"] // MS) for name, f in by_name.items()} == {
        "<module>": (2, 2), "main": (2, 4), "f": (22, 40), "g": (44, 80), "<class 'int'>": (80, 128),
        "__int__": (80, 256), "<more functions>": (10, 512)}
    assert callers(by_name, "f") == {"main": (2, 8), "f": (20, 32)}
    assert callers(by_name, "g") == {"f": (44, 80)}
    assert callers(by_name, "<class 'int'>") == {"g": (80, 128)}
    assert callers(by_name, "__int__") == {"<class 'int'>": (80, 256)}
    assert callers(by_name, "<more functions>") == {"__int__": (10, 512)}
    assert callers(by_name, "main") == {"<module>": (2, 4)}
    # What is above the mark has all; below it what is known.
    whole = found["total_ns"] // MS
    assert whole == 2 * 511
    assert by_name["main"]["cumulative_ns"] // MS == whole - 2
    assert by_name["f"]["primitive_calls"] == 2, "the folded ones were made by f itself"
    assert by_name["f"]["cumulative_ns"] // MS == 2 * (4 + 8 + 16 + 32)
    assert by_name["g"]["cumulative_ns"] // MS == 2 * (8 + 32 + 64 + 128)
    assert found["quality"]["folded_calls"] == 2 * 115
    assert found["quality"]["more_functions"] == 3
    assert ["115" in note or "230 calls" in note for note in found["quality"]["notes"]][0]
    assert "the 5 a process keeps" in found["quality"]["notes"][0]
    assert "3 functions" in found["quality"]["notes"][1]


def test_as_cprofile(report):
    found, by_name = report("--as-cprofile")
    assert by_name["g"]["self_ns"] // MS == 80 + 128
    assert callers(by_name, "__int__") == {"g": (80, 256)}
    assert callers(by_name, "f") == {"main": (2, 8), "f": (20, 32)}
    assert found["total_ns"] // MS == 2 * 511


def test_nodes(report):
    found, by_name = report("--tree")
    names = {f["id"]: f["name"] for f in by_name.values()}
    node = {n["id"]: n for n in found["nodes"]}

    def path(n):
        return (path(node[n["parent"]]) if n["parent"] is not None else []) + [names[n["function"]]]

    assert len(node) == 2 * 12
    folded = sorted((" ".join(path(n)), n["calls"]) for n in found["nodes"] if n.get("folded"))
    assert folded[::2] == folded[1::2] == [
        ("<module> main __int__", 0), ("<module> main __int__ <more functions>", 5), ("<module> main f", 0),
        ("<module> main f f", 10), ("<module> main f g", 20), ("<module> main g", 0),
        ("<module> main g <class 'int'>", 40), ("<module> main g <class 'int'> __int__", 40)]
    for n in found["nodes"]:
        below = sum(c["cumulative_ns"] for c in found["nodes"] if c["parent"] == n["id"])
        assert n["cumulative_ns"] == n["self_ns"] + below


def test_tree(folded, run_sonde):
    text = run_sonde("report", "--tree", "x.sonde", check=True).stdout
    assert text.splitlines()[0].endswith("exact, but for folded paths: see the note")
    rows = [(line[:9].strip(), line[24:35].strip(), line[38:]) for line in text.splitlines()[3:16]]
    assert rows == [
        ("1.02 s", "2", "<module>  /srv/app.py:1"),
        ("1.02 s", "2", "  main  /srv/app.py:2"),
        ("0.99 s", "", "    <folded paths>"),
        ("0.51 s", "", "      A.__int__  /srv/app.py:9"),
        ("0.51 s", "10", "        <more functions>"),
        ("0.38 s", "", "      g  /srv/app.py:4"),
        ("0.38 s", "80", "        int"),
        ("0.26 s", "80", "          A.__int__  /srv/app.py:9"),
        ("0.10 s", "", "      f  /srv/app.py:3"),
        ("64.0 ms", "40", "        g  /srv/app.py:4"),
        ("32.0 ms", "20", "        f  /srv/app.py:3"),
        ("24.0 ms", "2", "    f  /srv/app.py:3"),
        ("16.0 ms", "4", "      g  /srv/app.py:4")]


def test_callers_and_groups(folded, run_sonde):
    text = run_sonde("report", "--callers", "--only", "__int__", "x.sonde", check=True).stdout
    assert "int" in text and "80" in text
    for by in "file", "module", "package", "thread", "process", "role":
        found = json.loads(run_sonde("report", "--json", "--by", by, "x.sonde", check=True).stdout)
        assert sum(row["self_ns"] for row in found["rows"]) == 2 * 511 * MS
        assert sum(row["calls"] for row in found["rows"]) == found["total_calls"] == 240
