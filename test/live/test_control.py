# SPDX-License-Identifier: Apache-2.0
"""sonde stop, start and reset from outside, sonde.reset() inside: what is counted is what was called meanwhile.

The programs count by themselves and are told by files when to go on, so that each count is known.
"""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from counting import packages_in
from tape import AGENT, LAUNCHER, Tape, tapes

COUNTS = 0

# Workers call work() so often in each phase, which begins when its file is there.
PHASES = """
import multiprocessing, os, sys, time

def tick():
    time.sleep(0.002)

def work():
    pass

def worker(calls):
    for phase in range(1, 100):
        while not os.path.exists("phase-%d" % phase):
            if os.path.exists("end"):
                return
            tick()
        for _ in range(calls):
            work()
        open("done-%d-%d" % (phase, os.getpid()), "w").close()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    workers = [context.Process(target=worker, args=(1000 * (i + 1),)) for i in range(3)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    print("ended", [w.exitcode for w in workers])
"""
A_PHASE = 6000


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)
    return found


class Running:
    """A program under `sonde run` that is told what to do while it runs."""

    def __init__(self, sonde, run_sonde, python, folder, env, *words, name="x"):
        self.run_sonde, self.folder, self.name = run_sonde, folder, f"{name}.sonde"
        self.process = subprocess.Popen([sonde, "run", "-o", name, "--python", python, *words], cwd=folder, env=env,
                                        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.phases = 0

    def phase(self, workers=3):
        self.phases += 1
        self.tell(f"phase-{self.phases}")
        until(lambda: len(list(self.folder.glob(f"done-{self.phases}-*"))) == workers)

    def tell(self, name):
        (self.folder / name).touch()

    def ask(self, what):
        """sonde WHAT; what it said behind the name."""
        done = self.run_sonde(what, self.name)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        return done.stderr.removeprefix(f"sonde: {self.name}: ").removesuffix("\n")

    def report(self, name=None):
        return json.loads(self.run_sonde("report", "--json", name or self.name, check=True).stdout)

    def calls(self, function="work"):
        return sum(f["calls"] for f in self.report()["functions"] if f["qualname"] == function)

    def give_up(self):
        for tape in tapes(self.folder / self.name):
            if os.path.exists(f"/proc/{tape.header.pid}"):
                os.kill(tape.header.pid, signal.SIGKILL)

    def end(self):
        self.tell("end")
        out, err = self.process.communicate(timeout=60)
        return out, err, self.process.returncode


@pytest.fixture
def begin(sonde, run_sonde, python, clean_env, tmp_path):
    """begin(text, WORDS...): a Running; options before the program by options=[...]."""
    packages = packages_in(tmp_path, sonde)
    begun = []

    def begin(text, *words, options=(), ready=None, name="x"):
        (tmp_path / "app.py").write_text(text)
        running = Running(sonde, run_sonde, python, tmp_path, clean_env | {"PYTHONPATH": str(packages)},
                          *options, "app.py", *words, name=name)
        begun.append(running)
        if ready:
            until(lambda: (tmp_path / ready).exists())
        return running

    yield begin
    for running in begun:
        if running.process.poll() is None:
            running.give_up()
        running.process.communicate()


@pytest.mark.smoke
def test_perpetual_workers(begin, tmp_path, python_version):
    app = begin(PHASES, "spawn" if python_version[1] % 2 else "fork")
    app.phase()
    assert app.calls() == A_PHASE
    assert re.match(r"\d processes stopped", app.ask("stop"))
    assert (tmp_path / "x.sonde/stopped").exists()
    app.phase()
    assert app.calls() == A_PHASE
    assert any(note.startswith("Counting is stopped") for note in app.report()["quality"]["notes"])
    assert re.match(r"\d(?: of \d)? processes started", app.ask("start"))
    assert not (tmp_path / "x.sonde/stopped").exists()
    app.phase()
    assert app.calls() == 2 * A_PHASE
    assert re.match(r"\d processes reset", app.ask("reset"))
    before = time.monotonic()
    app.phase()
    report = app.report()
    assert app.calls() == A_PHASE
    assert report["quality"]["notes"] == [] and report["quality"]["exact"]
    # What was called before is not there at all: nothing of the imports of multiprocessing.
    assert all(f["calls"] or f["resumes"] or f["cumulative_ns"] for f in report["functions"])
    assert not any("importlib" in f["file"] for f in report["functions"] if f["calls"])
    assert all(p["wall_ns"] / 1e9 < time.monotonic() - before + 5 for p in report["processes"] if p["entered"])
    app.ask("stop")
    app.ask("reset")
    app.phase()
    assert app.calls() == 0
    app.ask("start")
    app.phase()
    assert app.end() == ("ended [0, 0, 0]\n", "", 0)
    assert app.calls() == A_PHASE
    launcher = app.process.pid
    for path in (tmp_path / "x.sonde").glob("*.tape"):
        tape = Tape(path, sums=True)
        if tape.header.role == AGENT:
            assert (tape.header.counting, tape.header.lost_events) == (COUNTS, 0)
            assert tape.sealed or tape.header.parent_pid != launcher
            assert tape.header.resets_done == tape.header.resets == 2
        else:
            assert tape.header.reset_ns > 0


def test_written_by_copies(begin):
    """Who writes by copies looks into the file ten times a second: the command waits for that."""
    app = begin(PHASES, "fork", options=["--io", "pwrite"])
    app.phase()
    app.ask("stop")
    assert app.calls() == A_PHASE
    app.phase()
    app.ask("start")
    app.phase()
    app.ask("stop")
    assert app.calls() == 2 * A_PHASE
    app.ask("reset")
    app.ask("start")
    app.phase()
    assert app.end() == ("ended [0, 0, 0]\n", "", 0)
    assert app.calls() == A_PHASE


@pytest.mark.wide
def test_who_waits_in_a_call_is_stopped_as_well(begin, tmp_path):
    """It has had no event since: nothing is counted, and its time ends when it was asked."""
    os.mkfifo(tmp_path / "fifo")
    app = begin("""
import os, time
def work(): pass
def wait():
    os.open("fifo", os.O_RDONLY)
def main():
    for _ in range(10):
        work()
    wait()
    while not os.path.exists("end"):
        time.sleep(0.01)
        work()
main()
""")

    def waits():
        found = tapes(tmp_path / "x.sonde") if (tmp_path / "x.sonde").exists() else []
        names = [tape.functions[tape.nodes[t.current].function].qualname for tape in found
                 for t in tape.threads.values() if t.current and tape.nodes[t.current].function]
        return names and "open" in names[0]

    def waited():
        return sum(f["self_ns"] for f in app.report()["functions"] if f["qualname"] == "posix.open") / 1e9

    until(waits)
    pid = app.report()["processes"][0]["pid"]
    assert app.ask("stop") == f"1 process stopped; 1 of them waits in a call (pid {pid})"
    at_first = waited()
    time.sleep(0.5)
    assert waited() == pytest.approx(at_first, abs=0.01)
    assert app.calls() == 10
    assert app.ask("start") == "1 process started"
    before = time.monotonic()
    assert app.ask("reset") == f"1 process reset; 1 of them waits in a call (pid {pid})"
    assert app.calls() == 0 and app.calls("posix.open") == 0
    time.sleep(0.5)
    report, now = app.report(), time.monotonic()
    spent = sum(f["self_ns"] for f in report["functions"] if f["qualname"] == "posix.open") / 1e9
    assert 0.5 <= spent <= now - before
    assert 0.5 <= report["run"]["wall_ns"] / 1e9 <= now - before
    assert report["total_calls"] == 0
    with open(tmp_path / "fifo", "w"):
        until(lambda: app.calls() > 0)
    # The call that was under way is none, and has its time since the reset.
    found = {f["qualname"]: f for f in app.report()["functions"]}
    assert found["posix.open"]["calls"] == found["wait"]["calls"] == found["main"]["calls"] == 0
    assert spent <= found["posix.open"]["self_ns"] / 1e9 <= time.monotonic() - before


@pytest.mark.wide
def test_a_stop_that_was_not_heard_of_is_a_pause(begin, tmp_path):
    """Who waits in one call through stops and starts has its time but for those."""
    os.mkfifo(tmp_path / "fifo")
    app = begin("""
import os, time
from os.path import exists
def wait():
    os.open("fifo", os.O_RDONLY)
def main():
    open("ready", "w").close()
    wait()
    while not exists("end"):
        time.sleep(0.002)
main()
""", ready="ready")

    def waited():
        """(posix.open's time, before, after): so much, at a moment between these."""
        before = time.monotonic()
        report = app.report()
        found = [f["self_ns"] / 1e9 for f in report["functions"] if f["qualname"] == "posix.open"]
        return (found or [0])[0], before, time.monotonic()

    def pause(*asked):
        """(least, most) time between the first that is asked and the last, a start."""
        before = time.monotonic()
        app.ask(asked[0])
        after = time.monotonic()
        for what in asked[1:]:
            time.sleep(0.3)
            last = time.monotonic()
            app.ask(what)
        return last - after, time.monotonic() - before

    until(lambda: waited()[0] > 0)
    first, before, after = waited()
    least = most = 0
    for asked in ("stop", "start"), ("stop", "stop", "start"), ("stop", "start"):
        paused = pause(*asked)
        least, most = least + paused[0], most + paused[1]
        now, since, till = waited()
        assert since - after - most <= now - first <= till - before - least
    # What came before a reset is past; behind one it is a pause as well.
    app.ask("stop")
    before_reset = time.monotonic()
    app.ask("reset")
    after_reset = time.monotonic()
    time.sleep(0.3)
    assert waited()[0] == 0
    before = time.monotonic()
    app.ask("start")
    after = time.monotonic()
    least, most = pause("stop", "start")
    app.ask("start")
    now, since, till = waited()
    assert since - after - most <= now <= till - before - least
    before_end = time.monotonic()
    with open(tmp_path / "fifo", "w"):
        [tape] = until(lambda: [t for t in tapes(tmp_path / "x.sonde") if t.header.heard == t.header.asked])
    heard = time.monotonic()
    # The writer has come to the same.
    assert before_end - after - most <= waited()[0] <= heard - before - least
    assert least + before - after_reset <= tape.header.paused_ns / 1e9 <= most + after - before_reset
    assert tape.header.unheard_done_ns == tape.header.unheard_ns
    assert app.end() == ("", "", 0)
    assert before_end - after - most <= waited()[0] <= heard - before - least


def test_who_is_to_start_is_not_told_as_stopped(begin, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    app = begin("""
import os, time
pipe = os.open("fifo", os.O_RDWR)
def work(): pass
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.002)
    work()
open("waits", "w").close() # nothing begins from here on
os.read(pipe, 1)
work()
""", ready="ready")
    assert app.ask("stop") == "1 process stopped"
    app.tell("go")
    until((tmp_path / "waits").exists)
    assert app.report()["quality"]["notes"] == ["Counting is stopped (sonde start goes on)."]
    pid = app.report()["processes"][0]["pid"]
    assert app.ask("start") == f"0 of 1 process started; 1 waits in a call and starts at its next event (pid {pid})"
    assert app.report()["quality"]["notes"] == []
    calls = app.calls()
    with open(tmp_path / "fifo", "w") as pipe:
        pipe.write("x")
    assert app.end() == ("", "", 0)
    assert app.calls() == calls + 1
    assert app.report()["quality"]["notes"] == []


@pytest.mark.wide
def test_a_thread_that_waits_is_started_with_its_process(begin, tmp_path):
    """It has no event of its own: its function's time goes on with the process."""
    os.mkfifo(tmp_path / "fifo")
    app = begin("""
import os, threading, time
def wait():
    os.open("fifo", os.O_RDONLY)
    done()
def done(): pass
def tick(): pass
thread = threading.Thread(target=wait)
thread.start()
while not os.path.exists("end"):
    time.sleep(0.002)
    tick()
thread.join()
""")

    def waited():
        return sum(f["cumulative_ns"] for f in app.report()["functions"] if f["qualname"] == "wait") / 1e9

    until(lambda: (tmp_path / "x.sonde").exists() and app.run_sonde("report", "x.sonde").returncode == 0)
    until(lambda: app.calls("wait") == 1 and app.calls("tick") > 0)
    assert app.ask("stop") == "1 process stopped"
    stopped = waited()
    time.sleep(0.3)
    assert waited() == stopped
    before = time.monotonic()
    assert app.ask("start") == "1 process started"
    started = time.monotonic()
    time.sleep(0.3)
    asked = time.monotonic()
    assert stopped + asked - started <= waited() <= stopped + time.monotonic() - before
    with open(tmp_path / "fifo", "w"):
        until(lambda: app.calls("done") == 1)
    opened = time.monotonic()
    assert stopped + asked - started <= waited() <= stopped + opened - before
    assert app.end() == ("", "", 0)
    report = app.report()
    found = {f["qualname"]: f for f in report["functions"]}
    assert (found["wait"]["calls"], found["done"]["calls"]) == (1, 1)
    assert [c["id"] for c in found["done"]["callers"]] == [found["wait"]["id"]]
    assert report["quality"]["exact"] and report["quality"]["notes"] == []


WORKERS = """
import multiprocessing, os, sys, time
def rest(name):
    while not os.path.exists(name):
        time.sleep(0.002)
        turn()
def turn(): pass
def crunch():
    open("began-%d" % os.getpid(), "w").close()
    rest("end")
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    open("ready", "w").close()
    rest("go")
    workers = [context.Process(target=crunch), context.Process(target=crunch, name="my name")]
    for w in workers: w.start()
    for w in workers: w.join()
"""


@pytest.mark.wide
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_who_begins_while_it_is_stopped_tells_its_role(begin, tmp_path, method):
    app = begin(WORKERS, method, ready="ready")
    app.ask("stop")
    app.tell("go")
    until(lambda: len(list(tmp_path.glob("began-*"))) == 2)

    def workers():
        return sorted((p["name"], p["role"]) for p in app.report()["processes"]
                      if p["entered"] and p["role"] and p["role"].startswith("worker"))

    named = {"fork": "ForkProcess-1", "spawn": "SpawnProcess-1", "forkserver": "ForkServerProcess-1"}[method]
    told = [(named, "worker: crunch"), ("my name", "worker: crunch")]
    assert workers() == told
    app.ask("start")
    assert app.end()[2] == 0
    assert workers() == told


def test_the_role_of_who_starts_within_a_worker(begin):
    """The program stopped itself: what is forked tells nothing until it starts; and who is forked from there is no
    worker."""
    app = begin("""
import multiprocessing, os, sonde
def work(): pass
def crunch():
    sonde.start()
    work()
    sonde.stop()
    if os.fork() == 0:
        sonde.start()
        work()
        os._exit(0)
    os.wait()
sonde.stop()
worker = multiprocessing.get_context("fork").Process(target=crunch, name="one")
worker.start()
worker.join()
""")
    assert app.end() == ("", "", 0)
    assert app.calls() == 2
    found = [(p["name"], p["role"]) for p in app.report()["processes"] if p["entered"]]
    assert sorted(found) == [("app.py", "main"), ("app.py", "worker"), ("one", "worker: crunch")]


@pytest.mark.smoke
def test_who_ended_while_it_was_stopped_is_told(begin, tmp_path):
    text = """
import os, time
def work(): pass
open("ready", "w").close()
def rest(name):
    while not os.path.exists(name):
        time.sleep(0.002)
        work()
rest("one")
if os.fork() == 0:
    work()
    os._exit(0)
os.wait()
open("two", "w").close()
rest("end")
"""

    def told():
        return [note for note in app.report(app.name)["quality"]["notes"] if "stopped" in note]

    app = begin(text, ready="ready")
    app.ask("stop")
    app.tell("one")
    until((tmp_path / "two").exists)
    app.ask("start")
    lacks = "what ran after sonde stop is not counted."
    assert told() == [f"Counting was stopped in 1 of 1 process when it ended: {lacks}"]
    assert app.end() == ("", "", 0)
    assert told() == [f"Counting was stopped in 1 of 2 processes when they ended: {lacks}"]
    for asked in ["stop"], ["stop", "reset"], ["stop", "reset", "stop"]:
        for name in "ready", "one", "two", "end":
            (tmp_path / name).unlink()
        app = begin(text, ready="ready")
        for what in asked:
            app.ask(what)
        app.tell("one")
        assert app.end() == ("", "", 0)
        assert told() == [f"Counting was stopped when the program ended: {lacks}"]
        assert "reset" not in asked or app.report()["total_calls"] == 0


@pytest.mark.wide
def test_what_is_no_tape_is_passed_over(begin, tmp_path):
    app = begin(PHASES, "fork")
    app.phase()
    (tmp_path / "x.sonde/folder.tape").mkdir()
    (tmp_path / "x.sonde/link.tape").symlink_to("nowhere")
    os.mkfifo(tmp_path / "x.sonde/fifo.tape")
    assert app.ask("stop").startswith("4 processes stopped")
    assert app.ask("reset").startswith("4 processes reset")
    app.phase()
    assert app.ask("start").endswith("started")
    app.end()


@pytest.mark.wide
def test_who_begins_while_it_is_stopped(begin, tmp_path):
    app = begin("""
import os, subprocess, sys, time
def work(): pass
def rest(name):
    while not os.path.exists(name):
        time.sleep(0.002)
        rest_once()
def rest_once(): pass
def child():
    for _ in range(7):
        work()
    open("forked", "w").close()
    rest("later")
    for _ in range(70):
        work()
    os._exit(0)
def main():
    rest("go")
    if os.fork() == 0:
        child()
    subprocess.run([sys.executable, "-c", "def work(): pass\\nfor _ in range(700): work()"], check=True)
    open("spawned", "w").close()
    os.wait()
    rest("again")
    subprocess.run([sys.executable, "-c", "def work(): pass\\nfor _ in range(7000): work()"], check=True)
    if os.fork() == 0:
        for _ in range(3):
            work()
        os._exit(0)
    os.wait()
main()
""")
    until(lambda: (tmp_path / "x.sonde").exists() and app.run_sonde("stop", "x.sonde").returncode == 0)
    app.tell("go")
    until(lambda: (tmp_path / "forked").exists() and (tmp_path / "spawned").exists())
    assert app.calls() == 0
    assert len(tapes(tmp_path / "x.sonde")) == 3
    assert re.match(r"[12](?: of 2)? process(?:es)? started", app.ask("start"))
    app.tell("later")
    app.tell("again")
    assert app.end() == ("", "", 0)
    assert app.calls() == 70 + 7000 + 3


BUSY = """
import os, sys, threading
counts = [0] * 8
def leaf(): pass
def last(): pass
def numbers(n):
    for i in range(n):
        yield i
def work(i):
    for _ in numbers(3):
        leaf()
    try:
        int("x")
    except ValueError:
        pass
def busy(i):
    while not os.path.exists("end"):
        for _ in range(20):
            work(i)
            counts[i] += 1
    for _ in range(1000):
        last()
if len(sys.argv) > 1 and sys.version_info >= (3, 12): # another tool, which watches lines
    m = sys.monitoring
    m.use_tool_id(1, "other")
    lines = set()
    m.register_callback(1, m.events.LINE, lambda code, line: lines.add((code, line)))
    m.set_events(1, m.events.LINE)
threads = [threading.Thread(target=busy, args=(i,)) for i in range(8)]
for t in threads: t.start()
open("ready", "w").close()
for t in threads: t.join()
print(sum(counts))
"""


@pytest.mark.wide
@pytest.mark.parametrize("other", [(), ("other",)], ids=["alone", "with another tool"])
def test_eight_threads_stopped_and_started_a_hundred_times(begin, tmp_path, other):
    app = begin(BUSY, *other, ready="ready")
    for _ in range(100):
        assert app.ask("stop") == "1 process stopped"
        assert app.ask("start") == "1 process started"
    out, err, status = app.end()
    assert (err, status) == ("", 0)
    report = app.report()
    found = {f["qualname"]: f for f in report["functions"]}
    assert report["quality"]["exact"] and report["quality"]["lost_events"] == 0
    assert found["last"]["calls"] == 8000
    work = found["work"]["calls"]
    assert 0 < work < int(out)
    # At each stop and start a thread may be in one work().
    for name, calls in ("leaf", 3 * work), ("numbers", work), ("builtins.int", work):
        assert abs(found[name]["calls"] - calls) <= 200 * 8 * 3
    callers = {c["id"] for c in found["leaf"]["callers"]}
    assert callers == {found["work"]["id"]}
    assert sum(f["self_ns"] for f in report["functions"]) <= 8.1 * report["run"]["wall_ns"]
    [tape] = tapes(tmp_path / "x.sonde")
    assert tape.header.paused_ns > 0


def test_resumes_alone_are_heard(begin, tmp_path):
    """A loop of coroutines that begins no function while it is stopped."""
    app = begin("""
import asyncio, os
from os.path import exists
def work(): pass
async def main():
    open("ready", "w").close()
    while not exists("end"):
        await asyncio.sleep(0.001)
asyncio.run(main())
work()
""", ready="ready")
    assert app.ask("stop") == "1 process stopped"
    assert app.ask("start") == "1 process started"
    assert app.end() == ("", "", 0)
    assert app.calls() == 1


INSIDE = """
import os, sonde, time
def work(): pass
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.002)
        turn()
def turn(): pass
"""


def test_the_program_has_its_say(begin):
    """Who stopped itself is not started from outside; who starts itself is not stopped any more."""
    app = begin(INSIDE + """
sonde.stop()
open("ready", "w").close()
wait("one")
work()
sonde.start()
work()
open("two", "w").close()
wait("three")
work()                  # stopped from outside
sonde.start()
work()
open("four", "w").close()
wait("end")
work()
""", ready="ready")
    assert app.ask("stop") == "1 process stopped"
    assert app.ask("start") == "0 of 1 process started; 1 stopped itself and starts at its own sonde.start()"
    assert app.ask("reset") == "0 of 1 process reset; 1 stopped itself and is reset when it starts again"
    assert app.report()["total_calls"] == 0
    app.tell("one")
    until((app.folder / "two").exists)
    assert app.calls() == 1
    assert app.ask("stop") == "1 process stopped"
    app.tell("three")
    until((app.folder / "four").exists)
    assert app.calls() == 2
    assert app.ask("reset") == "1 process reset"
    assert app.end() == ("", "", 0)
    assert app.calls() == 1


@pytest.mark.smoke
def test_reset_inside(begin):
    app = begin(INSIDE + """
import threading
sonde.reset()
def outer():
    for _ in range(5):
        work()
    sonde.reset()
    for _ in range(3):
        work()
thread = threading.Thread(target=work, name="before")
thread.start()
thread.join()
while len(os.listdir("/proc/self/task")) > 1: # it ends a little later
    time.sleep(0.001)
outer()
open("ready", "w").close()
wait("one")
sonde.stop()
work()
sonde.reset()
sonde.start()
work()
work()
wait("end")
""", ready="ready")
    report = app.report()
    found = {f["qualname"]: f for f in report["functions"]}
    assert (found["work"]["calls"], found["outer"]["calls"]) == (3, 0)
    assert [c["id"] for c in found["work"]["callers"]] == [found["outer"]["id"]]
    assert [t["name"] for t in report["threads"]] == ["MainThread"]
    app.tell("one")
    until(lambda: app.calls() == 2)
    assert app.end() == ("", "", 0)
    assert app.calls() == 2


def test_those_that_ended_are_forgotten(begin, tmp_path):
    app = begin("""
import os, time
def work(): pass
for _ in range(3):
    if os.fork() == 0:
        work()
        os._exit(0)
    os.wait()
open("ready", "w").close()
while not os.path.exists("end"):
    time.sleep(0.002)
    work()
""", ready="ready")
    assert len(tapes(tmp_path / "x.sonde")) == 4
    app.ask("reset")
    assert len(tapes(tmp_path / "x.sonde")) == 1
    assert len(tapes(tmp_path / "x.sonde", role=LAUNCHER)) == 1
    app.end()
    report = app.report()
    assert [(p["entered"], p["exit"]) for p in report["processes"]] == [(True, 0)]


def test_a_program_that_ended_is_forgotten(sonde, run_sonde, python, clean_env, tmp_path):
    """Its worker lives on; what is told is that one's, from the reset on, and of the program nothing."""
    (tmp_path / "app.py").write_text("""
import os, time
def work(): pass
if os.fork() != 0:
    os._exit(3)
os.setsid()
for fd in range(3):
    os.close(fd)
while not os.path.exists("end"):
    time.sleep(0.002)
    work()
""")
    done = run_sonde("run", "-o", "x", "--python", python, "app.py", timeout=60)
    assert done.returncode == 3
    time.sleep(.5)
    [worker] = [tape for tape in tapes(tmp_path / "x.sonde") if os.path.exists(f"/proc/{tape.header.pid}")]
    try:
        asked = time.monotonic()
        assert run_sonde("reset", "x.sonde", check=True).stderr == "sonde: x.sonde: 1 process reset\n"
        time.sleep(.05)
        for name in "x.sonde", "x.pack.sonde":
            if name != "x.sonde":
                run_sonde("pack", "x.sonde", check=True)
            report = json.loads(run_sonde("report", "--json", name, check=True).stdout)
            assert [(p["pid"], p["entered"], p["role"]) for p in report["processes"]] == [
                (worker.header.pid, True, "worker")]
            assert .05 <= report["run"]["wall_ns"] / 1e9 <= time.monotonic() - asked
            assert report["run"]["program"] == "app", "as its launcher calls it"
    finally:
        (tmp_path / "end").touch()
        until(lambda: not os.path.exists(f"/proc/{worker.header.pid}"))
    run_sonde("pack", "x.sonde", "-o", "end.sonde", check=True)
    for name in "x.sonde", "end.sonde":
        report = json.loads(run_sonde("report", "--json", name, check=True).stdout)
        assert [(p["pid"], p["role"]) for p in report["processes"]] == [(worker.header.pid, "worker")]


def test_all_have_ended(sonde, run_sonde, python, clean_env, tmp_path):
    """A reset between the end of the last Python and that of its program leaves nothing: that is told so."""
    (tmp_path / "run.sh").write_text(f"{python} -c 'len(str())'; : > ended; while [ ! -e end ]; do sleep 0.05; done\n")
    program = subprocess.Popen([sonde, "run", "-o", "x", "sh", "run.sh"], cwd=tmp_path, env=clean_env, text=True,
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until((tmp_path / "ended").exists)
    assert len(tapes(tmp_path / "x.sonde")) == 1
    done = run_sonde("reset", "x.sonde")
    assert (done.returncode, done.stderr) == (0, "sonde: x.sonde: no Python runs at present; what had ended is "
                                                 "forgotten\n")
    assert tapes(tmp_path / "x.sonde") == []
    (tmp_path / "end").touch()
    assert (program.communicate(timeout=60)[1], program.returncode) == ("", 0)
    done = run_sonde("report", "x.sonde")
    assert (done.returncode, done.stderr) == (
        1, "sonde: nothing recorded: x.sonde: no Python has run since sonde reset\n")


def test_killed_while_stopped(begin, tmp_path):
    app = begin(PHASES, "fork")
    app.phase()
    app.ask("stop")
    app.phase()
    wall = app.report()["total_ns"]
    for tape in tapes(tmp_path / "x.sonde"):
        os.kill(tape.header.pid, signal.SIGKILL)
    assert app.process.wait(timeout=60) == -signal.SIGKILL
    assert app.calls() == A_PHASE
    assert app.report()["total_ns"] == pytest.approx(wall, rel=0.02)
    done = app.run_sonde("start", "x.sonde")
    assert (done.returncode, done.stderr) == (
        1, "sonde: cannot start: x.sonde: its program has ended (sonde report reads it)\n")


def test_the_pack_of_a_stopped_recording(begin, run_sonde):
    app = begin(PHASES, "fork")
    app.phase()
    app.ask("stop")
    run_sonde("pack", "x.sonde", check=True)
    app.phase()
    packed = app.report("x.pack.sonde")
    assert sum(f["calls"] for f in packed["functions"] if f["qualname"] == "work") == A_PHASE
    assert any(note.startswith("Counting is stopped") for note in packed["quality"]["notes"])
    done = run_sonde("start", "x.pack.sonde")
    assert (done.returncode, done.stderr) == (1, "sonde: cannot start: x.pack.sonde: a pack is not written to any "
                                                 "more\n")
    # A reset that the waiting main process has not heard of is in the pack, too.
    app.ask("reset")
    run_sonde("pack", "x.sonde", "-o", "reset.pack.sonde", check=True)
    assert app.report("reset.pack.sonde")["total_calls"] == 0


def test_nothing_is_disturbed(begin, python, clean_env, tmp_path):
    text = """
import os, sys, time
def step(n):
    return n * n % 7
def main():
    total = 0
    for i in range(100):
        total += sum(step(n) for n in range(200))
        if i % 10 == 0:
            print(i, total, sys.getprofile(), sys.gettrace(), flush=True)
        time.sleep(float(sys.argv[1]))
    sys.stderr.write("done\\n")
    sys.exit(3)
main()
"""
    app = begin(text, "0.02")
    until((tmp_path / "x.sonde").exists)
    asked = 0
    while app.process.poll() is None:
        for what in "stop", "reset", "start":
            asked += app.run_sonde(what, "x.sonde").returncode == 0
    out, err = app.process.communicate()
    assert "Traceback" not in err
    alone = subprocess.run([python, "app.py", "0"], cwd=tmp_path, env=clean_env, text=True, capture_output=True)
    if " None None" not in alone.stdout:
        raise AssertionError(alone.stdout)
    assert asked > 10
    assert (re.sub("<.*?>", "None", out), err, app.process.returncode) == (alone.stdout, alone.stderr, 3)


def test_what_is_refused(run_sonde, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("no tape at all\n")
    (tmp_path / "app.py").write_text("def f(): pass\nf()\n")
    run_sonde("run", "-o", "over", "app.py", check=True)
    [tape] = [p for p in (tmp_path / "over.sonde").glob("*.tape") if Tape(p).header.role == AGENT]
    for words, text in [
        (["stop", "none.sonde"], "cannot read recording: none.sonde: no such file (sonde run -o none.sonde app.py "
                                 "makes it)"),
        (["stop", "over"], "cannot read recording: over: no such file (did you mean over.sonde?)"),
        (["start", "folder"], "cannot read recording: folder: a directory that is no recording: there is no tape in it "
                              "(sonde run makes recordings)"),
        (["reset", "over.sonde"], "cannot reset: over.sonde: its program has ended (sonde report reads it)"),
        (["stop", tape], f"cannot stop: {tape}: one tape, not its recording"),
        (["start", "text"], "cannot read recording: text: not a recording of sonde (sonde formats tells what can be "
                            "read)"),
    ]:
        done = run_sonde(*words)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", f"sonde: {text}\n")
    assert "stopped" not in os.listdir(tmp_path / "over.sonde")
    done = run_sonde("stop", "app.py")
    assert (done.returncode, done.stderr) == (
        2, "sonde: a program, not a profile: app.py (sonde run app.py records it, sonde stop takes the recording)\n")
    done = run_sonde("stop", "over.sonde", "none.sonde")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    done = run_sonde("stop", "4101")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run_sonde("reset", cwd=empty)
    assert (done.returncode, done.stderr) == (1, "sonde: no recording here: .: no *.sonde in this directory (sonde run "
                                                 "app.py makes one)\n")


def test_a_recording_that_was_stopped_is_replaced(begin, tmp_path):
    """The file that tells who begins is part of the recording."""
    app = begin(PHASES, "fork")
    app.phase()
    app.ask("stop")
    app.end()
    assert (tmp_path / "x.sonde/stopped").exists()
    for path in tmp_path.glob("phase-*"):
        path.unlink()
    for path in tmp_path.glob("done-*"):
        path.unlink()
    (tmp_path / "end").unlink()
    app = begin(PHASES, "fork")
    app.phase()
    assert not (tmp_path / "x.sonde/stopped").exists()
    assert app.calls() == A_PHASE


def test_the_newest_here_is_meant(begin, run_sonde):
    app = begin(PHASES, "fork")
    app.phase()
    done = run_sonde("stop")
    assert done.returncode == 0 and done.stderr.startswith("sonde: x.sonde: 4 processes stopped")
