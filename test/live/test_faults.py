# SPDX-License-Identifier: Apache-2.0
"""Each system call the agent makes fails in turn, once and from there on: the program never
notices. test/fault/shim.c, preloaded, does it, for calls from inside the agent alone.

Every loop runs until no call is left to fail and prints how many there were.
"""

import errno
import json
import os
import subprocess

import pytest

IO = pytest.mark.parametrize("io", ["mapped", "pwrite"])
ERRORS = ("ENOSPC", "EIO", "EINTR", "EINVAL", "ENOMEM", "EDQUOT", "EOPNOTSUPP", "EPERM", "ENOSYS")
PROGRAM = """
import os, sys, threading

def a(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def b(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def deep(n):
    return n and deep(n - 1) + 1

agent = sys.modules.get("sonde._agent")
a(11)
threads = [threading.Thread(target=a, args=(n,)) for n in (5, 9)]
for t in threads: t.start()
for t in threads: t.join()
print(deep(800))
for n in range(40):
    exec(f"def made{n}(): return {n}\\nmade{n}()")
if agent:
    agent.stop()
    try:
        agent.start()
    except OSError:
        pass
if os.fork() == 0:
    a(8)
    os._exit(4)
print(os.waitstatus_to_exitcode(os.wait()[1]))
a(12)
files = [os.path.realpath(f"/proc/self/fd/{n}") for n in range(2000) if os.path.exists(f"/proc/self/fd/{n}")]
print(sum(not name.endswith(".tape") for name in files))
sys.exit(3)
"""


@pytest.fixture(scope="session")
def shim(root, tmp_path_factory):
    made = tmp_path_factory.mktemp("fault") / "shim.so"
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", made, root / "test/fault/shim.c"], check=True)
    return made


@pytest.fixture
def run(run_sonde, python, clean_env, shim, tmp_path):
    """run(io, at, times, error, only): (the run, whether a call failed)."""
    (tmp_path / "app.py").write_text(PROGRAM)
    preload = f"{clean_env['LD_PRELOAD']} {shim}" if "LD_PRELOAD" in clean_env else str(shim)

    def run(io, at, times, error, only=""):
        log = tmp_path / "failed"
        log.unlink(missing_ok=True)
        env = clean_env | {"LD_PRELOAD": preload, "FAULT_IN": "/_agent.cpython", "FAULT_AT": str(at),
                           "FAULT_FOR": str(times), "FAULT_ERRNO": str(getattr(errno, error)),
                           "FAULT_ONLY": only, "FAULT_LOG": str(log)}
        way = ("--io", io) if io else ()
        done = run_sonde("run", *way, "--step", 65536, "-o", "x", "--python", python, "app.py", env=env)
        return done, log.read_text().split() if log.exists() else []

    return run


@pytest.fixture
def alike(python, clean_env, run, run_sonde, tmp_path):
    """alike(io, at, times, error, only): the names of the calls that failed; the program did not
    notice, and the recording, where there is one, reads."""
    bare = subprocess.run([python, "app.py"], cwd=tmp_path, env=clean_env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (bare.returncode, bare.stdout) == (3, "800\n4\n3\n")

    def alike(io, at, times, error, only="", read=True):
        done, failed = run(io, at, times, error, only)
        what = f"call {at} ({failed[:1]}) of {io}, {'once' if times else 'always'}, {error}: {done.stderr}"
        assert (done.returncode, done.stdout) == (3, bare.stdout), what
        ours = [line for line in done.stderr.splitlines() if line.startswith("sonde: ")]
        assert len(ours) <= 1, what  # 3.12 warns of a fork beside threads
        assert "Traceback" not in done.stderr, what
        if read:
            report = run_sonde("report", "--json", "x.sonde")
            assert report.returncode in (0, 1) and report.stderr.count("\n") <= 1, what
            if report.returncode == 0 and not done.stderr:
                quality = json.loads(report.stdout)["quality"]
                assert quality["lost_events"] == 0, what
        return failed

    return alike


def each(alike, io, error, times, stride=1):
    at, reached = 1, 0
    while alike(io, at, times, error, read=stride < 10):
        reached, at = at, at + stride
    print(f"{io}, {error}, {'once' if times else 'always'}: {reached} calls failed in turn, every {stride}")
    return reached


@IO
def test_some_calls_fail(alike, io):
    assert each(alike, io, "ENOSPC", 1, stride=13 if io == "mapped" else 31) > 30
    assert each(alike, io, "EIO", 0, stride=17 if io == "mapped" else 43) > 30


@pytest.mark.long
@pytest.mark.smoke
@IO
@pytest.mark.parametrize("times", [1, 0], ids=["once", "always"])
@pytest.mark.parametrize("error", ["ENOSPC", "EINTR", "EINVAL", "ENOMEM", "EIO"])
def test_each_call_fails(alike, io, times, error):
    assert each(alike, io, error, times, stride=1 if io == "mapped" else 5) > 50


@pytest.mark.long
@pytest.mark.smoke
def test_no_room_is_had_in_a_hundred_ways(alike):
    """posix_fallocate fails at its 1st .. nth call, once and from there on, with each error."""
    runs = 0
    for error in ERRORS:
        for times in 1, 0:
            at = 1
            while alike("mapped", at, times, error, "posix_fallocate", read=False):
                at += 1
                runs += 1
    print(f"posix_fallocate failed {runs} times")
    assert runs >= 100


@pytest.mark.parametrize("error", ["EINVAL", "EOPNOTSUPP", "EIO", "EPERM", "EINTR"])
def test_where_room_cannot_be_taken_copies_are_written(run, run_sonde, error):
    """Without --io, a file system on which posix_fallocate does not work is written by copies."""
    done, failed = run("mapped", 1, 0, error, "posix_fallocate")
    assert failed and os.strerror(getattr(errno, error)) in done.stderr  # mapped was asked for
    done, failed = run(None, 1, 0, error, "posix_fallocate")
    assert failed and (done.returncode, done.stderr) == (3, "")
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert report["quality"]["exact"] and report["total_calls"] > 8000
