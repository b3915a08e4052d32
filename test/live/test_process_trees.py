# SPDX-License-Identifier: Apache-2.0
"""Over the processes of a program: instances of a worker are one function, and each can be looked at alone.

And the programs of examples/ that have several: they run as they do alone, and what each process did is known
exactly, however it was stopped.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import time

import pytest

WORKERS = """
import multiprocessing, os, sys

def step(n):
    return n + 1

def crunch(times):
    for n in range(times):
        step(n)

def load(times):
    for n in range(times):
        step(n)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    targets = [(crunch, 10), (crunch, 200), (crunch, 3000), (load, 40000)]
    workers = [context.Process(target=target, args=(times,)) for target, times in targets]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(*(worker.pid for worker in workers))
"""


@pytest.fixture
def record(run_sonde, python):
    def record(*words, status=0, **options):
        done = run_sonde("run", "--python", python, "-q", "-o", "x", *words, **options)
        assert (done.returncode, done.stderr) == (status, "")
        return done.stdout

    return record


@pytest.fixture
def report(run_sonde):
    def report(*words):
        return json.loads(run_sonde("report", "--json", "x.sonde", *words, check=True).stdout)

    return report


def calls_of(got):
    """{name: calls} of the program's own functions; two of one name are an error."""
    own = [f for f in got["functions"] if f["file"].endswith(".py") and "/lib/" not in f["file"] and f["name"][0] != "<"]
    names = [f["name"] for f in own]
    assert len(set(names)) == len(names), names
    return {f["name"]: f["calls"] for f in own}


@pytest.mark.smoke
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_instances_of_a_worker_are_one(record, report, run_sonde, tmp_path, method):
    (tmp_path / "app.py").write_text(WORKERS)
    pids = record("app.py", method).split()
    calls = calls_of(report())
    assert (calls["crunch"], calls["load"], calls["step"]) == (3, 1, 43_210)
    for pid, steps in zip(pids, (10, 200, 3000, 40_000)):
        alone = calls_of(report("--process", pid))
        assert alone["step"] == steps and alone.get("crunch", 0) == (steps < 40_000)
    got = report("--process", pids[0], "--process", pids[2])
    assert calls_of(got)["step"] == 3010 and {p["pid"] for p in got["processes"]} == set(map(int, pids[0::2]))
    assert sum(f["self_ns"] for f in got["functions"]) == got["total_ns"] == sum(t["self_ns"] for t in got["threads"])
    rows = {row["key"].split()[0]: row for row in report("--by", "process")["rows"]}
    assert set(pids) < set(rows)
    by_role = report("--by", "role")["rows"]
    assert sum(row["calls"] for row in by_role) == report()["total_calls"]
    assert len({row["key"] for row in by_role}) == len(by_role)
    text = run_sonde("report", "--processes", "x.sonde", check=True).stdout
    assert all(len(re.findall(rf"^ +{pid} ", text, re.M)) == 1 for pid in pids)


def test_threads_say_of_which_process_they_are(record, report, tmp_path):
    (tmp_path / "app.py").write_text("""
import os, threading
def work():
    threads = [threading.Thread(target=sum, args=([],), name=f"pool-{n}") for n in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
pid = os.fork()
work()
if pid == 0: os._exit(0)
os.wait()
print(os.getpid(), pid)
""")
    main, child = record("app.py").split()
    keys = {row["key"] for row in report("--by", "thread")["rows"]}
    for pid in main, child:
        assert f"MainThread of {pid} app.py" in keys
        assert sum(bool(re.fullmatch(rf"pool-\d \(\d+\) of {pid} app.py", key)) for key in keys) == 2
    keys = {row["key"] for row in report("--by", "thread", "--process", child)["rows"]}
    assert f"MainThread ({child})" in keys and len(keys) == 3


def shares(report, function):
    """How often each process called it that did."""
    each = [calls_of(report("--process", str(p["pid"]))) for p in report()["processes"]]
    return sorted(calls[function] for calls in each if function in calls)


@pytest.mark.smoke
def test_readings(record, report, root, python, tmp_path):
    """The user's first program: a function that Process runs."""
    program = root / "examples/readings.py"
    alone = subprocess.run([python, program, "6"], text=True, stdout=subprocess.PIPE, check=True, cwd=tmp_path)
    assert record(program, "6") == alone.stdout
    assert alone.stdout.count("\n") == 6 and "station  5" in alone.stdout
    calls = calls_of(report())
    hours = 90 * 24
    assert calls["digest_all"] == 4 and calls["digest"] == calls["make_up_readings"] == 6
    assert calls["median"] == 6 * (hours - 8)
    assert shares(report, "digest") == [1, 1, 2, 2]


@pytest.mark.smoke
def test_pricing(record, report, run_sonde, root, python, tmp_path):
    """The second: a subclass of Process whose instances never end, each stopped in another way."""
    program = root / "examples/pricing.py"
    alone = subprocess.run([python, program, "90"], text=True, stdout=subprocess.PIPE, check=True, cwd=tmp_path)
    assert record(program, "90") == alone.stdout
    assert alone.stdout.splitlines()[1:] == ["Pricer-1: 0", "Pricer-2: -15", "Pricer-3: -9"]
    calls = calls_of(report())
    assert calls["run"] == 3 and calls["price"] == calls["discount"] == 90 and calls["serve"] == 1
    assert shares(report, "price") == [30, 30, 30]


def test_pricing_for_ever(sonde, clean_env, run_sonde, root, python, tmp_path):
    """^C closes the shop; before, the report of what runs is there to read."""
    run = subprocess.Popen([sonde, "run", "--python", python, "-q", "-o", "x", root / "examples/pricing.py", "forever"],
                           cwd=tmp_path, env=clean_env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           start_new_session=True)
    priced, deadline = [], time.monotonic() + 60
    while len(priced) < 3 and time.monotonic() < deadline:
        done = run_sonde("report", "x.sonde", "--json")
        functions = json.loads(done.stdout)["functions"] if done.returncode == 0 else []
        now = sum(f["calls"] for f in functions if f["name"] == "price")
        priced += [now] if now > sum(priced[-1:]) else []
    text = run_sonde("report", "--processes", "x.sonde", check=True).stdout
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, err) == (0, "") and out.split("\n") == ["Pricer-1: 0", "Pricer-2: 0", "Pricer-3: 0", ""]
    assert priced == sorted(priced) and len(priced) == 3
    assert len(re.findall(" runs  ", text)) >= 4  # and those of a fork server
    got = json.loads(run_sonde("report", "x.sonde", "--json", check=True).stdout)
    assert not any(p["alive"] for p in got["processes"])
    assert sum(f["calls"] for f in got["functions"] if f["name"] == "price") >= priced[-1]


BURN = """
import os, signal, sys, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))
ends = {"_exit": lambda: os._exit(3), "abort": os.abort, "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "exec": lambda: os.execv("/bin/true", ["true"]), "return": lambda: sys.exit()}
"""


@pytest.mark.smoke
@pytest.mark.parametrize("io", ["mapped", "pwrite"])
def test_processor_time_is_told_to_the_end(record, report, tmp_path, io):
    """Of a process that ends without a word as well."""
    (tmp_path / "app.py").write_text(BURN + """
for how, end in ends.items():
    pid = os.fork()
    if pid == 0:
        burn(.1)
        end()
    os.waitpid(pid, 0)
    print(pid, how)
""")
    how = dict(line.split() for line in record("--io", io, "app.py").splitlines())
    spent = {how[str(p["pid"])]: p["cpu_ns"] / 1e9 for p in report()["processes"] if p["role"] == "worker"}
    assert len(spent) == 5 and all(.1 <= seconds < 1 for seconds in spent.values()), spent


@pytest.mark.smoke
@pytest.mark.parametrize("wait", ["os.waitpid(pid, 0)", "os.wait()", "os.waitid(os.P_PID, pid, os.WEXITED)", "os.wait4(pid, 0)"])
def test_processor_time_of_what_others_kill(record, report, tmp_path, wait):
    """It said nothing of it itself: it came to no new path meanwhile. Its own children's time is not its."""
    (tmp_path / "app.py").write_text(BURN + f"""
out, into = os.pipe()
pid = os.fork()
if pid == 0:
    burn(.2)
    os.write(into, b"x")
    time.sleep(60)
os.read(out, 1)
os.kill(pid, signal.SIGKILL)
{wait}
""")
    record("app.py")
    [killed] = [p for p in report()["processes"] if p["role"] == "worker"]
    assert killed["signal"] == signal.SIGKILL and .2 <= killed["cpu_ns"] / 1e9 < 2, killed


def is_there(pid):
    """A process that was killed ends some time after kill()."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0] not in "ZX"
    return False


@pytest.mark.smoke
@pytest.mark.parametrize("launcher", ["sees it", "is killed first"])
def test_a_group_that_is_killed(sonde, clean_env, run_sonde, report, python, tmp_path, launcher):
    """The time under way of main and its workers is what it was while they ran; their processor time, too."""
    (tmp_path / "app.py").write_text(BURN + """
def wait():
    time.sleep(60)
for n in range(2):
    if os.fork() == 0:
        os.open(f"ready-{n}", os.O_CREAT)
        wait()
while not (os.path.exists("ready-0") and os.path.exists("ready-1")):
    time.sleep(.01)
time.sleep(.1)
burn(.2)
os.open("ready-2", os.O_CREAT)
os.wait()
""")
    with subprocess.Popen([sonde, "run", "--python", python, "-q", "-o", "x", "app.py"], cwd=tmp_path, env=clean_env,
                          start_new_session=True) as run:
        while len(list(tmp_path.glob("ready-*"))) < 3:
            time.sleep(.01)
        ready = time.monotonic()
        time.sleep(.5)
        program = [p["pid"] for p in report()["processes"]]
        lasted = time.monotonic() - ready
        if launcher == "sees it":
            os.killpg(run.pid, signal.SIGTERM)
        else:
            for pid in run.pid, *program:
                os.kill(pid, signal.SIGKILL)
    while any(map(is_there, program)):
        time.sleep(.01)
    got = report()
    rows = got["processes"]
    [wait] = [f for f in got["functions"] if f["name"] == "wait"]
    notes = [note for note in got["quality"]["notes"] if "unseen" in note]
    assert len(rows) == 3 and wait["calls"] == 2
    if launcher == "sees it":
        assert all(p["wall_ns"] / 1e9 >= lasted for p in rows) and wait["cumulative_ns"] / 1e9 >= 2 * lasted
        assert rows[0]["signal"] == signal.SIGTERM and rows[0]["cpu_ns"] / 1e9 >= .2
        assert notes == [f"2 processes ended unseen: what they were in last is charged up to the end of app.py "
                         f"({program[0]}), at most."]
    else:
        assert wait["cumulative_ns"] / 1e9 >= 2 * .3, "up to main's last event, at least"
        assert len(notes) == 1 and "charged up to the last moment that was recorded, at most." in notes[0]


def test_who_is_killed_and_waited_for_by_nobody(sonde, clean_env, report, python, tmp_path):
    """While who started it lives its end is not guessed at; of who told its end it never is."""
    (tmp_path / "app.py").write_text(BURN + """
def wait():
    time.sleep(60)
def last():
    os._exit(0)
out, into = os.pipe()
killed = os.fork()
if killed == 0:
    os.write(into, b"x")
    wait()
os.read(out, 1)
time.sleep(.1)
os.kill(killed, signal.SIGKILL)
if os.fork() == 0:
    last()
time.sleep(.5)
print(flush=True)
sys.stdin.readline()
""")
    def cumulative():
        got = report()
        notes = [note for note in got["quality"]["notes"] if "unseen" in note]
        return [next(f["cumulative_ns"] for f in got["functions"] if f["name"] == name) / 1e9 for name in ("wait", "last")], notes

    with subprocess.Popen([sonde, "run", "--python", python, "-q", "-o", "x", "app.py"], cwd=tmp_path, env=clean_env,
                          text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        run.stdout.readline()
        (wait, last), notes = cumulative()
        assert wait < .1 and last < .1 and notes == []
        run.stdin.close()
    (wait, last), [note] = cumulative()
    assert run.returncode == 0 and .6 <= wait < 60 and last < .1
    assert re.fullmatch(r"1 process ended unseen: what it was in last is charged up to the end of app\.py \(\d+\), "
                        r"at most\.", note)


def test_processor_time_of_what_lives(sonde, clean_env, run_sonde, python, tmp_path):
    """Long after it came to a new path; what is packed keeps what it was then."""
    (tmp_path / "app.py").write_text(BURN + """
for _ in range(2):
    burn(.3)
    print(time.process_time(), flush=True)
    sys.stdin.readline()
""")
    with subprocess.Popen([sonde, "run", "--python", python, "-q", "-o", "x", "app.py"], cwd=tmp_path, env=clean_env,
                          text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        for at in range(2):
            truth = float(run.stdout.readline())
            run_sonde("pack", "x.sonde", "-o", f"{at}.sonde", check=True)
            run.stdin.write("\n")
            run.stdin.flush()
            [process] = json.loads(run_sonde("report", f"{at}.sonde", "--json", check=True).stdout)["processes"]
            assert process["alive"] and truth - .05 < process["cpu_ns"] / 1e9 < truth + .2
        run.stdin.close()
    assert run.returncode == 0
