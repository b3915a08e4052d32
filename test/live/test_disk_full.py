# SPDX-License-Identifier: Apache-2.0
"""A disk that fills up while the program runs, at each step the tape grows by: the program
never notices, one line says what was lost, and what was counted and what was lost make all.

The disk is a small tmpfs; mounting one takes root.
"""

import errno
import json
import os
import re

import pytest

from disks import disk

STEP = 64 * 1024
PROGRAM = """
import sys

def a(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def b(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

a(14)      # 32,767 calls on as many paths: 2 MiB
print("said by the program")
sys.exit(7)
"""


@pytest.fixture
def run_on(run_sonde, python, tmp_path):
    """run_on(size, "mapped"): (the run, the report's JSON or None)."""
    (tmp_path / "app.py").write_text(PROGRAM)

    def run_on(size, io, *options):
        with disk(size) as folder:
            done = run_sonde("run", "--step", STEP, "--io", io, "-o", folder / "x", "--python", python,
                             *options, "app.py")
            report = run_sonde("report", "--json", folder / "x.sonde")
        return done, json.loads(report.stdout) if report.returncode == 0 else None

    return run_on


@pytest.fixture
def all_calls(run_on):
    done, report = run_on(64 * 1024 * 1024, "mapped")
    assert (done.returncode, done.stderr) == (7, "")
    return entered(report)


def entered(report):
    """Calls, and generators resumed: either is lost where there is no room for its node."""
    return sum(f["calls"] + f["resumes"] for f in report["functions"])


def check(done, report, all_calls):
    """The number of calls lost."""
    assert (done.returncode, done.stdout) == (7, "said by the program\n")
    assert done.stderr.count("\n") == 1, done.stderr
    if report is None or report["total_calls"] == 0:
        return None
    told = re.fullmatch(r"sonde: recording: .*/x\.sonde: no room left on the device: ([\d,]+) calls were not "
                        r"counted \(free some, or name another place with -o\)\n", done.stderr)
    assert told, done.stderr
    lost = int(told[1].replace(",", ""))
    quality = report["quality"]
    assert (quality["lost_events"], quality["exact"], quality["truncated"]) == (lost, False, False)
    # Behind it, of a Python whose probe cost nobody has measured yet: that.
    assert quality["notes"][0] == (f"{lost} calls were not counted: no room left on the device. "
                                   "Their time is with their callers.")
    assert entered(report) + lost == all_calls
    assert all(f["name"] for f in report["functions"])
    return lost


@pytest.mark.parametrize("io", ["mapped", "pwrite"])
def test_full_at_some_steps(run_on, all_calls, io):
    lost = [check(*run_on(STEP * (1 + steps), io), all_calls) for steps in (1, 2, 7, 20)]
    assert lost[1] > lost[2] > lost[3] > 0


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("io", ["mapped", "pwrite"])
def test_full_at_each_step(run_on, all_calls, io):
    lost = [check(*run_on(STEP * (1 + steps), io), all_calls) for steps in range(1, 21)]
    found = [n for n in lost if n is not None]
    print(f"disk full at {len(lost)} steps ({io}): lost {lost}")
    assert len(found) >= 19 and found == sorted(found, reverse=True)


def test_quiet_says_nothing(run_on):
    done, _ = run_on(STEP * 4, "mapped", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (7, "said by the program\n", "")


@pytest.mark.parametrize("io", ["mapped", "pwrite"])
def test_full_from_the_start(run_on, io):
    """No room for the launcher's tape, and none for the program's."""
    for size in 4096, STEP, STEP + 4096:
        done, report = run_on(size, io)
        assert (done.returncode, done.stdout, report) == (7, "said by the program\n", None)
        assert done.stderr.count("\n") == 1
        assert os.strerror(errno.ENOSPC) in done.stderr or "no room" in done.stderr


def test_processes_for_which_there_was_no_room(run_sonde, python, tmp_path):
    """They are told in one line, and by the report, which is not exact: so many as are missing in it."""
    (tmp_path / "app.py").write_text("""
import os, sys
os.posix_fallocate(os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY), 0, int(sys.argv[2]))
for _ in range(5):
    pid = os.fork()
    if pid == 0:
        len("")
        os._exit(0)
    os.waitpid(pid, 0)
""")
    page = 4096
    with disk(STEP * 8) as folder:
        room = os.statvfs(folder)
        free = room.f_bavail * room.f_frsize - 2 * STEP - 6 * page  # of tapes that are there, and for a page a note
        done = run_sonde("run", "--step", STEP, "-o", folder / "x", "--python", python, "app.py", folder / "ballast", free)
        report = json.loads(run_sonde("report", "--json", folder / "x.sonde", check=True).stdout)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ("sonde: cannot record: app: No space left on device (5 processes of it ran unprofiled)\n")
    assert not report["quality"]["exact"]
    assert ("5 processes could not be recorded (No space left on device): the calls made there are missing."
            in report["quality"]["notes"])
    assert [p["reason"] for p in report["processes"]] == [None] + ["cannot record: No space left on device"] * 5


def test_room_that_comes_back_is_used(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text("""
import os, sys, time

def a(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def b(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def after():
    pass

a(14)
os.unlink(sys.argv[1])
until = time.monotonic() + 2
while time.monotonic() < until:
    after()
""")
    with disk(STEP * 12) as folder:
        (folder / "ballast").write_bytes(bytes(STEP * 6))
        done = run_sonde("run", "--step", STEP, "-o", folder / "x", "--python", python, "app.py",
                         folder / "ballast")
        report = json.loads(run_sonde("report", "--json", folder / "x.sonde", check=True).stdout)
    assert "no room left on the device" in done.stderr
    assert [f["calls"] > 0 for f in report["functions"] if f["name"] == "after"] == [True]
