# SPDX-License-Identifier: Apache-2.0
"""Forks, execs and threads in great number: nothing hangs, crashes or is lost. Marked long: as often as promised."""

import json
import re
import subprocess

import pytest

from tape import tapes

pytestmark = pytest.mark.wide


def often(*counts):
    """The first in make check, the second in make check-long."""
    return pytest.mark.parametrize("count", [counts[0], pytest.param(counts[1], marks=pytest.mark.long)])


@pytest.fixture
def recorded(run_sonde, python, tmp_path):
    """recorded(text, count, options...): what a program printed, and its tapes, the first one's first."""

    def run(text, count, *options, **settings):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "-q", *options, "--python", python, "-o", "app.sonde", "app.py", count,
                         **{"timeout": 280, **settings})
        assert (done.returncode, done.stderr) == (0, ""), done.stderr[-2000:]
        return done.stdout, tapes(tmp_path / "app.sonde")

    return run


def sums(run_sonde):
    report = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)
    return {f["name"]: f["calls"] for f in report["functions"]}, report


FORKS = """
import os, sys, threading, time, warnings
warnings.simplefilter("ignore")  # forking amid threads is the matter here

def busy(n):
    return [bytearray(n) for n in range(n)]

def allocate():
    while goes_on:
        busy(50)

def child_work():
    busy(3)

def fork():
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if pid == 0:
            for _ in range(5):
                child_work()
            os._exit(0)
        until = time.monotonic() + 5
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(pid, 9)
                sys.exit(f"{pid} hangs")
            time.sleep(0.0005)
        forked.append(pid)

goes_on, forked = True, []
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
forking = threading.Thread(target=fork)
forking.start()
forking.join()
goes_on = False
for thread in threads:
    thread.join()
print(len(forked), *forked)
"""


@often(20, 500)
def test_forks_amid_eight_threads(recorded, run_sonde, count):
    """No child hangs (5 s each), each has its tape and its one thread."""
    output, (parent, *children) = recorded(FORKS, count)
    pids = [int(word) for word in output.split()[1:]]
    assert sorted(tape.header.pid for tape in children) == sorted(pids) and len(pids) == count
    assert {(tape.calls("child_work"), len(tape.threads), tape.header.lost_events) for tape in children} == {(5, 1, 0)}
    assert parent.calls("child_work") == 0 and parent.header.lost_events == 0
    functions, _ = sums(run_sonde)
    assert functions["child_work"] == 5 * count


PROCESSES = """
import concurrent.futures, multiprocessing, os, sys

def part(n):
    return n

def twice():
    if (pid := os.fork()) == 0:
        os.setsid()
        if os.fork() == 0:
            part(0)
            os._exit(0)
        os._exit(0)
    os.waitpid(pid, 0)

if __name__ == "__main__":
    for way in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(way)
        with context.Pool(2) as pool:
            pool.map(part, range(20), chunksize=1)
            pool.close()
            pool.join()
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            list(pool.map(part, range(20)))
        one = context.Process(target=part, args=(1,))
        one.start()
        one.join()
    for _ in range(int(sys.argv[1])):
        twice()
"""
# The user's own start-up code notes each process that there is, forked or started.
NOTING = """
import os
def note():
    with open(os.environ["NOTES"], "a") as file:
        print(os.getpid(), file=file)
note()
os.register_at_fork(after_in_child=note)
"""


@often(3, 20)
def test_processes_are_tapes(recorded, run_sonde, clean_env, tmp_path, count):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/sitecustomize.py").write_text(NOTING)
    env = clean_env | {"PYTHONPATH": str(tmp_path / "own"), "NOTES": str(tmp_path / "notes")}
    _, found = recorded(PROCESSES, count, env=env)
    noted = sorted(int(line) for line in (tmp_path / "notes").read_text().split())
    assert sorted(tape.header.pid for tape in found) == noted
    functions, report = sums(run_sonde)
    assert functions["part"] == 3 * (20 + 20 + 1) + count == sum(tape.calls("part") for tape in found)
    assert {process["pid"] for process in report["processes"]} >= {*noted}


VFORKS = """
import subprocess, sys
def before(): pass
def after(): pass
assert getattr(subprocess, "_USE_VFORK", True)
for _ in range(int(sys.argv[1])):
    before()
    subprocess.run(["/bin/true"], check=True, close_fds=bool(_ % 2))
    after()
"""


@often(100, 2000)
def test_vforks(recorded, count):
    """The parent's tape has no gap; what was started is no Python and has none."""
    _, [tape] = recorded(VFORKS, count)
    assert (tape.calls("before"), tape.calls("after"), tape.calls("run")) == (count, count, count)
    assert tape.header.lost_events == 0


EXECS = """
import os, sys
LOOK = '''
def after(): pass
for _ in range(4): after()
import os
for fd in os.listdir("/proc/self/fd"):
    try: print("fd", os.getpid(), os.readlink("/proc/self/fd/" + fd))
    except OSError: pass
'''
def before(): pass
for words in [sys.executable, "-c", LOOK], ["/bin/sh", "-c", "ls -l /proc/self/fd"], ["/bin/true", "true"]:
    for _ in range(int(sys.argv[1])):
        pid = os.fork()
        if pid == 0:
            for _ in range(3):
                before()
            os.execv(words[0], words)
        assert os.waitpid(pid, 0)[1] == 0
        print(words[0], pid)
"""


@often(10, 100)
def test_execs(recorded, count):
    """What was before has its tape, a Python afterwards another, and none inherits a descriptor of ours."""
    output, (_, *found) = recorded(EXECS, count)
    pids = {int(pid): words for words, pid in re.findall(r"^(/\S+) (\d+)$", output, re.M)}
    assert len(pids) == 3 * count
    for pid, program in pids.items():
        calls = [(tape.calls("before"), tape.calls("after")) for tape in found if tape.header.pid == pid]
        assert calls == [(3, 0), (0, 4)][:2 if "python" in program else 1], (program, calls)
    opened = re.findall(r"^fd (\d+) (.*\.sonde/.*)$", output, re.M)
    assert all(re.search(rf"/{pid}-\w+\.tape$", path) for pid, path in opened), "its own"
    assert len(opened) <= count and " -> " in output
    assert not re.search(r" -> .*\.sonde/", output)


THREADS = """
import sys, threading, time
def one(n):
    pass
begin = time.process_time()
for n in range(int(sys.argv[1])):
    thread = threading.Thread(target=one, args=(n,))
    thread.start()
    thread.join()
print(time.process_time() - begin)
"""


@often(2000, 100_000)
def test_threads_one_after_another(recorded, run_sonde, python, tmp_path, clean_env, count):
    """Each is itself in the tape; many together cost twice the time without at most, of few the figure is only told."""
    output, [tape] = recorded(THREADS, count, "--max-paths", "16777216")
    bare = subprocess.run([python, "app.py", str(count)], cwd=tmp_path, env=clean_env, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    assert tape.calls("one") == count and tape.header.lost_events == 0
    assert len(tape.threads) == count + 1 and not any(thread.merged for thread in tape.threads.values())
    assert {thread.serial for thread in tape.threads.values()} == {*range(count + 1)}
    ones = [node for node in tape.nodes_of("one") if tape.nodes[node].calls]
    assert len({tape.nodes[node].owner_thread for node in ones}) == len(ones) == count
    print(f"{count} threads: {float(bare):.2f} s of CPU without, {float(output):.2f} s with")
    assert count < 100_000 or float(output) <= 2 * float(bare)
    assert sums(run_sonde)[0]["one"] == count


TOGGLED = """
import sonde, sys, threading
def work(n):
    if n:
        work(n - 1)
def one():
    for n in range(20):
        work(n % 7)
sonde.start("app")
for turn in range(int(sys.argv[1])):
    threads = [threading.Thread(target=one) for _ in range(500 if turn % 50 == 0 else 0)]
    for n, thread in enumerate(threads):
        thread.start()
        if n % 10 == 0:
            sonde.stop()
            sonde.start()
    sonde.stop()
    sonde.start()
    for thread in threads:
        thread.join()
sonde.stop()
sonde.start()
def last(): pass
for _ in range(7):
    last()
sonde.stop()
print(threading.active_count())
"""


@pytest.fixture
def alone(python, sonde, clean_env, tmp_path):
    """alone(text, count): what a program printed that records itself."""
    from counting import packages_in
    packages = packages_in(tmp_path, sonde)

    def run(text, count):
        (tmp_path / "app.py").write_text(text)
        done = subprocess.run([python, "app.py", str(count)], cwd=tmp_path, text=True, timeout=200,
                              env=clean_env | {"PYTHONPATH": str(packages)}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout[-2000:]
        return done.stdout

    return run


@often(50, 200)
def test_five_hundred_threads_toggled(alone, tmp_path, count):
    """Started and stopped while they begin and end: no crash, and what comes later is exact."""
    assert alone(TOGGLED, count) == "1\n"
    [tape] = tapes(tmp_path / "app.sonde")
    turns = -(-count // 50)
    assert tape.calls("last") == 7 and tape.header.lost_events == 0
    assert 0 < tape.calls("one") <= 500 * turns
    assert len(tape.threads) <= 500 * turns + 1


FINISHES = """
import sys, threading, time
def work(n):
    return [bytearray(n), str(n)]
def daemon():
    while True:
        for n in range(50):
            work(n)
for _ in range(4):
    threading.Thread(target=daemon, daemon=True).start()
def last(): pass
last()
time.sleep(float(sys.argv[1]))
print("ends")
"""


@often(10, 300)
def test_daemon_threads_at_the_end(run_sonde, python, tmp_path, count):
    (tmp_path / "app.py").write_text(FINISHES)
    for turn in range(count):
        done = run_sonde("run", "-q", "--python", python, "-o", "app.sonde", "app.py", turn * 0.04 / count, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", ""), turn
        [tape] = tapes(tmp_path / "app.sonde")
        assert tape.calls("last") == 1 and tape.calls("work") > 0
    assert sums(run_sonde)[0]["last"] == 1


INTERPRETERS = """
import sys, threading
try:
    import _interpreters as made
except ImportError:
    import _xxsubinterpreters as made
INSIDE = '''
def q(a): return [a]
for i in range(20): q(i)
import json
json.dumps({"a": [1]})
'''
def count(): pass
def one():
    interpreter = made.create()
    made.run_string(interpreter, INSIDE)
    made.destroy(interpreter)
for _ in range(int(sys.argv[1])):
    thread = threading.Thread(target=one)
    thread.start()
    count()
    thread.join()
"""


@often(20, 200)
def test_subinterpreters_come_and_go(recorded, run_sonde, count):
    """With a lock of their own from 3.12 on: no crash, the main one is exact, that there were others is told."""
    _, [tape] = recorded(INTERPRETERS, count)
    assert (tape.calls("count"), tape.calls("one"), tape.calls("q")) == (count, count, 0)
    functions, report = sums(run_sonde)
    assert report["quality"]["notes"] == ["The program made subinterpreters: the calls in those are not counted."]
