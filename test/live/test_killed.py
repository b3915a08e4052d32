# SPDX-License-Identifier: Apache-2.0
"""SIGKILL of the whole group at random moments loses nothing that was committed.

Every thread of the program notes in a mapped file what it is about to call and what it has
called: the recording must lie between the two.
"""

import json
import os
import random
import signal
import struct
import subprocess
import time

import pytest

from tape import RUNNING, tapes

SLOTS = 16
LATEST = 0.4  # seconds after the launcher's start: most programs are amid their calls by then
PROGRAM = """
import mmap, os, threading

with open("progress", "r+b") as f:
    progress = memoryview(mmap.mmap(f.fileno(), 0)).cast("Q")  # each number is written at once

def work(n):
    return sum(leaf(i) for i in range(n))

def leaf(i):
    return [i].count(i)

def busy(slot):
    begun = done = 0
    at = slot * 3
    progress[at] = os.getpid()
    while True:
        begun += 1
        progress[at + 1] = begun
        work(begun % 7)
        done += 1
        progress[at + 2] = done

first = 0
for process in range(3):
    if os.fork() == 0:
        first = 4 * (process + 1)
        break
for slot in range(first + 1, first + 4):
    threading.Thread(target=busy, args=(slot,)).start()
busy(first)
"""


def kill_once(run, delay, folder):
    """Runs the program, kills its group after `delay` seconds; notes by process."""
    (folder / "progress").write_bytes(bytes(24 * SLOTS))
    with subprocess.Popen(run, cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
    by_process = {}
    for pid, begun, done in struct.iter_unpack("<QQQ", (folder / "progress").read_bytes()):
        if pid:
            old = by_process.get(pid, (0, 0))
            by_process[pid] = old[0] + done, old[1] + begun
    return by_process


def check(recording, noted, run_sonde):
    """The number of calls found."""
    if not recording.exists():
        assert noted == {}
        return 0
    found = {tape.header.pid: tape for tape in tapes(recording)}
    for pid, (done, begun) in noted.items():
        tape = found.get(pid)
        assert tape or begun == 0, f"no tape of {pid}, which did {done} of {begun}"
        if tape:
            assert tape.header.state == RUNNING
            assert done <= tape.calls("work") <= begun
    report = run_sonde("report", "--json", recording)
    assert report.returncode == 0 or not found, report.stderr
    assert report.stderr.count("\n") <= 1
    if report.returncode:
        return 0
    functions = {f["name"]: f["calls"] for f in json.loads(report.stdout)["functions"]}
    works = functions.get("work", 0)
    assert sum(d for d, _ in noted.values()) <= works <= sum(b for _, b in noted.values())
    return works


def kill_often(times, seed, sonde, python, run_sonde, folder):
    rng = random.Random(seed)
    (folder / "app.py").write_text(PROGRAM)
    counts = []
    for n in range(times):
        run = [sonde, "run", "--python", python, "-o", f"killed{n}.sonde", "app.py"]
        noted = kill_once(run, rng.uniform(0.0, LATEST), folder)
        counts.append(check(folder / f"killed{n}.sonde", noted, run_sonde))
    busy = [count for count in counts if count]
    print(f"{times} kills, {len(busy)} of them amid calls, {sum(busy)} calls kept")
    assert len(busy) >= times / 4


@pytest.fixture
def clean(monkeypatch, clean_env):
    for name in set(os.environ) - set(clean_env):
        monkeypatch.delenv(name)


def test_twenty_moments(clean, sonde, python, run_sonde, tmp_path):
    kill_often(20, 1, sonde, python, run_sonde, tmp_path)


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("part", range(5))
def test_a_thousand_moments(clean, sonde, python, run_sonde, tmp_path, part):
    kill_often(200, 2 + part, sonde, python, run_sonde, tmp_path)
