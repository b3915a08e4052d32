# SPDX-License-Identifier: Apache-2.0
"""sonde report --pstats prints byte for byte what pstats prints, for every key, restriction and table."""

import itertools
import json
import marshal
import pstats
import random
import re
import subprocess
import time

import pytest

from tape_writer import Tape

from .pythons import NEWEST, PYTHONS

KEYS = list(pstats.Stats.sort_arg_dict_default)
SORTS = [None, *[[key] for key in KEYS], ["file", "line"], ["tim", "na"], ["calls", "stdname"], [-1], [0], [1], [2]]
RESTRICTIONS = [[], [7], [0.35], ["[a-f]"], [0.5, r"\(\w+", 3], ["(", "e", -1, 1.0, 2.5, 10 ** 9]]
TABLES = ["stats", "callers", "callees"]


def case(files, strip=False, sort=None, reverse=False, what="stats", restrictions=()):
    return {"files": list(map(str, files)), "strip": strip, "sort": sort, "reverse": reverse, "what": what,
            "restrictions": list(restrictions)}


def words(c):
    options = {"stats": ["--pstats"], "callers": ["--pstats", "--callers"], "callees": ["--pstats", "--callees"],
               "all": ["--all"]}[c["what"]]
    if c["sort"] is not None:
        options += ["-s", ",".join(map(str, c["sort"]))]
    options += ["--reverse"] if c["reverse"] else []
    options += ["--strip-dirs"] if c["strip"] else []
    for r in c["restrictions"]:
        options += ["--only", r] if isinstance(r, str) else ["-n", str(r)]
    return [*options, *c["files"]]


def theirs(root, python, cases, cwd):
    done = subprocess.run([python, "-W", "ignore", root / "test/dumps/printed.py"], input=json.dumps(cases), text=True,
                          stdout=subprocess.PIPE, check=True, cwd=cwd, timeout=900)
    return json.loads(done.stdout)


class Compare:
    """compare(cases) runs ours beside theirs; those that pstats fails on must not hurt us."""

    def __init__(self, root, run_sonde):
        self.root = root
        self.run_sonde = run_sonde

    def __call__(self, cases, cwd, python=PYTHONS[NEWEST], look=lambda text: text):
        failed = 0
        for c, text in zip(cases, theirs(self.root, python, cases, cwd)):
            done = self.run_sonde("report", *words(c), cwd=cwd, text=False)
            if text is None:
                failed += 1
                assert done.returncode in (0, 1)
                continue
            assert done.returncode == 0, (c, done.stderr)
            ours = done.stdout.decode("utf-8", "surrogateescape")
            assert look(ours) == look(text), c
        return failed


@pytest.fixture
def compare(root, run_sonde):
    return Compare(root, run_sonde)


def all_cases(files):
    return [case(files, *c) for c in itertools.product([False, True], SORTS, [False, True], TABLES, RESTRICTIONS)]


def file_sets(folder, version):
    """Text of 2.7 is bytes, which its own pstats alone prints as such."""
    sets = [["classes-cprofile.prof"], ["names-cprofile.prof"], ["recursion-m-cProfile.prof"],
            ["classes-cprofile.prof", "recursion-cprofile.prof", "names-marshal2.prof", "classes-m-cProfile.prof"]]
    if version != "2.7":  # a code object is a key of these, and is not sorted among texts
        sets += [["recursion-profile.prof"], ["classes-profile.prof", "recursion-profile.prof"]]
    if (folder / "classes-sampled.prof").exists():
        sets += [["classes-sampled.prof"], ["recursion-sampled.prof", "classes-cprofile.prof"],
                 ["classes-cprofile.prof", "recursion-sampled.prof"]]
    return sets


def later(version):
    return version != "2.7"


@pytest.mark.parametrize("version", filter(later, PYTHONS))
def test_some_of_all(compare, dumps_of, version):
    chance = random.Random(version)
    folder = dumps_of(version)
    cases = [c for files in file_sets(folder, version) for c in chance.sample(all_cases(files), 12)]
    compare(cases, folder)


@pytest.mark.long
@pytest.mark.parametrize("version", filter(later, PYTHONS))
def test_all_of_all(compare, dumps_of, version):
    folder = dumps_of(version)
    for files in file_sets(folder, version):
        compare(all_cases(files), folder)


def stripped(text):
    """Python 2 prints no space between an arrow and the end of the line."""
    return [line.rstrip() for line in text.split("\n")]


def lines_in_order(text):
    return sorted(stripped(text))


@pytest.mark.skipif("2.7" not in PYTHONS, reason="there is no Python 2.7 here")
def test_python_2_as_its_own_pstats(compare, dumps_of):
    """A last key that leaves no tie, or the lines as a set: its dicts have no order."""
    folder = dumps_of("2.7")
    sets = [["classes-cprofile.prof"], ["recursion-m-cProfile.prof"],
            ["classes-cprofile.prof", "recursion-cprofile.prof", "classes-m-cProfile.prof"]]
    for files in sets:
        compare([case(files, strip, [key, "stdname"], reverse, what, restrictions) for strip, key, reverse, what,
                 restrictions in itertools.product([False, True], KEYS, [False, True], TABLES,
                                                   [[], [5], ["e", 0.5]])][::7], folder, PYTHONS["2.7"], look=stripped)
        compare([case(files, strip, sort, False, what, restrictions) for strip, sort, what, restrictions in
                 itertools.product([False, True], [None, ["calls"], ["line"], ["name"]], TABLES, [[], ["[a-f]"]])],
                folder, PYTHONS["2.7"], look=lines_in_order)


def test_nine_tables(compare, dumps_of):
    folder = dumps_of(NEWEST)
    sets = file_sets(folder, NEWEST)
    compare([case(files, what="all") for files in sets], folder)


def generated(path, functions, seed):
    """Any callers, several calls of one name, counts beyond 32 bits, names of all kinds."""
    chance = random.Random(seed)
    files = ["/srv/a.py", "/srv/b/a.py", "a.py", "~", "", "/ä/ö.py", "<frozen x>"]
    names = ["f", "<lambda>", "<built-in method f>", "<>", "<", "näme", "\udc80x", "", "f g", "你好"]
    keys = []
    while len(keys) < functions:
        key = (chance.choice(files), chance.choice([0, 1, 9, 10, 99, 2 ** 31, -1]), chance.choice(names))
        if key not in keys:
            keys.append(key)
    counts = [0, 1, 2, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 40]
    times = [0, 0.0, -0.0, 0.0005, 0.0015, 1.0005, 12345.6789, 1e9, 1e17, 2.5e-7, float("inf")]
    stats = {}
    for key in keys:
        callers = {caller: (chance.choice(counts), chance.choice(counts), chance.choice(times), chance.choice(times))
                   for caller in chance.sample(keys, chance.randrange(5))}
        stats[key] = (chance.choice(counts), chance.choice(counts), chance.choice(times), chance.choice(times), callers)
    with open(path, "wb") as out:
        marshal.dump(stats, out, seed % 5)
    return path


def test_figures_and_names_of_all_kinds(compare, tmp_path):
    for seed in range(10):
        files = [generated(tmp_path / f"{seed}-{n}.prof", 40, 10 * seed + n).name for n in range(1 + seed % 3)]
        compare(random.Random(seed).sample(all_cases(files), 20), tmp_path)


def test_strip_dirs_loses_what_pstats_loses(compare, tmp_path):
    """Callers that become one keep the last one's figures; functions that do are summed."""
    a, b, c = ("/x/m.py", 1, "f"), ("/y/m.py", 1, "f"), ("/z/m.py", 1, "f")
    stats = {("/x/g.py", 2, "g"): (5, 5, 1.0, 2.0, {a: (1, 1, 0.25, 0.5), b: (2, 2, 0.125, 1.0), c: (2, 2, 0.5, 0.5)}),
             a: (1, 1, 0.5, 3.0, {b: (1, 1, 0.5, 0.5)}), b: (2, 3, 0.25, 0.25, {a: (4, 4, 1.5, 1.5)})}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(stats))
    compare([case(["s.prof"], True, sort, False, what) for sort in (None, ["name"]) for what in TABLES], tmp_path)


def test_empty_profile(run_sonde, tmp_path):
    """pstats refuses one; what it prints of Stats() is what there is to say."""
    for name, text in (("e.prof", marshal.dumps({})), ("s.prof", marshal.dumps({("__sampled__",): True}))):
        (tmp_path / name).write_bytes(text)
        title = f"{time.ctime((tmp_path / name).stat().st_mtime)}    {name}"
        done = run_sonde("report", "--pstats", "-s", "time", name)
        assert (done.returncode, done.stdout) == (0, f"{title}\n\n         0 function calls in 0.000 seconds\n\n")
        for option in "--callers", "--callees":
            assert run_sonde("report", "--pstats", option, name).stdout == ""


def test_a_terminal_is_not_steered(run_sonde, tmp_path, sonde, clean_env):
    """Names are escaped there, and raw in a pipe, as pstats has them."""
    name = "\x1b[31mred\u202e"
    (tmp_path / "s.prof").write_bytes(marshal.dumps({("a.py", 1, name): (1, 1, 0.0, 0.0, {})}))
    assert name in run_sonde("report", "--pstats", "s.prof").stdout
    done = subprocess.run(["script", "-qec", f"{sonde} report --pstats s.prof", "/dev/null"], cwd=tmp_path,
                          env=clean_env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert b"a.py:1(\\x1b[31mred\\u202e)" in done.stdout and b"\x1b[31mred" not in done.stdout


def test_not_drops_in_the_order_typed(run_sonde, tmp_path):
    stats = {("m.py", n, name): (1, 1, 1.0 / n, 0.0, {}) for n, name in enumerate(["aa", "ab", "bb", "bc"], 1)}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(stats))
    text = run_sonde("report", "--pstats", "-s", "time", "-n", "3", "--not", "b", "-n", "0.9", "s.prof").stdout
    assert text.split("\n")[4:8] == ["   Ordered by: internal time", "   List reduced from 4 to 3 due to restriction <3>",
                                     "   List reduced from 3 to 1 due to restriction <not 'b'>", ""]
    assert text.count("m.py:") == 1 and "m.py:1(aa)" in text


def test_unlike_callers_are_not_added(run_sonde, tmp_path):
    """Where pstats ends in a TypeError."""
    key, caller = ("m.py", 1, "f"), ("m.py", 2, "g")
    (tmp_path / "c.prof").write_bytes(marshal.dumps({key: (1, 1, 0.5, 0.5, {caller: (1, 1, 0.5, 0.5)})}))
    (tmp_path / "p.prof").write_bytes(marshal.dumps({key: (1, 1, 0.5, 0.5, {caller: 1})}))
    done = run_sonde("report", "--pstats", "c.prof", "p.prof")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("sonde: cannot sum profiles up: m.py:2(g): as a caller it has times in one and none in the "
                           "other (one is of cProfile, one of profile)\n")


@pytest.mark.parametrize("options, said", [
    (["-s", "cum"], "ambiguous sort key: 'cum' (cumtime, cumulative)"), (["-s", "1", "-s", "time"], "bad sort key: time"),
    (["-s", "1,time"], "bad sort key: time"), (["-s", "samples"], "unknown sort key: 'samples'"),
    (["-s", "3"], "bad sort key: 3"), (["-s", "0,1"], "bad sort key: 1"), (["-n", "x"], "bad value: -n 'x'"),
    (["--tree"], "--pstats does not heed --tree"), (["--json"], "--pstats does not heed --json"),
    (["--by", "file"], "--pstats does not heed --by"), (["--all", "-s", "time"], "--all does not heed --sort")])
def test_what_is_refused(run_sonde, tmp_path, options, said):
    (tmp_path / "s.prof").write_bytes(marshal.dumps({}))
    done = run_sonde("report", "--pstats", *options, "s.prof")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"sonde: {said}") and done.stderr.count("\n") == 1


def test_a_recording_as_pstats_has_it(run_sonde, tmp_path, root):
    """The same text as of the dump that the recording is written as."""
    (tmp_path / "app.py").write_text("def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(12)\n"
                                     "for n in range(3): (lambda: len('x'))(), (lambda: 0)()\n")
    assert run_sonde("run", "-q", "-o", "app", "app.py").returncode == 0
    text = run_sonde("report", "--pstats", "-s", "stdname", "app.sonde").stdout
    mine = {place: calls for calls, place in re.findall(r"^ *(\d+(?:/\d+)?) .*/(app\.py:\S+)$", text, re.M)}
    assert mine == {"app.py:1(<module>)": "1", "app.py:1(fib)": "465/1", "app.py:3(<lambda>)": "6"}
    callers = run_sonde("report", "--pstats", "--callers", "--only", "fib", "--strip-dirs", "app.sonde").stdout
    assert [line.split()[-1] for line in callers.split("\n")[5:7]] == ["app.py:1(<module>)", "app.py:1(fib)"]
    assert "464/2" in callers


def test_functions_of_one_key_are_one(run_sonde, tmp_path):
    """Two of them call one another: that is a recursion then, in which nothing counts twice."""
    tape, ms = Tape(pid=7), 1_000_000
    one, two = (tape.function("f", "/a.py", 3, hash=h) for h in (1, 2))
    thread = tape.thread("MainThread")
    main = tape.node(thread, None, tape.function("main", "/a.py", 1), 1, 100 * ms)
    first = tape.node(thread, main, one, 1, 5 * ms)
    second = tape.node(thread, first, two, 2, 7 * ms)
    tape.node(thread, second, one, 4, 1 * ms)
    tape.node(thread, main, two, 1, 10 * ms)
    tape.write(tmp_path / "x.sonde")
    done = run_sonde("report", "--pstats", "--callers", "-s", "name", "x.sonde")
    assert done.stdout.split("\n")[2:-3] == [
        "Function       was called by...",
        "                   ncalls  tottime  cumtime",
        "/a.py:3(f)     <-       2    0.015    0.023  /a.py:1(main)",
        "                      6/2    0.008    0.008  /a.py:3(f)",
        "/a.py:1(main)  <- "]
    text = run_sonde("report", "--pstats", "x.sonde").stdout
    assert "         9 function calls (3 primitive calls) in 0.123 seconds\n" in text
    assert "      8/2    0.023    0.003    0.023    0.011 /a.py:3(f)\n" in text
