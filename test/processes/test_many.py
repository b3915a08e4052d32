# SPDX-License-Identifier: Apache-2.0
"""Many short processes, and many at once: all are there, the launcher does not grow, little is added."""

import json
import os
import pathlib
import resource
import subprocess
import sys

import pytest
from tape import tapes

PROGRAM = pathlib.Path(__file__).with_name("many.py")


def check(run_sonde, folder, pids, work=1000):
    """Each has a tape with its calls, and its row."""
    found = {tape.header.pid: tape for tape in tapes(folder / "out.sonde")}
    wrong = {pid: found[pid].calls("work") if pid in found else None for pid in pids
             if pid not in found or found[pid].calls("work") != work}
    assert wrong == {} and len({*pids}) == len(pids)
    report = json.loads(run_sonde("report", "--json", "out.sonde", check=True).stdout)
    assert {*pids} <= {process["pid"] for process in report["processes"]}
    assert [f["calls"] for f in report["functions"] if f["name"] == "work"] == [work * len(pids)]
    return report


def run_many(run_sonde, python, folder, processes):
    done = run_sonde("run", "-q", "-o", "out.sonde", "--python", python, PROGRAM, processes, 4, timeout=280)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert len(told["pids"]) == processes
    check(run_sonde, folder, told["pids"])
    print(f"{processes} processes; the launcher's own memory {told['before']} KB before, {told['after']} after")
    assert told["after"] - told["before"] <= 64


def test_sixty(run_sonde, python, tmp_path):
    run_many(run_sonde, python, tmp_path, 60)


@pytest.mark.long
@pytest.mark.smoke
def test_a_thousand(run_sonde, python, tmp_path):
    run_many(run_sonde, python, tmp_path, 1000)


def limited():
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))


def run_at_once(sonde, python, env, run_sonde, folder, processes):
    """Read while all live, and after; nothing has more than 1,024 descriptors."""
    command = [sonde, "run", "-q", "-o", "out.sonde", "--python", python, PROGRAM, str(processes), "0", "wait"]
    running = subprocess.Popen(command, cwd=folder, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, preexec_fn=limited)
    try:
        assert running.stdout.readline() == "ready\n", running.stderr.read()
        during = json.loads(run_sonde("report", "--json", "out.sonde", check=True, preexec_fn=limited).stdout)
        said, errors = running.communicate("")
    finally:
        running.kill()
        running.wait()
    assert (running.returncode, errors) == (0, "")
    pids = json.loads(said)["pids"]
    assert {*pids} <= {process["pid"] for process in during["processes"]}
    assert [f["calls"] for f in during["functions"] if f["name"] == "work"] == [1000 * processes]
    check(run_sonde, folder, pids)


def test_thirty_at_once(sonde, python, clean_env, run_sonde, tmp_path):
    run_at_once(sonde, python, clean_env, run_sonde, tmp_path, 30)


@pytest.mark.long
@pytest.mark.smoke
def test_three_hundred_at_once(sonde, python, clean_env, run_sonde, tmp_path):
    run_at_once(sonde, python, clean_env, run_sonde, tmp_path, 300)


@pytest.mark.long
@pytest.mark.smoke
def test_what_it_costs(root, sonde, python, clean_env, tmp_path):
    """Processor time of programs in turn (bench/processes.py has more rounds)."""
    done = subprocess.run([sys.executable, root / "bench/processes.py", "--only", "many", "-n", "5", "--python", python,
                           "-o", tmp_path], env=clean_env | {"PATH": os.environ["PATH"]}, text=True, check=True,
                          stdout=subprocess.PIPE)
    print(done.stdout)
    many = json.loads((tmp_path / "processes.json").read_text())["many"]
    assert many["added_ms"]["value"] <= 4 and many["ratio"]["value"] <= 1.2
