# SPDX-License-Identifier: Apache-2.0
"""sonde convert: several files in one, in another format."""

import json
import marshal
import os
import pstats
import re
import subprocess

import pytest

from orders import write_orders
from profiled import write_profile
from tape_writer import THREAD_CPU


@pytest.fixture
def dumps(python, tmp_path):
    """Three files of cProfile's, of the same program at different sizes."""
    for size in 6, 9, 12:
        write_profile(python, "cProfile", tmp_path, f"{size}.pstats", size)
    return ["6.pstats", "9.pstats", "12.pstats"]


@pytest.mark.wide
def test_merged_as_pstats_merges(dumps, run_sonde, tmp_path, monkeypatch):
    """The very dict: floats to the last bit, callers, order."""
    monkeypatch.chdir(tmp_path)
    for files in dumps[:1], dumps[:2], dumps, dumps[::-1]:
        assert run_sonde("convert", *files, "-o", "all.pstats", check=True).stdout == ""
        expected = pstats.Stats(*files).stats
        got = marshal.loads((tmp_path / "all.pstats").read_bytes())
        assert got == expected and list(got) == list(expected)
        assert [list(row[4]) for row in got.values()] == [list(row[4]) for row in expected.values()]
    assert marshal.loads((tmp_path / "all.pstats").read_bytes()) == pstats.Stats(
        dumps[2]).add(dumps[1], dumps[0]).stats


def test_what_is_written_every_python_reads(dumps, run_sonde, tmp_path, request):
    run_sonde("convert", *dumps, "-o", "all.prof", check=True)
    code = "import pstats; s = pstats.Stats('all.prof'); print(s.total_calls)"
    total = {subprocess.run([python, "-c", code], cwd=tmp_path, check=True, text=True,
                            stdout=subprocess.PIPE).stdout
             for python, _ in request.config.sonde_pythons}
    assert len(total) == 1
    report = json.loads(run_sonde("report", "--json", "all.prof").stdout)
    assert total == {f"{report['total_calls']}\n"}


def test_json_is_the_reports(dumps, run_sonde, tmp_path):
    run_sonde("convert", *dumps, "-o", "all.json", check=True)
    written = json.loads((tmp_path / "all.json").read_text())
    assert written == json.loads(run_sonde("report", "--json", *dumps).stdout)
    assert any(f["callers"] for f in written["functions"])
    assert json.loads(run_sonde("convert", *dumps, "--to", "json", "-o", "-").stdout) == written


def test_a_recording_as_cprofile_would_have_it(python, run_sonde, tmp_path):
    (tmp_path / "app.py").write_text(
        "def rows():\n    yield from range(9)\ndef main():\n    return int('3'), list(rows())\nmain()\n")
    run_sonde("run", "-q", "-o", "r", "--python", python, "app.py", check=True)
    run_sonde("convert", "r.sonde", "-o", "a.prof", check=True)
    run_sonde("convert", "-o", "b.prof", "--as-cprofile", check=True)  # the newest here
    own = os.path.realpath(tmp_path / "app.py")
    a, b = (marshal.loads((tmp_path / name).read_bytes()) for name in ("a.prof", "b.prof"))
    assert a["~", 0, "<class 'int'>"][:2] == (1, 1) and ("~", 0, "<class 'int'>") not in b
    assert a[own, 1, "rows"][:2] == (1, 1) and b[own, 1, "rows"][:2] == (10, 10)
    total = json.loads(run_sonde("report", "--json", "r.sonde").stdout)["total_ns"]
    for functions in a, b:
        assert sum(row[2] for row in functions.values()) == pytest.approx(total / 1e9, rel=1e-9)
    assert run_sonde("report", "--as-cprofile", "b.prof").returncode == 0


@pytest.mark.parametrize("words, status, said", [
    (["-o", "x.svg"], 2, "cannot tell the format: x.svg"),
    (["-o", "x.sonde"], 2, "is another tool's file, which cannot become a recording"),
    (["-o", "x.sonde", "--as-cprofile"], 2, "cannot pack: x.sonde"),
    (["other.prof", "-o", "x.sonde"], 2, "cannot pack: x.sonde: a pack is one recording as it is"),
    (["-o", "x.prof", "--to", "svg"], 2, "unknown format: --to svg (there are: json, sonde, callgrind, csv, folded, pprof, pstats, speedscope)"),
    ([], 2, "nowhere to write"),
    (["-o", "-"], 2, "cannot tell the format: -"),
    (["missing.pstats", "-o", "x.prof"], 1, "missing.pstats"),
    (["-o", "folder.prof"], 1, "folder.prof: not a regular file"),
    (["-o", "nowhere/x.json"], 1, "nowhere/x.json: No such file"),
])
def test_what_cannot_be_is_refused_and_leaves_nothing(dumps, run_sonde, tmp_path, words, status, said):
    (tmp_path / "folder.prof").mkdir()
    (tmp_path / "x.prof").write_text("mine")
    before = sorted(os.listdir(tmp_path))
    done = run_sonde("convert", dumps[0], *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)
    assert done.stderr.startswith("sonde: ") and said in done.stderr
    assert sorted(os.listdir(tmp_path)) == before and (tmp_path / "x.prof").read_text() == "mine"


def test_a_pack_is_what_sonde_pack_writes(run_sonde, tmp_path):
    write_orders(tmp_path / "orders.sonde")
    run_sonde("convert", "orders.sonde", "-o", "kept.sonde", check=True)
    run_sonde("pack", "orders.sonde", check=True)
    for name in "kept.sonde", "orders.pack.sonde":
        assert (tmp_path / name).is_file() and (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert run_sonde("report", "kept.sonde").stdout.splitlines()[1:] == run_sonde(
        "report", "orders.sonde").stdout.splitlines()[1:]


def test_formats_tells_of_them(run_sonde):
    found = {f["name"]: f for f in json.loads(run_sonde("formats", "--json").stdout)["formats"]}
    assert (found["pstats"]["suffix"], found["pstats"]["reads"], found["pstats"]["writes"]) == (
        ".pstats", True, True)


def test_a_sum_is_what_its_first_file_is(run_sonde, tmp_path):
    """As with pstats: counts stay counts, samples samples, whatever is added."""
    sampled = {("/x.py", 3, "f"): (1, 2, .5, .5, {}), ("__sampled__",): True}
    counted = {("/x.py", 1, "g"): (4, 4, .25, .25, {})}
    (tmp_path / "s.prof").write_bytes(marshal.dumps(sampled))
    (tmp_path / "c.prof").write_bytes(marshal.dumps(counted))
    for files, heading in (["c.prof", "s.prof"], "   ncalls  tottime"), (["s.prof", "c.prof"], " nsamples  tottime"):
        assert heading in run_sonde("report", "--pstats", *files).stdout
        run_sonde("convert", *files, "-o", "sum.prof", check=True)
        got = marshal.loads((tmp_path / "sum.prof").read_bytes())
        assert (("__sampled__",) in got) == (files[0] == "s.prof")
        assert {key: row for key, row in got.items() if len(key) == 3} == {
            key: row for key, row in (sampled | counted).items() if len(key) == 3}
        done = run_sonde("report", *files)
        assert done.returncode == 1 and "cannot be one profile" in done.stderr


@pytest.mark.parametrize("words", [["report"], ["report", "--pstats"], ["report", "--json"],
                                   ["convert", "-o", "x.prof"], ["convert", "-o", "x.json"]], ids=" ".join)
def test_unlike_clocks_are_not_added(run_sonde, tmp_path, words):
    write_orders(tmp_path / "wall.sonde")
    write_orders(tmp_path / "plain.sonde", flags=2)
    write_orders(tmp_path / "cpu.sonde", clock=THREAD_CPU)
    for files in ["wall.sonde", "cpu.sonde"], ["cpu.sonde", "wall.sonde"]:
        done = run_sonde(*words, *files)
        assert (done.returncode, done.stdout) == (1, "")
        assert re.fullmatch(r"sonde: cannot [^\n]* time[^\n]*\(take them one by one\)\n", done.stderr)
        assert not list(tmp_path.glob("x.*"))
    assert run_sonde(*words, "cpu.sonde", "cpu.sonde").returncode == 0
    if words == ["report"]:
        assert "note: Some of these recordings are without builtins" in run_sonde("report", "wall.sonde", "plain.sonde").stdout
        assert "without builtins" not in run_sonde("report", "wall.sonde", "wall.sonde").stdout
