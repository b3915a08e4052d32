# SPDX-License-Identifier: Apache-2.0
"""A recording written by copies (--io pwrite), as on network file systems: the same figures,
whole at every moment, and within the promised time of the program's end however it ends."""

import json
import os
import signal
import subprocess

import pytest

from tape import FINISHED, RUNNING, tapes

SHARED = 2

ENDS = """
import os, signal, sys

def leaf():
    pass

def work(n):
    for _ in range(n):
        leaf()

def ends():
    work(1000)
    how = sys.argv[1]
    if how == "exit":
        os._exit(3)
    if how == "abort":
        os.abort()
    if how == "exec":
        os.execv("/bin/sh", ["sh", "-c", "exit 3"])
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "fork":
        if os.fork() == 0:
            work(500)
            os._exit(0)
        os.wait()

ends()
"""


@pytest.fixture
def record(run_sonde, python, tmp_path):
    """record("x", text, ...): runs it so; the tapes."""

    def record(name, text, *args, **options):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "--io", "pwrite", "-o", name, "--python", python, "app.py", *args, **options)
        assert done.stderr == ""
        return done, tapes(tmp_path / f"{name}.sonde")

    return record


@pytest.mark.smoke
def test_the_same_figures(record, run_sonde, python, tmp_path):
    record("copied", ENDS, "fork")
    run_sonde("run", "--io", "mapped", "-o", "mapped", "--python", python, "app.py", "fork", check=True)
    counts = []
    for name in "copied", "mapped":
        report = json.loads(run_sonde("report", "--json", f"{name}.sonde", check=True).stdout)
        assert report["quality"] == {**report["quality"], "exact": True, "lost_events": 0, "notes": []}
        counts.append({(f["file"], f["line"], f["qualname"]): (f["calls"], f["primitive_calls"])
                       for f in report["functions"]})
    assert counts[0] == counts[1]
    for name, flag in ("copied", 0), ("mapped", SHARED):
        for tape in tapes(tmp_path / f"{name}.sonde"):
            assert (tape.header.flags & SHARED, tape.header.fault) == (flag, 0)


@pytest.mark.parametrize("how, status", [("exit", 3), ("abort", -signal.SIGABRT), ("exec", 3),
                                         ("kill", -signal.SIGKILL), ("fork", 0)])
def test_nothing_is_lost_where_the_end_is_heard_of(record, how, status):
    done, found = record("x", ENDS, how)
    assert done.returncode == status
    assert sorted(tape.calls("leaf") for tape in found) == ([500, 1000] if how == "fork" else [1000])
    assert {tape.header.state for tape in found} == {FINISHED if how == "fork" else RUNNING} | (
        {RUNNING} if how == "fork" else set())


READ_WHILE_WRITTEN = """
import sys, threading

def make(n):
    exec(f"def made{n}(): return len('{n}')", globals())
    return globals()[f"made{n}"]

def busy(first):
    for n in range(first, first + 500):
        make(n)()

for turn, _ in enumerate(sys.stdin):
    threads = [threading.Thread(target=busy, args=(1000000 * k + 500 * turn,)) for k in range(3)]
    for t in threads: t.start()
    for t in threads: t.join()
    print("done", flush=True)
"""


def test_whole_at_every_moment(sonde, python, clean_env, run_sonde, tmp_path):
    """The strict reader finds no reference that leads nowhere, whenever it looks."""
    (tmp_path / "app.py").write_text(READ_WHILE_WRITTEN)
    sizes, turns = set(), 0
    with subprocess.Popen([sonde, "run", "--io", "pwrite", "-o", "x", "--python", python, "app.py"],
                          cwd=tmp_path, env=clean_env, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        while len(sizes) < 4 and turns < 100:
            process.stdin.write("on\n")
            process.stdin.flush()
            turns += 1
            report = run_sonde("report", "--json", "x.sonde")  # while it works
            assert process.stdout.readline() == "done\n"
            if report.returncode == 0:
                report = json.loads(report.stdout)
                assert not report["quality"]["truncated"], report["quality"]
                assert all(f["name"] for f in report["functions"])
                sizes.add(report["total_calls"])
        process.stdin.close()
    assert process.returncode == 0
    assert len(sizes) == 4
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    made = [f["calls"] for f in report["functions"] if f["name"].startswith("made")]
    assert len(made) == 1500 * turns and set(made) == {1}


KILLED = """
import time

def work():
    pass

until = time.monotonic() + 0.5
n = 0
while True:
    work()
    n += 1
    if time.monotonic() > until:
        print(n, flush=True)
        time.sleep(100)
"""


def test_killed_it_loses_a_tenth_of_a_second_at_most(sonde, python, clean_env, tmp_path):
    (tmp_path / "app.py").write_text(KILLED)
    with subprocess.Popen([sonde, "run", "--io", "pwrite", "-o", "x", "--python", python, "app.py"],
                          cwd=tmp_path, env=clean_env, stdin=subprocess.DEVNULL, start_new_session=True,
                          stdout=subprocess.PIPE) as process:
        done = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGKILL)
    [tape] = tapes(tmp_path / "x.sonde")
    assert tape.header.state == RUNNING
    assert done * 0.6 <= tape.calls("work") <= done


def test_truncated_by_others_it_is_made_whole(record, tmp_path):
    text = """
import glob, os, time

def work():
    pass

def until_copied():
    before = os.stat(tape).st_mtime_ns
    while os.stat(tape).st_mtime_ns == before:
        work()

[tape] = [t for t in glob.glob("x.sonde/*.tape") if f"/{os.getpid()}-" in t]
for n in range(100):
    os.truncate(tape, n * 200)
    work()
    if n % 20 == 19:
        until_copied()
print(n)
"""
    done, [tape] = record("x", text)
    assert done.stdout == "99\n"
    assert tape.header.state == FINISHED and tape.calls("work") >= 100


@pytest.mark.parametrize("io", ["mapped", "pwrite"])
def test_unlinked_by_others_it_runs_on(run_sonde, python, tmp_path, io):
    (tmp_path / "app.py").write_text("""
import glob, os

def work():
    pass

os.unlink([t for t in glob.glob("x.sonde/*.tape") if f"/{os.getpid()}-" in t][0])
for n in range(100_000):
    work()
print(n)
""")
    done = run_sonde("run", "--io", io, "-o", "x", "--python", python, "app.py")
    assert (done.returncode, done.stdout) == (0, "99999\n")
    assert done.stderr.count("\n") == 1 and "removed" in done.stderr
