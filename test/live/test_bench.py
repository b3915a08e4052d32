# SPDX-License-Identifier: Apache-2.0
"""make bench: that it measures what it says, and that README says what it measured."""

import contextlib
import importlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys

import pytest

VARIANTS = {"bare", "cprofile", "sonde", "cprofile-python", "sonde-python"}


@pytest.fixture
def bench(root, clean_env, tmp_path):
    """bench(ARGS...): the running process; it writes to the test's own folder."""

    def start(*args):
        return subprocess.Popen(
            [sys.executable, root / "bench/bench.py", "-o", tmp_path, *args], env=clean_env,
            text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    return start


@pytest.fixture
def module(root, monkeypatch):
    """module("figures"): one of bench/."""
    monkeypatch.syspath_prepend(root / "bench")
    return importlib.import_module


@pytest.mark.smoke
def test_a_trial_measures_each_variant(bench, python, python_version, tmp_path):
    output, errors = bench("--quick", "--python", python, "--only", "fib", "--only",
                           "builtins").communicate()
    assert [line for line in errors.splitlines() if "is busy" not in line] == []
    table = output.split("written:")[0]
    assert "fib" in table and max(map(len, table.splitlines())) <= 80
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["schema"] == "sonde.bench/1"
    (section,) = results["pythons"].values()
    assert section["version"].startswith("%d.%d." % python_version)
    assert set(section["startup"]) == {"bare_ms", "hook", "run"}
    assert [program["name"] for program in section["programs"]] == ["fib", "builtins"]
    for program in section["programs"]:
        assert set(program["cpu_ms"]) == VARIANTS
        assert all(len(times) == 1 and times[0] > 0 for times in program["cpu_ms"].values())
    assert (tmp_path / "results.md").read_text().startswith("| ")


def test_a_trial_of_big_dumps(root, clean_env, tmp_path):
    """Small ones: every figure is there, and both print the same, which it checks itself."""
    done = subprocess.run([sys.executable, root / "bench/dumps.py", "-n", "1", "--functions", "500", "-o", tmp_path],
                          env=clean_env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    results = json.loads((tmp_path / "dumps.json").read_text())
    assert results["schema"] == "sonde.bench.dumps/1" and results["rounds"] == 1
    for row in results["subjects"]:
        assert row["ratios"] == [row["ratio"]] * 2 and math.isclose(row["ratio"], row["pstats_ms"] / row["sonde_ms"])
    assert math.isclose(results["size"]["ratio"], results["size"]["large_ms"] / results["size"]["small_ms"])
    assert done.stdout == (tmp_path / "dumps.md").read_text() and done.stdout.count("\n") == 7


def test_big_dumps_were_measured_and_are_within_bounds(root):
    results = json.loads((root / "bench/dumps.json").read_text())
    assert results["functions"] == 50000 and results["rounds"] >= 7
    assert [row["bound"] for row in results["subjects"]] == [25, 50, 15, 15]
    assert all(row["ratio"] >= row["bound"] and row["memory"] <= 4 for row in results["subjects"])
    assert results["size"]["ratio"] <= results["size"]["bound"] == 11


def test_a_trial_of_comparing(root, clean_env, python, tmp_path):
    """Two runs a side prove nothing; every figure is there all the same."""
    done = subprocess.run([sys.executable, root / "bench/diff.py", "-n", "1", "--runs", "2", "--longer", "1",
                           "--only", "words", "--python", python, "-o", tmp_path],
                          env=clean_env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    results = json.loads((tmp_path / "diff.json").read_text())
    assert (done.returncode, results["trials"], results["found"], results["alarms"]) == (1, 1, 0, 0)
    [trial] = results["of"]
    assert trial["program"] == "words" and trial["ratio"] > 0 and len(trial["ci95"]) == 2
    assert 0.1 < trial["share"] < 0.9 and done.stdout.endswith((tmp_path / "diff.md").read_text() + "\n")


def test_comparing_was_tried_and_is_told_as_it_was(root):
    """At least 45 of 50 found, at most 1 alarm; a run of bench/diff.py ends with status 1 where that is missed."""
    results = json.loads((root / "bench/diff.json").read_text())
    assert (results["trials"], results["runs"], results["planted"]) == (50, 10, 0.05)
    assert results["busy"] == 0 and results["bounds"] == {"alarms": 1, "found": 45}
    assert sum(trial["found"] for trial in results["of"]) == results["found"] >= 45
    assert sum(bool(trial["alarms"]) for trial in results["of"]) == results["alarms"] <= 1
    told = (root / "doc/diff.md").read_text()
    assert f"found in {results['found']} of 50" in " ".join(told.split())
    assert f"proven in {results['alarms']} of 50" in " ".join(told.split())


def test_statements_were_tried_and_are_within_bounds(root):
    results = json.loads((root / "bench/timeit.json").read_text())
    assert (results["copies"]["trials"], results["gap"]["trials"], results["precise"]["trials"]) == (200, 100, 100)
    assert results["busy"] >= 1 and results["copies"]["alarms"] <= 6
    assert results["gap"]["found"] >= 90 and results["precise"]["found"] >= 90 and results["pair_s"] <= 5


def test_interrupted_it_leaves_no_process(bench, python):
    running = bench("--python", python, "--only", "fib")
    while not (children := measured_of(running.pid)) and running.poll() is None:
        continue
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate()
    assert running.returncode == 130 and "Traceback" not in errors
    assert [pid for pid in children if os.path.exists(f"/proc/{pid}")] == []


def measured_of(pid):
    """Its children in groups of their own."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(child) for child in file.read().split()]
    with contextlib.suppress(ProcessLookupError):
        return [child for child in children if os.getpgid(child) == child]
    return []


def test_ratios_are_those_of_known_times(module):
    """A program of 100 ms, cProfile adding 400, sonde 100, each with noise."""
    figures = module("figures")
    chance = random.Random(3)
    known = {"bare": 100, "cprofile": 500, "sonde": 200, "cprofile-python": 110,
             "sonde-python": 150}
    rounds = [{variant: ms * chance.gauss(1, 0.01) / 1e3 for variant, ms in known.items()}
              for _ in range(15)]
    program = figures.Program("known", rounds)
    added = program.figure("added")
    low, high = added["ci95"]
    assert low < 0.25 < high and high - low < 0.03 and math.isclose(added["value"], 0.25, rel_tol=0.1)
    assert program.judged() and not program.judged("added_python")
    assert figures.mean_of([program, program])["programs"] == 2
    assert figures.mean_of([program], "added_python") is None


def test_readme_shows_what_was_measured(root):
    """Its table is that of bench/results.md, empty where nothing was measured yet."""
    readme = (root / "README.md").read_text()
    shown = readme.split("<!-- bench -->\n")[1].split("<!-- /bench -->")[0]
    table = root / "bench/results.md"
    assert shown == (table.read_text() if table.exists() else "")


def test_the_table_is_made_of_the_results(root, module):
    if (root / "bench/results.json").exists():
        results = json.loads((root / "bench/results.json").read_text())
        assert module("tables").markdown(results) == (root / "bench/results.md").read_text()


def test_a_trial_of_processes(root, clean_env, python, tmp_path):
    """One way of the matrix: every figure is there."""
    done = subprocess.run([sys.executable, root / "bench/processes.py", "--only", "matrix", "--way", "os.fork",
                           "--python", python, "-o", tmp_path], env=clean_env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True)
    results = json.loads((tmp_path / "processes.json").read_text())
    cells = results["matrix"]["cells"]
    assert len(cells) == 12 and all(cell["sonde"] == {"calls": "exact", "same": True} for cell in cells)
    assert sum(cell["cProfile"]["calls"] == "exact" for cell in cells) < 6
    assert done.stdout == (tmp_path / "processes.md").read_text()


def test_processes_were_measured_and_are_all_held(root):
    results = json.loads((root / "bench/processes.json").read_text())
    cells = results["matrix"]["cells"]
    assert len(cells) > 350 and all(cell["sonde"] == {"calls": "exact", "same": True} for cell in cells)
    many = results["many"]
    assert many["rounds"] >= 15 and many["added_ms"]["value"] <= 4 and many["ratio"]["value"] <= 1.2
    shown = (root / "README.md").read_text().split("<!-- processes -->\n")[1].split("<!-- /processes -->")[0]
    assert shown and shown in (root / "bench/processes.md").read_text()


def test_a_trial_of_formats(root, clean_env, tmp_path):
    """Small files: every figure is there."""
    subprocess.run([sys.executable, root / "bench/formats.py", "-n", "1", "--functions", "500", "--trace", "2", "-o", tmp_path],
                   env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    results = json.loads((tmp_path / "formats.json").read_text())
    for row in results["subjects"]:
        assert math.isclose(row["ratio"], row["peer_ms"] / row["sonde_ms"]) and row["ratio"] > 1
    assert results["trace"]["megabytes"] > 2 and results["trace"]["mb_per_second"] > 1


@pytest.mark.long
def test_a_trial_of_the_page(root, clean_env, tmp_path):
    """Small files, once: every figure is there."""
    if not shutil.which("chromium"):
        pytest.skip("there is no chromium here (tool/packages test installs it)")
    done = subprocess.run([sys.executable, root / "bench/view.py", "--quick", "-o", tmp_path], env=clean_env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    results = json.loads((tmp_path / "view.json").read_text())
    dump, paths, big = (results[key] for key in ("dump", "paths", "big"))
    assert math.isclose(dump["ratio"], dump["peer_ms"] / dump["sonde_ms"]) and 0 < dump["sonde_bytes"] < 3e6
    for way in "served", "saved":
        found = paths[way]
        assert found["interactions"] == sum(kind["count"] for kind in found["kinds"].values()) > 30
        assert 0 < found["median_ms"] <= found["p95_ms"] and found["paint_ms"]["value"] > 0
    assert paths["saved"]["heap"] > paths["served"]["heap"] > 1e6  # the engine's memory is there
    assert big["bytes"] > 64 * big["paths"] and big["own"]["value"] > 1e6
    assert sum(results["shell"].values()) <= 500e3 and done.stdout == (tmp_path / "view.md").read_text()


def test_a_trial_of_time(root, clean_env, tmp_path):
    done = subprocess.run([sys.executable, root / "bench/time.py", "-n", "1", "--runs", "3", "-o", tmp_path],
                          env=clean_env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    results = json.loads((tmp_path / "time.json").read_text())
    assert done.returncode in (0, 1) and len(results["commands"]) == 6 and results["cost_ms"] > 0
    assert all(0.02 < row["ratio"] < 50 for row in results["commands"])
