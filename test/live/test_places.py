# SPDX-License-Identifier: Apache-2.0
"""Limits, places that cannot be written, streams and descriptors that are closed, rights that
are given up, recordings that are moved: the program behaves as without sonde in both ways of
writing (--io), and what sonde says is one line."""

import json
import os
import re
import signal
import subprocess

import pytest

from disks import disk
from tape import tapes

IO = pytest.mark.parametrize("io", ["mapped", "pwrite"])
PROGRAM = """
import os, sys

def a(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def b(depth):
    if depth:
        a(depth - 1)
        b(depth - 1)

def calls():
    a(11)      # 4,095 paths: 256 KiB

def last():
    pass

"""


@pytest.fixture
def both(sonde, python, clean_env, tmp_path):
    """both("mapped", text): the program bare and under sonde, which must be alike; the latter.

    before: shell words in front of either; after: behind it; name: of the recording.
    """

    def both(io, text, *, before="", after="", name=tmp_path / "x", **settings):
        (tmp_path / "app.py").write_text(PROGRAM + text)
        settings = {"cwd": tmp_path, "env": clean_env, "stdin": subprocess.DEVNULL, "text": True,
                    "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 100, **settings}
        place = f"-o '{name}'" if name else ""
        launch = f"'{sonde}' run --step 65536 --io {io} {place} --python"
        bare, done = (subprocess.run(["/bin/sh", "-c", f"{before} {words} '{python}' '{tmp_path}/app.py' {after}"],
                                     **settings) for words in ("", launch))
        assert (done.returncode, done.stdout) == (bare.returncode, bare.stdout), done.stderr
        done.bare = bare
        return done

    return both


@pytest.fixture
def no_override():
    """Shell words that take from root what lets it write where the bits say no."""
    return "setpriv --bounding-set=-dac_override,-dac_read_search" if os.geteuid() == 0 else ""


def calls_of(recording, name):
    return [tape.calls(name) for tape in tapes(recording)]


# Limits


@IO
def test_limit_of_file_sizes(both, run_sonde, tmp_path, io):
    done = both(io, "a(13); last(); print('done'); sys.exit(3)", before="ulimit -f 600;")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1 and "limit of file sizes is reached" in done.stderr
    quality = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)["quality"]
    assert quality["lost_events"] > 0 and not quality["truncated"]


@IO
def test_limit_of_file_sizes_lowered_in_mid_run(both, io):
    done = both(io, """
import resource
calls()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
a(12)
print("done")
""")
    assert done.returncode == 0


@IO
def test_limit_of_address_space(both, tmp_path, io):
    done = both(io, """
calls()
import resource
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size, size))
a(13)
try:
    bytes(1 << 30)
except MemoryError:
    print("no memory")
last()
sys.exit(4)
""", before="ulimit -v 600000;")
    assert (done.returncode, done.stdout) == (4, "no memory\n")


@IO
def test_limit_of_descriptors(both, tmp_path, io):
    done = both(io, """
import resource
calls()
n = len(os.listdir("/proc/self/fd")) - 1
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
try:
    open("/dev/null")
except OSError as e:
    print(e.errno)
a(12)
if os.fork() == 0:
    calls()
    os._exit(0)
print(os.wait()[1])
last()
""")
    assert done.stdout == "24\n0\n"
    assert calls_of(tmp_path / "x.sonde", "last") == [1]


@pytest.mark.parametrize("most", [5, 7])
def test_too_few_descriptors_for_a_child_beside_sonde(sonde, python, clean_env, tmp_path, most):
    command = ["/bin/sh", "-c", f"ulimit -n {most}; exec \"$@\"", "sh", sonde, "run", "-o", "x",
               "--python", python, "-c", "print('ran')"]
    done = subprocess.run(command, cwd=tmp_path, env=clean_env, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert done.stderr == "sonde: cannot record: x.sonde: Too many open files; the program runs unprofiled\n"
    assert os.listdir(tmp_path) == []


# Places


def test_read_only_folder(both, no_override, tmp_path):
    (tmp_path / "folder").mkdir(mode=0o555)
    done = both("mapped", "print('ran')", before=no_override, cwd=tmp_path / "folder", name=None)
    assert done.stdout == "ran\n"
    assert done.stderr.count("\n") == 1 and "Permission denied" in done.stderr
    assert os.listdir(tmp_path / "folder") == []


def test_unwritable_output(both, no_override, tmp_path):
    (tmp_path / "folder").mkdir(mode=0o555)
    for name, why in ("folder/x", "Permission denied"), ("nowhere/x", "No such file"), ("app.py/x", "Not a dir"):
        done = both("mapped", "print('ran')", before=no_override, name=tmp_path / name)
        assert done.stdout == "ran\n"
        assert done.stderr.count("\n") == 1 and why in done.stderr


@IO
@pytest.mark.parametrize("what", ["rmtree", "rename"])
def test_output_that_vanishes_in_mid_run(both, tmp_path, io, what):
    done = both(io, f"""
import shutil
calls()
if os.path.exists("x.sonde"):
    shutil.rmtree("x.sonde") if {what == "rmtree"} else os.rename("x.sonde", "y.sonde")
a(13)
if os.fork() == 0:
    last()
    os._exit(0)
print(os.wait()[1])
sys.exit(5)
""")
    assert (done.returncode, done.stdout) == (5, "0\n")
    assert done.stderr.count("\n") == 1 and "moved or removed while the program ran" in done.stderr
    if what == "rename":
        assert max(calls_of(tmp_path / "y.sonde", "a")) == 10240


def test_no_home(both, tmp_path):
    done = both("mapped", "last(); print(os.environ.get('HOME'))", before="unset HOME;")
    assert (done.stdout, done.stderr) == ("None\n", "")
    assert calls_of(tmp_path / "x.sonde", "last") == [0, 1] or calls_of(tmp_path / "x.sonde", "last") == [1]


@IO
def test_disk_that_runs_nothing(both, io):
    with disk(1 << 20, "noexec,nosuid,nodev") as folder:
        done = both(io, "last(); print('ran')", name=folder / "x", before=f"TMPDIR='{folder}'; export TMPDIR;")
        assert done.stderr == ""
        assert 1 in calls_of(folder / "x.sonde", "last")


def test_read_only_disk(both):
    with disk(1 << 20) as folder:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        done = both("mapped", "print('ran')", name=folder / "x")
    assert done.stdout == "ran\n"
    assert done.stderr.count("\n") == 1 and "Read-only file system" in done.stderr


@IO
def test_disk_that_turns_read_only(both, io):
    with disk(1 << 24) as folder:
        done = both(io, f"""
calls()
if os.path.exists("{folder}/x.sonde"):
    if os.system("mount -o remount,ro {folder} 2>/dev/null") == 0: pass
a(12)
print("ran")
""", name=folder / "x")
        assert done.stdout == "ran\n"


# Streams


STREAMS = ["<&- >&- 2>&-", ">/dev/full 2>&1", "2>&-"]
MORE_STREAMS = ["<&-", ">&-", "<&- >&-", ">/dev/full", "2>/dev/full", "<&- >/dev/full 2>&-"]


@pytest.mark.parametrize("streams", STREAMS + [pytest.param(s, marks=pytest.mark.long) for s in MORE_STREAMS])
def test_streams_closed_or_full(both, tmp_path, streams):
    done = both("mapped", """
last()
print("to stdout")
print("to stderr", file=sys.stderr)
try:
    got = sys.stdin.read() if sys.stdin else None
except OSError as e:
    got = e.errno
with open("seen", "w") as f:
    print(f.fileno(), got, sys.stdin, sys.stdout and sys.stdout.name, file=f)
sys.exit(6)
""", after=streams)
    assert done.stderr == done.bare.stderr
    assert 1 in calls_of(tmp_path / "x.sonde", "last")


@IO
def test_sonde_has_something_to_say_and_nowhere_to_say_it(both, tmp_path, io):
    with disk(65536 * 3) as folder:
        for streams in "2>&-", "2>/dev/full":
            done = both(io, "a(13)\nprint('ran')\nsys.exit(7)", after=streams, name=folder / "x")
            assert (done.returncode, done.stdout) == (7, "ran\n")


# Descriptors, roots and rights


@IO
@pytest.mark.parametrize("again", [pytest.param(False, marks=pytest.mark.long), True])
def test_descriptors_closed(both, tmp_path, io, again):
    """... and, again, their numbers given to files of the program's own."""
    done = both(io, f"""
calls()
os.closerange(3, 2000)
files = [open(f"own{{n}}", "w") for n in range(900)] if {again} else []
a(13)
for f in files:
    f.write("mine")
    f.close()
print({{open(f.name).read() for f in files}})
last()
""")
    assert done.stderr == ""
    assert 1 in calls_of(tmp_path / "x.sonde", "last")
    assert 10240 in calls_of(tmp_path / "x.sonde", "a")
    for n in range(900 if again else 0):
        assert (tmp_path / f"own{n}").read_text() == "mine"


def takes_root(what):
    return pytest.mark.skipif(os.geteuid() != 0, reason=f"{what} takes root")


@takes_root("chroot")
@IO
@pytest.mark.parametrize("close", [False, True])
def test_another_root(both, tmp_path, io, close):
    (tmp_path / "cell").mkdir()
    done = both(io, f"""
calls()
os.chroot("cell")
os.chdir("/")
if {close}: os.closerange(3, 2000)
a(13)
last()
print(os.listdir("/"))
""")
    assert done.stdout == "[]\n"
    if not close:
        assert done.stderr == ""
        assert 1 in calls_of(tmp_path / "x.sonde", "last")


@takes_root("setuid")
@IO
@pytest.mark.parametrize("close", [False, True])
def test_rights_given_up(both, tmp_path, io, close):
    done = both(io, f"""
calls()
os.setuid(65534)
if {close}: os.closerange(3, 2000)
a(13)
last()
if os.fork() == 0:
    last()
    os._exit(0)
print(os.wait()[1], os.geteuid())
""")
    assert done.stdout == "0 65534\n"
    if not close:
        assert 1 in calls_of(tmp_path / "x.sonde", "last")


@IO
def test_another_folder(both, tmp_path, io):
    done = both(io, "calls(); os.chdir('/'); os.closerange(3, 2000); a(13); last(); print(os.getcwd())")
    assert (done.stdout, done.stderr) == ("/\n", "")
    assert 1 in calls_of(tmp_path / "x.sonde", "last")


REFUSED = re.compile(r"sonde: cannot record: x.sonde: process \d+ is writing it yet \(end it, or name another place by "
                     r"-o\); the program runs unprofiled\n")


def test_a_second_run_into_what_a_daemon_still_writes(python, run_sonde, tmp_path):
    """Its sonde run is long over."""
    (tmp_path / "app.py").write_text(PROGRAM + """
out, into = os.pipe()
if os.fork():
    os.read(out, 1)
    os._exit(0)
os.setsid()
last()
print(os.getpid(), flush=True)
for fd in 0, 1, 2:
    os.close(fd)
os.write(into, b"x")
import time
time.sleep(60)
""")
    pid = int(run_sonde("run", "-o", "x", "--python", python, "app.py", check=True).stdout)
    try:
        second = run_sonde("run", "-o", "x", "--python", python, "-c", "print(1)")
        assert (second.returncode, second.stdout) == (0, "1\n") and f"process {pid} is" in second.stderr
        assert REFUSED.fullmatch(second.stderr)
        assert 1 in calls_of(tmp_path / "x.sonde", "last")
    finally:
        os.kill(pid, signal.SIGKILL)
    assert run_sonde("run", "-o", "x", "--python", python, "-c", "pass").stderr == ""


def test_a_second_run_into_a_recording_that_is_being_made(sonde, python, clean_env, run_sonde, tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM + "print('begun', flush=True); input(); last()")
    run = [sonde, "run", "-o", "x", "--python", python, "app.py"]
    with subprocess.Popen(run, cwd=tmp_path, env=clean_env, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
        assert first.stdout.readline() == "begun\n"
        second = run_sonde("run", "-o", "x", "--python", python, "app.py", input="\n")
        assert (second.returncode, second.stdout) == (0, "begun\n")
        assert REFUSED.fullmatch(second.stderr), second.stderr
        out, err = first.communicate("\n")
    assert (first.returncode, out, err) == (0, "", "")
    assert 1 in calls_of(tmp_path / "x.sonde", "last")
    assert run_sonde("run", "-o", "x", "--python", python, "app.py", input="\n").stderr == ""
