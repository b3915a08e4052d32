# SPDX-License-Identifier: Apache-2.0
"""What sonde report makes of .pstats files whose every figure is known.

GOLDEN=write pytest test/golden rewrites the expected texts; read the difference.
"""

import json
import marshal
import os
import pathlib
import re

import jsonschema
import pytest

from orders import write_orders
from terminal import on_terminal

HERE = pathlib.Path(__file__).parent

LOAD = "/srv/orders/feed.py", 88, "load"
PARSE = "/srv/orders/feed.py", 41, "parse_line"
WALK = "/usr/lib/python3.13/tree/walk.py", 7, "walk"
MODULE = "/srv/orders.py", 1, "<module>"
LEN = "~", 0, "<built-in method builtins.len>"
EXECUTE = "~", 0, "<method 'execute' of 'sqlite3.Cursor' objects>"


def write(path, functions):
    """functions: {key: (cc, nc, tt, ct, callers)}, as cProfile dumps them."""
    path.write_bytes(marshal.dumps(functions, 2))


def write_known(folder):
    """One file of cProfile's, one of profile's, of the same program."""
    write(folder / "a.pstats", {
        MODULE: (1, 1, .02, 4.0, {}),
        LOAD: (2, 2, .04, 3.98, {MODULE: (2, 2, .04, 3.98)}),
        PARSE: (2_000_000, 2_000_000, 3.2, 3.3, {LOAD: (2_000_000, 2_000_000, 3.2, 3.3)}),
        LEN: (2_000_000, 2_000_000, .1, .1, {PARSE: (2_000_000, 2_000_000, .1, .1)}),
        EXECUTE: (5, 5, .639_999_6, .639_999_6, {LOAD: (5, 5, .639_999_6, .639_999_6)}),
        WALK: (1, 13, 4e-7, 4e-7, {MODULE: (1, 1, 1e-7, 4e-7), WALK: (12, 3, 3e-7, 3e-7)}),
    })
    write(folder / "b.prof", {
        ("profile", 0, "profiler"): (0, 0, 0, 0, {}),
        LOAD: (1, 1, .5, 3.5, {MODULE: 1}),
        PARSE: (1000, 1000, 3.0, 3.0, {LOAD: 1000}),
        ("", 0, "len"): (7, 7, 0.001, 0.001, {PARSE: 7}),
        ("", 0, "append"): (2, 2, -1e-6, 1e-6, {PARSE: 2}),
    })


def write_sampled(path):
    """Seven samples a millisecond apart: five in a loop's line, two in another."""
    loop, call = ("/srv/loop.py", 3, "loop"), ("/srv/loop.py", 9, "main")
    write(path, {loop: (5, 5, .005, .005, {call: 5}), call: (2, 7, .002, .007, {}),
                 ("__sampled__",): True})


@pytest.fixture
def files(tmp_path):
    write_known(tmp_path)
    write_sampled(tmp_path / "sampled.pstats")
    write_orders(tmp_path / "orders.sonde")


VIEWS = {
    "table": ["a.pstats"],
    "callers": ["a.pstats", "--callers", "--only", "parse|len|walk"],
    "callees": ["a.pstats", "--callees", "--only", "load|walk"],
    "old_callers": ["b.prof", "--callers"],
    "both": ["a.pstats", "b.prof"],
    "by_file": ["a.pstats", "b.prof", "--by", "file"],
    "by_module": ["a.pstats", "--by", "module"],
    "by_process": ["a.pstats", "b.prof", "--by", "process"],
    "processes": ["a.pstats", "b.prof", "--processes"],
    "sampled": ["sampled.pstats"],
    "sampled_callers": ["sampled.pstats", "--callers"],
    "beside_a_recording": ["orders.sonde", "a.pstats", "-n", "6"],
    "tree_beside_a_recording": ["a.pstats", "orders.sonde", "--tree", "-n", "3"],
}


@pytest.mark.parametrize("view", VIEWS)
def test_text(files, run_sonde, view):
    done = run_sonde("report", *VIEWS[view])
    assert (done.returncode, done.stderr) == (0, "")
    path = HERE / f"pstats_{view}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(done.stdout)
    assert done.stdout == path.read_text()
    assert "0.00 " not in done.stdout


@pytest.fixture
def report(run_sonde, root):
    validator = jsonschema.Draft202012Validator(json.loads((root / "doc/schema/report.json").read_text()))

    def report(*words):
        done = run_sonde("report", "--json", *words)
        assert (done.returncode, done.stderr) == (0, "")
        got = json.loads(done.stdout)
        validator.validate(got)
        return got

    return report


def test_what_is_not_known_is_null(files, report):
    got = report("b.prof")
    assert got["run"] == {"program": None, "pythons": [], "started": None, "wall_ns": None,
                          "clock": "unknown"}
    assert got["processes"] == [{
        "pid": None, "parent": None, "name": "b.prof", "role": "file", "program": None,
        "python": None, "wall_ns": None, "cpu_ns": None, "exit": None, "signal": None,
        "entered": True, "reason": None, "alive": False}]
    # What is below 0 counts as 0, and is told.
    assert got["threads"] == [{"id": 0, "process": 0, "pid": None, "name": "",
                               "self_ns": 3_501_000_000}]
    functions = {f["name"]: f for f in got["functions"]}
    assert functions["append"]["self_ns"] == 0 and functions["append"]["cumulative_ns"] == 1000
    assert "below 0" in got["quality"]["notes"][-1]
    assert functions["parse_line"]["callers"] == [{
        "id": functions["load"]["id"], "calls": 1000, "primitive_calls": None, "resumes": 0,
        "self_ns": None, "cumulative_ns": None}]
    assert functions["profiler"]["calls"] == functions["<module>"]["calls"] == 0


def test_counts_of_samples_are_told(files, report):
    got = report("sampled.pstats")
    assert (got["quality"]["exact"], got["quality"]["sampled"]) == (False, True)
    assert {f["name"]: (f["calls"], f["primitive_calls"]) for f in got["functions"]} == {
        "loop": (5, 5), "main": (7, 2)}
    assert report("a.pstats")["quality"]["exact"]


def test_what_does_not_come_back_is_no_estimate(files, report):
    rows = {r["key"]: r for r in report("a.pstats", "--by", "file")["rows"]}
    assert not any("cumulative_least_ns" in r for r in rows.values())
    assert rows["/srv/orders/feed.py"]["cumulative_ns"] == 3_980_000_000


def test_estimates_have_bounds(tmp_path, report):
    """main 10 s -> feed.f 2 s -> walk.w 1 s -> feed.g 2 s: feed.py is active for 5 s."""
    main, f, w, g = (("/srv/main.py", 1, "main"), ("/srv/feed.py", 1, "f"), ("/srv/walk.py", 1, "w"),
                     ("/srv/feed.py", 9, "g"))
    write(tmp_path / "x.pstats", {main: (1, 1, 10.0, 15.0, {}), f: (1, 1, 2.0, 5.0, {main: (1, 1, 2.0, 5.0)}),
                                  w: (1, 1, 1.0, 3.0, {f: (1, 1, 1.0, 3.0)}),
                                  g: (1, 1, 2.0, 2.0, {w: (1, 1, 2.0, 2.0)})})
    rows = {r["key"]: {key: ns / 1e9 for key, ns in r.items() if key.endswith("_ns") and ns is not None}
            for r in report("x.pstats", "--by", "file")["rows"]}
    assert rows["/srv/feed.py"] == {"self_ns": 4, "cumulative_ns": 7, "cumulative_least_ns": 5,
                                    "cumulative_most_ns": 7}
    assert rows["/srv/main.py"] == {"self_ns": 10, "cumulative_ns": 15}
    assert rows["/srv/walk.py"] == {"self_ns": 1, "cumulative_ns": 3}


@pytest.mark.parametrize("words, said", [
    (["a.pstats", "--tree"], "no call paths: a.pstats: "),
    (["a.pstats", "b.prof", "--tree", "--json"], "no call paths: a.pstats and 1 more: "),
    (["a.pstats", "--corrected"], "no corrected times: a.pstats: "),
    (["a.pstats", "sampled.pstats"], "cannot be one profile: sampled.pstats: its counts are samples"),
    (["sampled.pstats", "a.pstats"], "cannot be one profile: a.pstats: its counts are calls"),
    (["orders.sonde", "sampled.pstats"], "cannot be one profile: sampled.pstats: "),
    (["cut.pstats"], "cut.pstats: byte "),
    (["class.pstats", "--as-cprofile"], "cannot count as cProfile does: class.pstats: "),
])
def test_what_cannot_be_known_is_refused(files, tmp_path, run_sonde, words, said):
    whole = (tmp_path / "a.pstats").read_bytes()
    (tmp_path / "cut.pstats").write_bytes(whole[:len(whole) // 2])
    write(tmp_path / "class.pstats", {("~", 0, "<class 'int'>"): (1, 1, .1, .1, {})})
    done = run_sonde("report", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch("sonde: [^\n]*\n", done.stderr) and said in done.stderr


def test_fits_a_narrow_terminal(files, sonde, clean_env, tmp_path):
    text = on_terminal(sonde, clean_env | {"TERM": "xterm", "LANG": "C.UTF-8"}, tmp_path, 80, "report", "a.pstats")
    text = re.sub("\33\\[[0-9]*m", "", text)
    assert [line for line in text.split("\n") if len(line.rstrip("\r")) > 80] == []
    assert "note: A .pstats file tells functions and their callers: no call paths,\n processes, " in text


def test_times_that_are_no_numbers_are_told_as_that(tmp_path, report):
    write(tmp_path / "n.pstats", {("/x.py", 1, "f"): (1, 1, float("nan"), 0.5, {})})
    assert report("n.pstats")["quality"]["notes"][1:] == ["Times that are no numbers (NaN) are shown as 0."]
    write(tmp_path / "e.pstats", {})
    write(tmp_path / "b.pstats", {("/x.py", 1, "f"): (1, 1, -.5, 0.5, {})})
    assert [note for note in report("b.pstats")["quality"]["notes"] if "below 0" in note]


def test_an_empty_dump_has_no_paths_to_show(tmp_path, run_sonde):
    write(tmp_path / "e.pstats", {})
    assert "--tree" not in run_sonde("report", "e.pstats").stdout
    assert "no call paths" in run_sonde("report", "--tree", "e.pstats").stderr


def test_files_of_one_name_are_told_by_their_paths(files, tmp_path, report):
    for folder in "x", "y":
        (tmp_path / folder).mkdir()
        write_known(tmp_path / folder)
    got = report("x/a.pstats", "y/a.pstats", "b.prof", "--by", "process")
    assert sorted(r["key"] for r in got["rows"]) == ["b.prof", "x/a.pstats", "y/a.pstats"]


def test_functions_that_look_alike_are_told_by_their_folders(tmp_path, run_sonde, sonde, clean_env):
    """Where a narrow terminal has no room, and where the library's folder is left out."""
    deep = "/srv/a/very/long/path/to/the/folder/of/the"
    write(tmp_path / "x.pstats", {
        (f"{deep}/first/model.py", 9, "save"): (1, 1, 9.0, 9.0, {}),
        (f"{deep}/second/model.py", 9, "save"): (1, 1, 8.0, 8.0, {}),
        (f"{deep}/second/view.py", 9, "save"): (1, 1, 7.0, 7.0, {}),
        ("/venv1/lib/python3.12/site-packages/pkg/x.py", 9, "f"): (1, 1, 6.0, 6.0, {}),
        ("/venv2/lib/python3.12/site-packages/pkg/x.py", 9, "f"): (1, 1, 5.0, 5.0, {}),
        ("/venv2/lib/python3.12/site-packages/pkg/x.py", 7, "g"): (1, 1, 4.0, 4.0, {}),
    })
    text = run_sonde("report", "x.pstats", check=True).stdout
    places = [line.split()[-1] for line in text.splitlines()[3:9]]
    assert len(set(places)) == 6 and places[5] == "pkg/x.py:7"
    text = on_terminal(sonde, clean_env | {"TERM": "dumb"}, tmp_path, 80, "report", "x.pstats")
    places = [line.split()[-1] for line in text.splitlines()[3:9]]
    for place, end in zip(places, ["/first/model.py:9", "/second/model.py:9", "/view.py:9"]):
        assert place.endswith(end) and not place.startswith("/srv")
    assert len(set(places)) == 6
    wide = on_terminal(sonde, clean_env | {"TERM": "dumb"}, tmp_path, 120, "report", "x.pstats")
    assert f"{deep}/first/model.py:9" in wide


def test_modules_of_one_name_stay_apart(tmp_path, report):
    write(tmp_path / "x.pstats", {("/srv/app/one/model.py", 1, "f"): (1, 1, 1.0, 1.0, {}),
                                  ("/srv/app/two/model.py", 1, "f"): (1, 1, 2.0, 2.0, {})})
    keys = [r["key"] for r in report("x.pstats", "--by", "module")["rows"]]
    assert keys == ["two.model", "one.model"]
