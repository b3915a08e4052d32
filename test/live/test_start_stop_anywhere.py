# SPDX-License-Identifier: Apache-2.0
"""start() and stop() from inside anything that runs Python code: a defined result, the tool
given back, the stack right afterwards. And programs that meddle with the tool."""

import json
import subprocess

import pytest

from counting import packages_in
from tape import tapes

HEAD = """
import asyncio, atexit, gc, os, signal, sys, threading, time, weakref
import sonde

def inside():          # called 5 times while recording, from where the test says
    pass

def unseen():          # never while recording
    pass

def afterwards():      # by main(), the stack being right again
    pass

def five():
    for _ in range(5):
        inside()

def free():
    if sys.version_info >= (3, 12):
        assert sys.monitoring.get_tool(4) is None and sys.monitoring.get_tool(3) is None
        assert sys.monitoring.get_events(4) == 0 if sys.monitoring.get_tool(4) else True

def check():
    unseen()
    free()
    sonde.start()
    afterwards()
    sonde.stop()
    free()
    unseen()
"""

# Where start() and stop() are called; {name: (program, who calls five(), None: anybody)}.
PLACES = {
    "handler": ("""
def handle():
    try:
        1 / 0
    except ZeroDivisionError:
        sonde.start("x")
        five()
        try:
            raise KeyError
        except KeyError:
            sonde.stop()
    unseen()

def main():
    handle()
    check()
""", "handle"),
    "through an exception": ("""
def starts():
    sonde.start("x")
    five()
    raise KeyError

def main():
    try:
        starts()
    except KeyError:
        sonde.stop()
    check()
""", "starts"),
    "del": ("""
class Starts:
    def __del__(self):
        sonde.start("x")
        five()

class Stops:
    def __del__(self):
        sonde.stop()
        unseen()

def main():
    Starts()
    Stops()
    check()
""", "Starts.__del__"),
    "collected": ("""
class Starts:
    def __del__(self):
        sonde.start(None if os.path.exists("x.sonde") else "x")
        five()
        sonde.stop()

def main():
    gc.disable()
    a, b = Starts(), Starts()
    a.me = a
    b.me = b
    del a, b
    gc.collect()
    check()
""", "Starts.__del__"),
    "signal": ("""
def on(number, frame):
    if number == signal.SIGUSR1:
        sonde.start("x")
        five()
    else:
        sonde.stop()

def main():
    signal.signal(signal.SIGUSR1, on)
    signal.signal(signal.SIGUSR2, on)
    os.kill(os.getpid(), signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR2)
    check()
""", "on"),
    "weakref": ("""
class Thing:
    pass

def starts(ref):
    sonde.start("x")
    five()

def stops(ref):
    sonde.stop()
    unseen()

def main():
    a, b = Thing(), Thing()
    refs = weakref.ref(a, starts), weakref.ref(b, stops)
    del a, b
    check()
""", "starts"),
    "trace function": ("""
def trace(frame, event, arg):
    if frame.f_code.co_name == "first":
        sonde.start("x")
    if frame.f_code.co_name == "second":
        sonde.stop()

def first():
    five()

def second():
    unseen()

def main():
    sys.settrace(trace)
    first()
    second()
    sys.settrace(None)
    check()
""", "first"),
    "profile function": ("""
def profile(frame, event, arg):
    if frame.f_code.co_name == "first" and event == "call":
        sys.setprofile(None)
        sonde.start("x")
    if frame.f_code.co_name == "second":
        sonde.stop()

def first():
    five()

def main():
    sys.setprofile(profile)
    first()
    sonde.stop()
    check()
""", "first"),
    "generators": ("""
def starts():
    yield 1
    sonde.start("x")
    yield 2
    five()
    yield 3

def stops():
    yield 1
    yield 2
    sonde.stop()
    unseen()
    yield 3

def main():
    a, b = starts(), stops()
    next(a), next(b), next(a), next(b), next(a), next(b)
    check()
    del a, b
""", "starts"),
    "coroutines": ("""
async def starts():
    await asyncio.sleep(0)
    sonde.start("x")
    await asyncio.sleep(0)
    five()
    await asyncio.sleep(0)

async def numbers():
    for _ in range(6):
        await asyncio.sleep(0)
        yield
    sonde.stop()
    yield

async def stops():
    async for _ in numbers():
        pass
    unseen()

async def both():
    await asyncio.gather(starts(), stops())

def main():
    asyncio.run(both())
    check()
""", "starts"),
    "dropped": ("""
def starts():
    try:
        yield
    finally:
        sonde.start("x")
        five()

def stops():
    try:
        yield
    finally:
        sonde.stop()
        unseen()

def main():
    a, b = starts(), stops()
    next(a), next(b)
    del a, b
    check()
""", "starts"),
    "sort key": ("""
def key(x):
    if x == 0:
        sonde.start("x")
        five()
    if x == 3:
        sonde.stop()
    return x

def main():
    sorted(range(4), key=key)
    check()
""", "key"),
    "another thread": ("""
def main():
    steps = [threading.Event() for _ in range(2)]
    def other():
        sonde.start("x")
        steps[0].set()
        steps[1].wait()
        sonde.stop()
    thread = threading.Thread(target=other)
    thread.start()
    steps[0].wait()
    five()
    steps[1].set()
    thread.join()
    check()
""", "main"),
    "import": ("""
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "first":
            sonde.start("x")
            five()
        if name == "second":
            sonde.stop()

def main():
    sys.meta_path.insert(0, Finder())
    for name in "first", "second":
        try:
            __import__(name)
        except ImportError:
            pass
    check()
""", "Finder.find_spec"),
    "audit hook": ("""
def hook(event, args):
    if event == "mine.start":
        sonde.start("x")
        five()
    if event == "mine.stop":
        sonde.stop()
        unseen()

def main():
    hook.__cantrace__ = True
    sys.addaudithook(hook)
    sys.audit("mine.start")
    sys.audit("mine.stop")
    check()
""", "hook"),
    "all its own hooks": ("""
def hook(event, args):
    if event.startswith("sys.") and event != "sys._getframe":
        sonde.stop()       # inside start() and stop() these do nothing
        sonde.start()

def main():
    sys.addaudithook(hook)
    sonde.start("x")
    five()
    sonde.stop()
    check()
""", None),
    "twice": ("""
def main():
    sonde.start("x")
    sonde.start()
    five()
    sonde.stop()
    sonde.stop()
    check()
""", "main"),
}


@pytest.fixture
def run(python, sonde, clean_env, tmp_path):
    packages = packages_in(tmp_path, sonde)

    def run(text, status=0):
        (tmp_path / "app.py").write_text(HEAD + text)
        done = subprocess.run([python, "-X", "faulthandler", "app.py"], cwd=tmp_path, text=True, timeout=100,
                              env=clean_env | {"PYTHONPATH": str(packages)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == status, done.stdout
        return done.stdout

    return run


def callers_of(tape, name):
    """Names of who called a function, with how many calls."""
    names = {cell: f.qualname for cell, f in tape.functions.items()}
    callers = {}
    for cell in tape.nodes_of(name):
        caller = names.get(tape.nodes[tape.nodes[cell].parent].function)
        callers[caller] = callers.get(caller, 0) + tape.nodes[cell].calls
    return {caller: n for caller, n in callers.items() if n}


def check_inside(run, tmp_path, place):
    text, caller = PLACES[place]
    assert run(text + "\nmain()\n") == ""
    [tape] = tapes(tmp_path / "x.sonde")
    times = 1 if place != "collected" else 2
    assert callers_of(tape, "inside") == {"five": 5 * times}
    names = {cell: f.qualname for cell, f in tape.functions.items()}
    if caller:
        found = {names.get(tape.nodes[tape.nodes[n].parent].function) for n in tape.nodes_of("five")}
        assert found == {caller}
    assert tape.calls("unseen") == 0
    assert callers_of(tape, "afterwards") == {"check": 1}
    [check] = {names.get(tape.nodes[tape.nodes[tape.nodes[n].parent].parent].function)
               for n in tape.nodes_of("afterwards")}
    assert check == "main"
    assert tape.header.lost_events == 0 and not tape.header.flags & 4


SMOKE = "generators", "trace function", "profile function"


@pytest.mark.smoke
@pytest.mark.parametrize("place", SMOKE)
def test_inside_some(run, tmp_path, place):
    check_inside(run, tmp_path, place)


@pytest.mark.wide
@pytest.mark.parametrize("place", sorted(set(PLACES) - set(SMOKE)))
def test_inside(run, tmp_path, place):
    check_inside(run, tmp_path, place)


@pytest.mark.smoke
def test_at_exit(run, tmp_path):
    """From there on to the very end; the stop is the interpreter's."""
    assert run("""
class Last:
    def __del__(self):
        inside()

def last():
    sonde.start("x")
    five()

atexit.register(last)
kept = Last()
sys.kept = Last()
""") == ""
    [tape] = tapes(tmp_path / "x.sonde")
    assert callers_of(tape, "inside")["five"] == 5
    assert tape.header.state == 2


@pytest.mark.smoke
def test_stop_in_the_very_end(run, tmp_path):
    assert run("""
class Last:
    def __init__(self):
        self.five, self.stop, self.start = five, sonde.stop, sonde.start

    def __del__(self):
        self.stop()
        self.start()
        self.five()
        self.stop()

sonde.start("x")
kept = Last()
sys.kept = Last()
kept.me = kept
""") == ""
    [tape] = tapes(tmp_path / "x.sonde")
    assert tape.header.state == 2


@pytest.mark.smoke
def test_eight_threads(run, tmp_path):
    """Each turns it on and off, with a Python audit hook that lets the others in at any point."""
    assert run("""
sys.addaudithook(lambda *event: None)
sys.setswitchinterval(1e-6)
sonde.start("x")
sonde.stop()
lock = threading.Lock()

def numbers(n):
    for i in range(n):
        inside()
        yield i

def turn():
    for i in range(100):
        sonde.start()
        sum(numbers(3))
        sonde.stop()

threads = [threading.Thread(target=turn) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
sonde.stop()

def main():
    check()

main()
""") == ""
    [tape] = tapes(tmp_path / "x.sonde")
    assert callers_of(tape, "afterwards") == {"check": 1}
    assert set(callers_of(tape, "inside")) <= {"numbers"}
    assert tape.header.lost_events == 0 and not tape.header.flags & 4


MEDDLE = {
    "events off": "set_events(tool, 0)",
    "events other": "set_events(tool, sys.monitoring.events.LINE | sys.monitoring.events.PY_RETURN)",
    "callback gone": "register_callback(tool, sys.monitoring.events.PY_START, None)",
    "callback other": "register_callback(tool, sys.monitoring.events.PY_RETURN, lambda *a: None)",
    "freed": "free_tool_id(tool)",
    "taken over": """free_tool_id(tool)
m.use_tool_id(tool, "theirs")
m.register_callback(tool, sys.monitoring.events.PY_START, lambda *a: seen.append(a))
m.set_events(tool, sys.monitoring.events.PY_START)""",
}


@pytest.mark.wide
@pytest.mark.parametrize("stops", [True, False], ids=["stop", "exit"])
@pytest.mark.parametrize("how", MEDDLE)
def test_a_program_that_meddles(run, run_sonde, python_version, tmp_path, how, stops):
    """Nothing crashes, a tool that is theirs stays theirs, and the report says that calls are missing."""
    if python_version < (3, 12):
        pytest.skip("3.11 has no tools; its profile function has test_profile_function.py")
    run(f"""
seen = []
m, tool = sys.monitoring, 4

def down(n):
    return down(n - 1) if n else meddle()

def meddle():
    m.{MEDDLE[how].replace(chr(10), chr(10) + "    ")}

def numbers(n):
    for i in range(n):
        yield i

sonde.start("x")
five()
down(20)
five()
sum(numbers(5))
for it in [numbers(3) for _ in range(10)]:
    next(it)
m.restart_events()
five()
if {stops}:
    sonde.stop()
    if {how!r} == "taken over":
        assert m.get_tool(tool) == "theirs" and m.get_events(tool) == m.events.PY_START
        before = len(seen)
        five()
        assert len(seen) == before + 6
        m.set_events(tool, 0)
        m.free_tool_id(tool)
    free()
    sonde.start()
    afterwards()
    sonde.stop()
    free()
""")
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert not report["quality"]["exact"]
    [note] = report["quality"]["notes"]
    assert "sys.monitoring" in note and "missing" in note
    [tape] = tapes(tmp_path / "x.sonde")
    assert 5 <= tape.calls("inside") <= 15
    if stops:
        assert tape.calls("afterwards") == 1


@pytest.mark.wide
def test_restart_events_takes_nothing(run, run_sonde, python_version, tmp_path):
    if python_version < (3, 12):
        pytest.skip("3.11 has no sys.monitoring")
    run("""
sonde.start("x")
for _ in range(10):
    sys.monitoring.restart_events()
    five()
sonde.stop()
free()
""")
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    assert report["quality"]["exact"]
    [tape] = tapes(tmp_path / "x.sonde")
    assert tape.calls("inside") == 50
