# SPDX-License-Identifier: Apache-2.0
"""Where cProfile is known to be wrong: programs that know their own counts.

Each row of doc/differences.md has its test here or in test_identity.py.
"""

import json

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke

NAMED_THREADS = """
import threading, time

def work():
    end = time.perf_counter() + 0.1
    while time.perf_counter() < end:
        pass

def wait(lock):
    with lock:
        time.sleep(0.1)

threads = [threading.Thread(target=SLEEPER, name=f"worker {n}") for n in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
"""


@pytest.fixture
def recorded(run_sonde, sonde, python, clean_env, tmp_path):
    """recorded(text, *options): the report of a program, by function name."""
    packages = packages_in(tmp_path, sonde)

    def run(text, *options):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py",
                         env=clean_env | {"PYTHONPATH": str(packages)})
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(run_sonde("report", "--json", *options, "app.sonde", check=True).stdout)
        report["by_name"] = {f["qualname"]: f for f in report["functions"]}
        report["output"] = done.stdout
        return report

    return run


def test_threads_are_apart(recorded):
    report = recorded(NAMED_THREADS.replace("SLEEPER", "work"), "--as-cprofile")
    work = report["by_name"]["work"]
    assert (work["calls"], work["primitive_calls"]) == (3, 3)
    assert 0.29e9 <= work["cumulative_ns"] <= 3 * report["run"]["wall_ns"]
    [caller] = work["callers"]
    assert [f["name"] for f in report["functions"] if f["id"] == caller["id"]] == ["run"]
    names = [t["name"] for t in report["threads"]]
    assert sorted(names)[-3:] == ["worker 0", "worker 1", "worker 2"]
    assert len(names) == 4
    wall = report["run"]["wall_ns"]
    for f in report["functions"]:
        assert f["cumulative_ns"] <= wall * 4, f
    assert report["by_name"]["Thread.join"]["cumulative_ns"] <= wall


def test_threads_that_wait_overlap(recorded):
    text = NAMED_THREADS.replace("SLEEPER", "lambda: wait(threading.Lock())")
    report = recorded(text, "--as-cprofile")
    wait = report["by_name"]["wait"]
    assert (wait["calls"], wait["primitive_calls"]) == (3, 3)
    assert 0.3e9 <= wait["cumulative_ns"] <= 3 * report["run"]["wall_ns"]


def test_generators_are_one_call(recorded):
    report = recorded("""
def five():
    for i in range(5):
        yield i

async def once():
    return 1

async def twice():
    return await once() + await once()

for _ in range(3):
    list(five())
try:
    twice().send(None)
except StopIteration:
    pass
g = five(); next(g); next(g); g.close()
five()
""")
    five = report["by_name"]["five"]
    # 3 to the end: 5 resumptions after the first; one resumed once, and closed: on 3.13.0
    # close tells nobody; the last is never begun, which 3.11 alone tells, as a throw.
    assert five["calls"] == 4
    assert five["resumes"] in (16, 17, 18)
    assert five["primitive_calls"] == 4
    assert report["by_name"]["once"]["calls"] == 2
    assert report["by_name"]["once"]["resumes"] == 0
    assert report["by_name"]["twice"]["calls"] == 1


def test_what_runs_already_is_there(recorded):
    report = recorded("""
import sonde
sonde.stop()

def outer():
    sonde.start()
    for _ in range(4):
        inner()
    sonde.stop()

def inner():
    return sum(range(200_000))

outer()
""")
    by_name = report["by_name"]
    assert by_name["outer"]["calls"] == 0
    assert by_name["inner"]["calls"] == 4
    callers = {c["id"]: c["calls"] for c in by_name["inner"]["callers"]}
    assert callers == {by_name["outer"]["id"]: 4}
    assert by_name["outer"]["cumulative_ns"] >= by_name["inner"]["cumulative_ns"] > 0
    assert not [f for f in by_name if "sonde" in f or f in ("start", "stop")]


def test_constructors_are_counted(recorded, python_version):
    report = recorded("""
import functools

class Mine:
    def __init__(self):
        self.v = list("ab")

for i in range(7):
    int("12"); str(i); dict(a=i); type(i); Mine(); ValueError(i)
f = functools.partial(len, "abc")
for _ in range(5):
    f()
list(map(int, "123"))
""")
    own = {f["id"] for f in report["functions"] if f["file"].endswith("app.py")}
    calls = {name: sum(c["calls"] for c in f["callers"] if c["id"] in own)
             for name, f in report["by_name"].items()}
    assert calls["builtins.int"] == 7
    assert calls["builtins.str"] == 7
    assert calls["builtins.dict"] == 7
    assert calls["builtins.type"] == 7
    assert calls["builtins.list"] == 7 + 1
    assert calls["builtins.ValueError"] == 7
    assert calls["Mine.__init__"] == 7
    assert "Mine" not in [n for n in calls if report["by_name"][n]["file"] == "~"]
    if python_version >= (3, 12):
        assert calls["functools.partial"] == 1 + 5  # made, and called


def test_a_c_method_that_is_overridden_keeps_its_name(recorded):
    report = recorded("""
class L(list):
    def append(self, v):
        super().append(v + 1)

l = L()
for i in range(9):
    l.append(i)
""", "--as-cprofile")
    names = {f["name"]: f["calls"] for f in report["functions"]}
    assert names["append"] == 9
    assert names["<method 'append' of 'list' objects>"] == 9


def test_a_bound_method_around_a_c_function_disturbs_nothing(recorded):
    report = recorded("""
import types

def after():
    pass

def caller():
    m = types.MethodType(max, [3])
    m([4])
    m(*[[5]])
    after()
    m([6])
    after()

for _ in range(10):
    caller()
""")
    by_name = report["by_name"]
    assert by_name["caller"]["calls"] == 10
    assert by_name["after"]["calls"] == 20
    assert [c["id"] for c in by_name["after"]["callers"]] == [by_name["caller"]["id"]]


def test_mutual_recursion_and_callers(recorded):
    report = recorded("""
def even(n):
    return True if n == 0 else odd(n - 1)

def odd(n):
    return False if n == 0 else even(n - 1)

even(10)
odd(3)
""")
    even, odd = report["by_name"]["even"], report["by_name"]["odd"]
    assert (even["calls"], even["primitive_calls"]) == (6 + 2, 1 + 1)
    assert (odd["calls"], odd["primitive_calls"]) == (5 + 2, 1 + 1)
    callers = {c["id"]: (c["calls"], c["primitive_calls"]) for c in even["callers"]}
    assert callers[odd["id"]] == (7, 2)


def test_exceptions_through_many_frames(recorded):
    report = recorded("""
def down(n):
    if n == 0:
        raise KeyError(n)
    try:
        down(n - 1)
    finally:
        up()

def up():
    pass

for _ in range(10):
    try:
        down(50)
    except KeyError:
        up()
""")
    down, up = report["by_name"]["down"], report["by_name"]["up"]
    assert (down["calls"], down["primitive_calls"]) == (510, 10)
    assert (up["calls"], up["primitive_calls"]) == (510, 510)
    callers = sorted(c["calls"] for c in up["callers"])
    assert callers == [10, 500]


def test_short_threads_are_all_seen(recorded):
    """Their states are made at addresses of states that ended, with a Python audit hook about."""
    report = recorded("""
import _thread, sys, threading

def work():
    pass

def bare(lock):
    work()
    lock.release()

sys.addaudithook(lambda *event: None)
sys.setswitchinterval(1e-6)
for _ in range(200):
    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
for _ in range(100):
    locks = [_thread.allocate_lock() for _ in range(3)]
    for lock in locks:
        lock.acquire()
        _thread.start_new_thread(bare, (lock,))
    for lock in locks:
        lock.acquire()
""")
    assert report["by_name"]["work"]["calls"] == 600 + 300
    assert report["by_name"]["bare"]["calls"] == 300
    assert len(report["threads"]) == 1 + 600 + 300


def test_a_profiler_of_the_programs_own(recorded):
    """3.11 has room for one: what is missing then is said. Later ones count all."""
    report = recorded("""
import sys
print(*sys.version_info[:2])

def work():
    pass

sys.setprofile(lambda *a: None)
sys.setprofile(None)
for _ in range(100):
    work()
""")
    quality = report["quality"]
    if report["output"] == "3 11\n":
        assert not quality["exact"] and "on Python 3.11" in quality["notes"][0]
    else:
        notes = [note for note in quality["notes"] if not note.startswith("Probe cost")]
        assert quality["exact"] and notes == []
        assert report["by_name"]["work"]["calls"] == 100
