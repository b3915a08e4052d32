# SPDX-License-Identifier: Apache-2.0
"""What sonde report prints of recordings whose every figure is known.

GOLDEN=write pytest test/golden rewrites the expected texts; read the difference.
"""

import json
import re
import unicodedata

import jsonschema
import pytest

from orders import write_orders
from tape_writer import SECOND, Tape
from terminal import on_terminal

MS, US = 1_000_000, 1_000


@pytest.fixture
def orders(tmp_path):
    write_orders(tmp_path / "orders.sonde")
    return "orders.sonde"


VIEWS = {
    "table": [],
    "callers": ["--callers", "--only", "parse_line|len"],
    "callees": ["--callees", "--only", "load$|walk"],
    "tree": ["--tree"],
    "tree_of_some": ["--tree", "--only", "sqlite3", "-n", "3"],
    "processes": ["--processes"],
    "by_file": ["--by", "file"],
    "by_module": ["--by", "module"],
    "by_package": ["--by", "package", "-s", "cumulative"],
    "by_thread": ["--by", "thread"],
    "by_process": ["--by", "process"],
    "by_role": ["--by", "role"],
    "as_cprofile": ["--as-cprofile"],
    "strip_dirs": ["--strip-dirs", "-n", "3", "-s", "name"],
}


@pytest.mark.parametrize("view", VIEWS)
def test_text(orders, check_golden, view):
    check_golden(view, "report", orders, *VIEWS[view])


def test_alone(orders, check_golden):
    check_golden("alone")


def report(run_sonde, *words):
    done = run_sonde("report", "--json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validate(root):
    schema = json.loads((root / "doc/schema/report.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).validate


@pytest.mark.parametrize("words", [[], ["--tree"], ["--by", "module"], ["--as-cprofile"],
                                   ["-n", "2", "--strip-dirs", "--by", "thread", "--tree"]])
def test_json_is_as_its_schema_says(orders, run_sonde, validate, words):
    validate(report(run_sonde, orders, *words))


def test_json_figures(orders, run_sonde):
    got = report(run_sonde, orders)
    functions = {(f["qualname"], f["line"]): f for f in got["functions"]}
    assert got["total_ns"] == sum(f["self_ns"] for f in got["functions"])
    assert got["total_ns"] == sum(t["self_ns"] for t in got["threads"])
    assert got["total_calls"] == sum(f["calls"] for f in got["functions"])
    parse, load = functions["Feed.parse_line", 41], functions["load", 88]
    assert parse["calls"] == parse["primitive_calls"] == 4_008_008
    assert parse["self_ns"] == 7_810 * MS and parse["cumulative_ns"] == 8_020 * MS
    assert parse["callers"] == [{"id": load["id"], "calls": 4_000_000, "primitive_calls": 4_000_000,
                                 "resumes": 0, "self_ns": 7_790 * MS, "cumulative_ns": 8_000 * MS}]
    walk = functions["walk", 7]
    assert (walk["calls"], walk["primitive_calls"]) == (13, 1)
    assert walk["self_ns"] == walk["cumulative_ns"] == 129 * US
    assert functions["rows", 60]["resumes"] == 11_999
    # The same builtin of two processes is one function; two lambdas of a line are two.
    assert functions["builtins.len", 0]["calls"] == 5_000_000
    assert sorted(f["calls"] for f in got["functions"] if f["name"] == "<lambda>") == [7, 10]
    assert functions["__init__", 2]["class"] == "Point"
    assert got["run"] == {"program": "orders.py", "pythons": ["3.13.0"], "clock": "wall",
                          "started": "2026-09-21T14:13:20.000000Z", "wall_ns": 12_500 * MS}
    ends = {p["pid"]: (p["role"], p["exit"], p["signal"], p["entered"], p["reason"])
            for p in got["processes"]}
    assert ends == {4101: ("main", None, 9, True, None), 4109: ("worker", None, None, True, None),
                    4111: ("child", 0, None, False, "not Python")}


def test_json_tree_sums_to_the_functions(orders, run_sonde):
    got = report(run_sonde, orders, "--tree")
    below = {n["id"]: n["self_ns"] for n in got["nodes"]}
    for node in reversed(got["nodes"]):
        assert node["cumulative_ns"] == below[node["id"]]
        if node["parent"] is not None:
            assert node["parent"] < node["id"]
            below[node["parent"]] += below[node["id"]]
    for f in got["functions"]:
        nodes = [n for n in got["nodes"] if n["function"] == f["id"]]
        for key in "calls", "resumes", "self_ns":
            assert f[key] == sum(n[key] for n in nodes)


def test_as_cprofile_folds_resumptions_and_constructors(orders, run_sonde):
    got = report(run_sonde, orders, "--as-cprofile")
    functions = {f["qualname"]: f for f in got["functions"]}
    assert "builtins.int" not in functions
    assert functions["Feed.parse_line"]["self_ns"] == 7_890 * MS
    assert (functions["rows"]["calls"], functions["rows"]["resumes"]) == (12_000, 0)
    assert got["total_ns"] == report(run_sonde, orders)["total_ns"]


def names(run_sonde, *words):
    return [f["qualname"] for f in report(run_sonde, *words)["functions"]]


def test_restrictions_apply_in_their_order(orders, run_sonde):
    everything = names(run_sonde, orders)
    assert names(run_sonde, orders, "--only", "feed") == ["Feed.parse_line", "load", "rows"]
    assert names(run_sonde, orders, "--only", "feed", "--not", "parse") == ["load", "rows"]
    assert names(run_sonde, orders, "--not", r"\.py", "--only", "sqlite3|len") == [
        "sqlite3.Cursor.execute", "builtins.len"]
    assert names(run_sonde, orders, "-n", "3") == everything[:3]
    assert names(run_sonde, orders, "-n", "0.25") == everything[:3]  # 13 rows
    assert names(run_sonde, orders, "-n", "99") == everything
    assert names(run_sonde, orders, "-n", "0") == []
    assert names(run_sonde, orders, "--reverse") == everything[::-1]
    assert names(run_sonde, orders, "--only", "FEED") == []
    assert len(names(run_sonde, orders, "--only", "(?i)FEED")) == 3


def test_several_recordings_are_one_profile(orders, run_sonde, tmp_path):
    write_orders(tmp_path / "again.sonde")
    once, twice = report(run_sonde, orders), report(run_sonde, orders, "again.sonde")
    assert twice["total_ns"] == 2 * once["total_ns"]
    assert len(twice["functions"]) == len(once["functions"])
    for a, b in zip(once["functions"], twice["functions"]):
        assert (a["qualname"], a["calls"] * 2) == (b["qualname"], b["calls"])


def test_output_goes_where_it_is_sent(orders, run_sonde, tmp_path):
    out = run_sonde("report", orders).stdout
    done = run_sonde("report", orders, "-o", "out.txt")
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "out.txt").read_text() == out
    assert run_sonde("report", orders, "-o", "-").stdout == out
    (tmp_path / "folder").mkdir()
    done = run_sonde("report", orders, "-o", "folder")
    assert done.returncode == 1 and re.fullmatch("sonde: cannot write: folder: .*\n", done.stderr)
    with open("/dev/full", "w") as full:
        done = run_sonde("report", orders, stdout=full)
    assert done.returncode == 1
    assert done.stderr == "sonde: cannot write: standard output: No space left on device\n"


@pytest.mark.parametrize("words", [["report"], ["report", "--tree"], ["report", "--processes"],
                                   ["report", "--callers"], ["report", "--by", "file"]], ids=" ".join)
def test_fits_a_narrow_terminal(orders, sonde, clean_env, tmp_path, words):
    text = on_terminal(sonde, clean_env | {"TERM": "xterm", "LANG": "C.UTF-8"}, tmp_path, 80, *words)
    assert "\33[1m" in text
    lines = re.sub("\33\\[[0-9]*m", "", text).split("\n")
    wide = [line for line in lines if sum(unicodedata.east_asian_width(c) in "WF" or 1 for c in line) > 80]
    assert [line for line in wide if not line.startswith(("next: ", "note: "))] == []


def test_colour_only_where_wanted(orders, sonde, clean_env, tmp_path, run_sonde):
    assert "\33" not in run_sonde("report", orders).stdout
    for more in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
        assert "\33" not in on_terminal(sonde, clean_env | more, tmp_path, 80, "report", orders)


def test_names_cannot_steer_the_terminal(run_sonde, tmp_path):
    tape = Tape(program="a\33]0;x\a.py")
    f = tape.function("f\33[2J\u202egpj", b"/srv/\xff\n.py", 3)
    tape.node(tape.thread("t\33c"), None, f, 1, SECOND)
    tape.write(tmp_path / "x.sonde")
    for words in [], ["--tree"], ["--callers"], ["--processes"], ["--by", "thread"], ["--by", "file"]:
        text = run_sonde("report", "x.sonde", *words).stdout
        assert not re.search("[^\n -~]", text), words
        assert text.count("\n") == len(text.splitlines())
    got = report(run_sonde, "x.sonde", "--tree")["functions"][0]
    assert got["name"] == "f\33[2J\u202egpj" and got["file"] == "/srv/\udcff\n.py"


@pytest.mark.parametrize("view", [[], ["--tree"], ["--callers"], ["--callees"]])
def test_nothing_that_matches(run_sonde, orders, view):
    text = run_sonde("report", orders, *view, "--only", "nosuchname", check=True).stdout
    assert re.search(r"\n None of \d+ functions is what --only and --not ask for\.\n$", text)
    text = run_sonde("report", orders, "--by", "file", "--only", "nosuchname", check=True).stdout
    assert re.search(r"\n None of \d+ files is what --only", text)


def test_what_to_type_for_more(run_sonde, orders):
    assert "-n 0 shows" not in run_sonde("report", orders, "-n", "0", check=True).stdout
    groups = run_sonde("report", orders, "--by", "file", "-n", "1", check=True).stdout
    assert "-n 2 shows more\n" in groups  # --tree and --callers do not go with --by


def test_parts_stand_apart(run_sonde, orders):
    text = run_sonde("report", orders, "--processes", "--tree", "--callers", "-n", "2",
                     check=True).stdout
    assert "\n\n cumul." in text and "cost most.\n\n" in text


@pytest.mark.parametrize("words, option", [
    (["--processes", "-s", "calls"], "--sort"),
    (["--processes", "--reverse"], "--reverse"),
    (["--processes", "--only", "x"], "--only and --not"),
    (["--tree", "-s", "calls"], "--sort"),
    (["--tree", "--reverse"], "--reverse"),
], ids=lambda words: " ".join(words))
def test_what_a_view_does_not_heed_is_refused(run_sonde, orders, words, option):
    done = run_sonde("report", *words, orders)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"sonde: {words[0]} does not heed {option} (leave one out)\n"
    assert run_sonde("report", "--json", *words, orders).returncode == 0
