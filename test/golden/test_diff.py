# SPDX-License-Identifier: Apache-2.0
"""sonde diff over recordings whose every figure is known.

GOLDEN=write pytest test/golden rewrites the expected texts; read the difference.
"""

import json
import marshal
import os
import pathlib
import random
import re
import shutil

import jsonschema
import pytest

from tape_writer import SECOND, STARTED, THREAD_CPU, Tape
from terminal import on_terminal

MS, US = 1_000_000, 1_000
HERE = pathlib.Path(__file__).parent
BUILTINS = 1  # of a tape's flags


def write(folder, paths, started=STARTED, factor=lambda name: 1, **options):
    """paths: {"main;load;parse_line": (calls, self)}; a function is "name@file:line"."""
    tape = Tape(started=started, wall_ns=20 * SECOND, **options)
    thread, functions, nodes = tape.thread("MainThread"), {}, {"": None}
    for path, (calls, self_ns) in paths.items():
        above, _, name = path.rpartition(";")
        if name not in functions:
            bare, _, place = name.partition("@")
            file, _, line = place.partition(":")
            functions[name] = tape.function(bare.rpartition(".")[2], file or "~", int(line or 0),
                                            qualname=bare, hash=sum(map(ord, bare)) if file else 0)
        nodes[path] = tape.node(thread, nodes[above], functions[name], calls,
                                round(self_ns * factor(name.partition("@")[0])))
    tape.write(folder)
    return folder.name


MAIN, LOAD, PARSE = "main@/srv/app/main.py:5", "load@/srv/app/feed.py:88", "Feed.parse@/srv/app/feed.py:41"
BEFORE = {
    f"{MAIN}": (1, 20 * MS),
    f"{MAIN};{LOAD}": (2, 40 * MS),
    f"{MAIN};{LOAD};{PARSE}": (4_000_000, 7_810 * MS),
    f"{MAIN};{LOAD};loads@/usr/lib/python3.13/json/__init__.py:299": (12_004, 1_100 * MS),
    f"{MAIN};{LOAD};len": (4_000_000, 130 * MS),
    f"{MAIN};save@/srv/app/main.py:50": (1, 300 * MS),
    f"{MAIN};old@/srv/app/main.py:70": (9, 5 * MS),
}
MOVED = "Feed.parse@/srv/app/feed.py:57"
AFTER = {
    f"{MAIN}": (1, 20 * MS),
    f"{MAIN};{LOAD}": (2, 40 * MS),
    f"{MAIN};{LOAD};{MOVED}": (4_000_000, 4_790 * MS),
    f"{MAIN};{LOAD};loads@/usr/lib/python3.13/json/__init__.py:299": (12_004, 1_310 * MS),
    f"{MAIN};{LOAD};len": (7_000_000, 240 * MS),
    f"{MAIN};save@/srv/app/main.py:50": (3, 1_200 * MS),
    f"{MAIN};new@/srv/app/main.py:80": (2, 30 * US),
}


@pytest.fixture
def two(tmp_path):
    return write(tmp_path / "before.sonde", BEFORE), write(tmp_path / "after.sonde", AFTER)


def noisy(tmp_path, name, runs, first, change=lambda path: 1.0, turn=2, machine=0.03, **options):
    """Runs of a program of thirty functions, started every `turn` seconds from `first` on."""
    files = []
    for i in range(runs):
        draw = random.Random(f"{name}{i}")
        speed = draw.lognormvariate(0, machine)
        paths = {MAIN: (1, 10 * MS)}
        for k in range(30):
            path = f"{MAIN};f{k}@/srv/app/part.py:{10 * k + 1}"
            paths[path] = (100, 100 * MS * 0.9**k)
        files.append(write(tmp_path / f"{name}{i}.sonde", paths, STARTED + (first + turn * i) * SECOND,
                           lambda n: speed * draw.lognormvariate(0, 0.01) * change(n), **options))
    return files


def sides(before, after):
    return [word for file in before for word in ("--before", file)] + [
        word for file in after for word in ("--after", file)]


@pytest.fixture
def report(run_sonde, root):
    schema = json.loads((root / "doc/schema/diff.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    def report(*words):
        done = run_sonde("diff", "--json", *words)
        assert (done.returncode, done.stderr) == (0, "")
        got = json.loads(done.stdout)
        validator.validate(got)
        return got

    return report


def check_golden(name, text):
    path = HERE / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text)
    assert text == path.read_text()


VIEWS = {
    "diff": [],
    "diff_cumulative": ["--cumulative"],
    "diff_tree": ["--tree"],
    "diff_markdown": ["--markdown"],
    "diff_some": ["--only", "feed", "--not", "load", "-s", "name"],
    "diff_few": ["-n", "2", "--reverse", "--strip-dirs"],
}


@pytest.mark.parametrize("view", VIEWS)
def test_text(two, run_sonde, view):
    done = run_sonde("diff", *two, *VIEWS[view])
    assert (done.returncode, done.stderr) == (0, "")
    check_golden(view, done.stdout)


@pytest.fixture
def many(tmp_path):
    """Ten runs a side in turn: f3 takes a fifth longer, f7 half the time."""
    before = noisy(tmp_path, "b", 10, 0)
    return sides(before, noisy(tmp_path, "a", 10, 1, lambda n: {"f3": 1.2, "f7": 0.5}.get(n, 1)))


@pytest.mark.parametrize("name, words", [("diff_runs", []), ("diff_runs_tree", ["--tree"]),
                                         ("diff_runs_markdown", ["--markdown"]),
                                         ("diff_runs_more", ["-n", "5"])])
def test_several_runs(many, run_sonde, name, words):
    done = run_sonde("diff", *many, *words)
    assert (done.returncode, done.stderr) == (0, "")
    check_golden(name, done.stdout)


def test_json_figures(two, report):
    got = report(*two, "--tree")
    f = {function["qualname"]: function for function in got["functions"]}
    assert got["total"]["before_ns"] == sum(self for _, self in BEFORE.values())
    assert got["total"]["after_ns"] == sum(self for _, self in AFTER.values())
    for key in "before_ns", "after_ns", "difference_ns", "calls_before", "calls_after":
        assert got["total"][key] == sum(function[key] for function in f.values())
    assert {name: function["change"] for name, function in f.items()} == {
        "main": "same", "load": "same", "Feed.parse": "changed", "loads": "changed", "len": "changed",
        "save": "changed", "old": "gone", "new": "new"}
    parse = f["Feed.parse"]
    assert (parse["line"], parse["moved_from"]) == (57, {"file": "/srv/app/feed.py", "line": 41})
    assert f["len"]["moved_from"] is None
    assert parse["ratio"] == pytest.approx(4790 / 7810) and parse["difference_ns"] == -3020 * MS
    assert parse["ci95"] is parse["verdict"] is got["total"]["verdict"] is None
    assert (f["new"]["ratio"], f["old"]["ratio"]) == (None, None)
    changes = [abs(function["difference_ns"]) for function in got["functions"]]
    assert changes == sorted(changes, reverse=True)
    assert got["before"] == {"files": ["before.sonde"], "runs": 1, "pythons": ["3.13.0"], "clock": "wall"}
    nodes = {node["id"]: node for node in got["nodes"]}
    names = {function["id"]: name for name, function in f.items()}
    for node in nodes.values():
        below = [n for n in nodes.values() if n["parent"] == node["id"]]
        for side in "before", "after":
            assert node[f"{side}_ns"] == node[f"self_{side}_ns"] + sum(n[f"{side}_ns"] for n in below)
        assert node["parent"] is None or node["parent"] < node["id"]
    assert {names[n["function"]]: n["change"] for n in nodes.values()} == {
        "main": "changed", "load": "changed", "Feed.parse": "changed", "loads": "changed", "len": "changed",
        "save": "changed", "old": "gone", "new": "new"}


def test_what_is_proven(many, report):
    got = report(*many)
    verdicts = {f["qualname"]: f["verdict"] for f in got["functions"]}
    assert [name for name, verdict in verdicts.items() if verdict == "slower"] == ["f3"]
    assert [name for name, verdict in verdicts.items() if verdict == "faster"] == ["f7"]
    f = {f["qualname"]: f for f in got["functions"]}
    for name, truth in ("f3", 1.2), ("f7", 0.5):
        low, high = f[name]["ci95"]
        assert low < truth < high and high / low < 1.05 and f[name]["change"] == "changed"
    assert f["f5"]["change"] == "same" and f["f5"]["ci95"][0] < 1 < f["f5"]["ci95"][1]
    assert got["in_turn"] and got["common"]["verdict"] == "no difference proven"


def test_what_is_common_to_all_shows_in_the_total(tmp_path, report, run_sonde):
    before = noisy(tmp_path, "b", 10, 0)
    words = sides(before, noisy(tmp_path, "a", 10, 1, lambda n: 1.2))
    got = report(*words)
    assert got["total"]["verdict"] == got["common"]["verdict"] == "slower"
    assert {f["verdict"] for f in got["functions"][:15]} == {"slower"}
    assert "All functions alike are slower" in run_sonde("diff", *words).stdout


def test_sides_that_were_not_run_in_turn(tmp_path, report, run_sonde):
    """Then it may be the machine: of the functions it is taken off, and told."""
    before = noisy(tmp_path, "b", 10, 0)
    words = sides(before, noisy(tmp_path, "a", 10, 60, lambda n: 1.2 * (1.3 if n == "f3" else 1)))
    got = report(*words)
    assert not got["in_turn"] and got["total"]["verdict"] == got["common"]["verdict"] == "slower"
    slower = {f["qualname"]: f["ratio"] for f in got["functions"] if f["verdict"] == "slower"}
    assert slower == {"f3": pytest.approx(1.3, abs=0.03)}
    text = run_sonde("diff", *words).stdout
    assert "it may be the machine" in text and "note: The sides were not run in turn" in text


def test_restless_runs_are_told_of_a_steadier_clock(tmp_path, run_sonde):
    for clock, said in ({}, True), ({"clock": THREAD_CPU}, False):
        words = sides(noisy(tmp_path, "b", 8, 0, machine=0.3, **clock), noisy(tmp_path, "a", 8, 1, machine=0.3, **clock))
        assert ("sonde run --clock cpu" in run_sonde("diff", *words).stdout) == said


def test_too_few_runs_say_so(tmp_path, run_sonde, report):
    words = sides(noisy(tmp_path, "b", 3, 0), noisy(tmp_path, "a", 3, 1, lambda n: 2))
    text = run_sonde("diff", *words).stdout
    assert "3 runs a side prove nothing, 6 do" in text and "9 a side or more" in text
    got = report(*words)
    assert got["total"]["verdict"] is None and got["total"]["ci95"][0] < 2 < got["total"]["ci95"][1]


@pytest.mark.parametrize("words, status", [
    (["--fail-above", "5%"], 0), (["--fail-above", "5%", "--only", "save"], 3),
    (["--fail-above", "500", "--only", "save"], 0), (["--fail-above", "5", "--only", "parse"], 0),
    (["--fail-above", "5%", "--only", "new|old|save"], 3)])
def test_fail_above_once(two, run_sonde, words, status):
    """One run a side: as measured, and that is told."""
    done = run_sonde("diff", *two, *words)
    assert done.returncode == status
    assert "note: --fail-above goes by what was measured: it takes 6 runs a side" in done.stdout
    if status:
        assert done.stderr == ("sonde: slower than allowed: save: 300 ms -> 1.20 s, +300 % (measured; "
                               "--fail-above 5%)\n")
    else:
        assert done.stderr == ""
    back = run_sonde("diff", *two[::-1], "--fail-above", "20%")
    assert back.returncode == 3 and "the total: 7.60 s -> 9.40 s, +23.7 %" in back.stderr


@pytest.mark.parametrize("files, words, said", [
    (("before.sonde", "after.sonde"), ["--only", "nosuch"], "no function that was chosen is on both sides"),
    (("before.sonde", "after.sonde"), ["--only", "new|old"], "no function that was chosen is on both sides"),
    (("e.pstats", "a.pstats"), [], "a side has no time in it"), (("a.pstats", "e.pstats"), [], "a side has no time"),
    (("a.pstats", "e.pstats"), ["--only", "."], "no function that was chosen is on both sides")])
def test_a_gate_that_guards_nothing_is_shut(two, run_sonde, tmp_path, files, words, said):
    pstats_of(tmp_path / "a.pstats", AFTER)
    (tmp_path / "e.pstats").write_bytes(marshal.dumps({}))
    done = run_sonde("diff", *files, *words, "--fail-above", "5%")
    assert done.returncode == 1
    assert re.fullmatch(f"sonde: nothing to guard: --fail-above: {said}[^\n]*\n", done.stderr)
    assert run_sonde("diff", *files, *words).returncode == 0


def test_one_run_with_itself_is_the_same(two, run_sonde, tmp_path):
    text = run_sonde("diff", "before.sonde", "before.sonde", "-n", "1").stdout
    assert text.splitlines()[1].endswith("   the same, one run a side: no interval")
    assert " of 7 functions: 7 called as often.\n" in text
    (tmp_path / "e.pstats").write_bytes(marshal.dumps({}))
    assert "\n 0 of 0 functions.\n" in run_sonde("diff", "e.pstats", "e.pstats").stdout


def test_fail_above_of_few_runs_goes_by_what_was_measured(tmp_path, run_sonde):
    words = sides(noisy(tmp_path, "b", 3, 0), noisy(tmp_path, "a", 3, 1, lambda n: 1.5))
    done = run_sonde("diff", *words, "--fail-above", "5%")
    assert done.returncode == 3 and "(measured; --fail-above 5%)" in done.stderr
    assert "it takes 6 runs a side" in done.stdout


@pytest.mark.parametrize("slower, allowed, status", [(1.2, 5, 3), (1.2, 25, 0), (1.0, 1, 0)])
def test_fail_above_proven(tmp_path, run_sonde, slower, allowed, status):
    before = noisy(tmp_path, "b", 10, 0)
    words = sides(before, noisy(tmp_path, "a", 10, 1, lambda n: slower))
    done = run_sonde("diff", *words, f"--fail-above={allowed}%")
    assert done.returncode == status and ("(proven; --fail-above" in done.stderr) == (status == 3)
    done = run_sonde("diff", *words, f"--fail-above={allowed}", "--only", r"f2$")
    assert done.returncode == status and ("allowed: f2: " in done.stderr) == (status == 3)
    assert "above" not in json.loads(run_sonde("diff", "--json", *words).stdout)["total"]
    got = json.loads(run_sonde("diff", "--json", *words, f"--fail-above={allowed}").stdout)
    assert got["total"]["above"] == (status == 3)


def pstats_of(path, paths):
    """The same functions, as a dump of cProfile's."""
    functions = {}
    for path_, (calls, self_ns) in paths.items():
        name, _, place = path_.rpartition(";")[2].partition("@")
        file, _, line = place.partition(":")
        key = (file, int(line), name.rpartition(".")[2]) if place else ("~", 0, f"<built-in method builtins.{name}>")
        functions[key] = (calls, calls, self_ns / 1e9, self_ns / 1e9, {})
    path.write_bytes(marshal.dumps(functions))
    return path.name


def test_dumps_of_cprofile(tmp_path, report):
    got = report(pstats_of(tmp_path / "b.pstats", BEFORE), pstats_of(tmp_path / "a.pstats", AFTER))
    f = {f["name"]: f for f in got["functions"]}
    assert f["parse"]["moved_from"]["line"] == 41 and f["parse"]["difference_ns"] == -3020 * MS
    assert (f["<built-in method builtins.len>"]["calls_after"], f["new"]["change"]) == (7_000_000, "new")
    assert got["before"]["clock"] == "unknown" and not got["in_turn"]


def test_a_recording_beside_a_dump(tmp_path, report, two):
    pstats_of(tmp_path / "a.pstats", AFTER)
    got = report("before.sonde", "a.pstats", "--as-cprofile")
    assert {f["name"]: f["change"] for f in got["functions"]}["parse"] == "changed"
    assert got["total"]["after_ns"] == sum(self for _, self in AFTER.values())


def test_another_python_is_noted(tmp_path, report):
    write(tmp_path / "b.sonde", BEFORE)
    write(tmp_path / "a.sonde", AFTER, python=0x030F00F0)
    assert report("b.sonde", "a.sonde")["notes"] == ["Python 3.13.0 before, 3.15.0 after."]


REFUSED = [
    (["before.sonde", "cpu.sonde"], 2,
     "cannot compare: before.sonde: wall time, cpu.sonde: CPU time (record both with the same --clock)"),
    (["c.pstats", "p.pstats"], 2, "cannot compare: c.pstats: by cProfile, p.pstats: by the module profile (one tells "),
    (["p.pstats", "c.pstats"], 2, "cannot compare: p.pstats: by the module profile, c.pstats: by cProfile (one tells "),
    (["before.sonde", "p.pstats", "--as-cprofile"], 2, "before.sonde: by sonde, p.pstats: by the module profile (one "),
    (["before.sonde", "empty.pstats"], 2, "before.sonde: by sonde, empty.pstats: a file of calls and callers (--as-cprofile"),
    (["--before", "before.sonde", "--before", "before.sonde", "--after", "after.sonde"], 2,
     "the same run twice: before.sonde (name each run once)"),
    (["--before", "before.sonde", "--before", "linked.sonde", "--after", "after.sonde"], 2,
     "the same run twice: linked.sonde is before.sonde (name each run once)"),
    (["--before", "before.sonde", "--before", "copied.sonde", "--after", "a.pstats"], 2,
     "the same run twice: copied.sonde is before.sonde (name each run once)"),
    (["--before", "before.sonde", "--after", "late.sonde", "--after", "before.sonde"], 2,
     "the same run twice: before.sonde, on both sides (name each run once)"),
    (["--before", "a.pstats", "--before", "a2.pstats", "--after", "c.pstats"], 2,
     "the same run twice: a2.pstats is a.pstats (name each run once)"),
    (["before.sonde", "after.sonde", "--tree", "--markdown"], 2, "--tree and --markdown do not go together"),
    (["before.sonde", "after.sonde", "--tree", "-s", "time"], 2, "--tree does not heed --sort"),
    (["before.sonde", "after.sonde", "--tree", "--reverse"], 2, "--tree does not heed --reverse"),
    (["before.sonde", "plain.sonde"], 2, "cannot compare: before.sonde: with builtins, plain.sonde: without "),
    (["before.sonde", "a.pstats"], 2, "(--as-cprofile counts both that way)"),
    (["s.pstats", "a.pstats"], 2, "cannot compare: s.pstats: sampled, a.pstats: counted"),
    (["--tree", "a.pstats", "a.pstats"], 1, "no call paths: a.pstats"),
    (["--corrected", "a.pstats", "a.pstats"], 1, "no corrected times: a.pstats"),
    (["before.sonde"], 2, "two files are compared: one was named"),
    ([], 2, "two files are compared: none was named"),
    (["a", "b", "c"], 2, "two files are compared: more were named"),
    (["--before", "before.sonde"], 2, "a side is missing: --after FILE"),
    (["--before", "before.sonde", "after.sonde"], 2, "one word too many: after.sonde"),
    (["before.sonde", "missing.sonde"], 1, "missing.sonde: no such file"),
    (["before.sonde", "after.sonde", "--by", "file"], 2, "--by"),
    (["before.sonde", "after.sonde", "--fail-above", "x"], 2, "--fail-above 'x'"),
    (["before.sonde", "after.sonde", "--fail-above", "-5%"], 2, "--fail-above '-5%'"),
    (["before.sonde", "after.sonde", "--fail-above", "0"], 2, "--fail-above '0'"),
    (["before.sonde", "after.sonde", "--json", "--markdown"], 2, "--json and --markdown"),
    (["before.sonde", "after.sonde", "--only", "("], 2, "bad regular expression"),
    (["before.sonde", "after.sonde", "-o", "folder"], 1, "folder: not a regular file"),
]


@pytest.mark.parametrize("words, status, said", REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_refused(tmp_path, run_sonde, two, words, status, said):
    write(tmp_path / "cpu.sonde", AFTER, clock=THREAD_CPU)
    write(tmp_path / "plain.sonde", AFTER, flags=3 & ~BUILTINS)
    pstats_of(tmp_path / "a.pstats", AFTER)
    (tmp_path / "s.pstats").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1, {}),
                                                       ("__sampled__",): True}))
    (tmp_path / "p.pstats").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1, {("/x.py", 2, "g"): 1})}))
    (tmp_path / "c.pstats").write_bytes(marshal.dumps({("/x.py", 1, "f"): (1, 1, .1, .1,
                                                                           {("/x.py", 2, "g"): (1, 1, .1, .1)})}))
    (tmp_path / "empty.pstats").write_bytes(marshal.dumps({}))
    (tmp_path / "a2.pstats").write_bytes((tmp_path / "a.pstats").read_bytes())
    (tmp_path / "linked.sonde").symlink_to("before.sonde")
    shutil.copytree(tmp_path / "before.sonde", tmp_path / "copied.sonde")
    write(tmp_path / "late.sonde", AFTER, STARTED + SECOND)
    (tmp_path / "folder").mkdir()
    done = run_sonde("diff", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert re.fullmatch("sonde: [^\n]*\n", done.stderr) and said in done.stderr


def test_names_are_safe(tmp_path, run_sonde):
    """Neither a terminal nor a page is steered, no cell is closed, nobody is called."""
    name = "f\33[2J|`</code>@octocat\n**x**@/srv/a|b`.py:3"
    for folder, self_ns in ("b.sonde", SECOND), ("a.sonde", 2 * SECOND):
        write(tmp_path / folder, {name: (1, self_ns)})
    for words in [], ["--tree"], ["--markdown"]:
        text = run_sonde("diff", "b.sonde", "a.sonde", *words).stdout
        assert not re.search("[^\n -~]", text)
    row = text.splitlines()[4]
    assert row.count("|") == 7 and "octocat" in row and "@" not in row and "`" not in row
    assert row.count("<code>") == row.count("</code>") == 2 and "*" not in row


@pytest.mark.parametrize("words", [[], ["--tree"], ["--cumulative"]], ids=str)
def test_fits_a_narrow_terminal(two, sonde, clean_env, tmp_path, words):
    text = on_terminal(sonde, clean_env | {"TERM": "xterm", "LANG": "C.UTF-8"}, tmp_path, 80, "diff", *two,
                       *words)
    assert "\33[1m" in text
    assert [line for line in re.sub("\33\\[[0-9]*m", "", text).split("\n") if len(line) > 80] == []


def test_output_goes_where_it_is_sent(two, run_sonde, tmp_path):
    out = run_sonde("diff", *two, "--markdown").stdout
    done = run_sonde("diff", *two, "--markdown", "-o", "diff.md")
    assert (done.returncode, done.stdout) == (0, "") and (tmp_path / "diff.md").read_text() == out
