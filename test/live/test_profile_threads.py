# SPDX-License-Identifier: Apache-2.0
"""Which threads a profile counts; on and off from anywhere, at any time, with never a crash."""

import pytest


@pytest.mark.smoke
def test_threads_started_under_it_are_counted(profiled):
    """By threading, by _thread, with a function or a method, by one of those again, in pools; no others."""
    profiled("""
import _thread, concurrent.futures

def f(): pass

def plain(lock):
    f()
    lock.release()

class Thing:
    def method(self, lock): plain(lock)
    def with_cell(self, lock):
        (lambda: self)
        plain(lock)

class Mine(threading.Thread):
    def run(self): f()

def again(depth):
    f()
    if depth:
        thread = threading.Thread(target=again, args=(depth - 1,))
        thread.start()
        thread.join()

def busy():
    while not done:
        other()
        time.sleep(.001)

def other(): pass

def wait_for(function):
    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.start_new_thread(function, (lock,))
    lock.acquire()

done = []
before = threading.Thread(target=busy)
before.start()
profile = Profiler()
profile.enable()
wait_for(plain), wait_for(Thing().method), wait_for(Thing().with_cell)
thread = Mine()
thread.start()
thread.join()
again(3)
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    list(pool.map(lambda n: f(), range(10)))
profile.disable()
done.append(1)
before.join()
assert rows(profile, "f") == {"f": (3 + 1 + 4 + 10,) * 2}, rows(profile, "f")
assert callers(profile, "f") == {"plain": 3, "run": 1, "again": 4, "<lambda>": 10}
assert callers(profile, "plain") == {None: 1, "method": 1, "with_cell": 1}
assert "other" not in labels(profile) and "busy" not in labels(profile)
""")


@pytest.mark.smoke
def test_started_before_or_after(profiled):
    """Not those started when it is off; those whose start failed leave nothing behind."""
    profiled("""
import _thread, gc

def f(): pass
def run(n): f()

profile = Profiler()
profile.enable()
early = threading.Thread(target=run, args=(1,))
profile.disable()
early.start()
early.join()
assert calls(profile, "f") == 0

barrier = threading.Barrier(2)
def wait():
    barrier.wait()
    f()
profile.enable()
thread = threading.Thread(target=wait)
thread.start()
profile.disable()
f()
barrier.wait()
thread.join()
assert calls(profile, "f") == 0

# What is started has not run when it goes off, and runs under another.
for _ in range(100):
    first, second = Profiler(), Profiler()
    first.enable()
    thread = threading.Thread(target=f)
    thread.start()
    first.disable()
    second.enable()
    thread.join()
    second.disable()
    assert calls(first, "f") <= 1 and calls(second, "f") == 0

# What is started has not even begun.
for _ in range(20):
    profile = Profiler()
    profile.enable()
    lock = _thread.allocate_lock()
    lock.acquire()
    _thread.start_new_thread(lambda: (f(), lock.release()), ())
    profile.disable()
    lock.acquire()
    assert calls(profile, "f") == 0

# One that could not be started, and then is, by a thread that is not counted.
def uncounted():
    assert go.acquire(timeout=10)
    _thread.start_new_thread(again, ())

def again():
    f()
    over.release()

go, over = threading.Semaphore(0), threading.Semaphore(0)
other = threading.Thread(target=uncounted)
other.start()
profile = Profiler()
profile.enable()
size = threading.stack_size(1 << 46)
try:
    _thread.start_new_thread(again, ())
except RuntimeError:
    pass
else:
    raise AssertionError
finally:
    threading.stack_size(size)
go.release()
assert over.acquire(timeout=10)
other.join()
profile.disable()
assert calls(profile, "f") == 0
""")


@pytest.mark.smoke
def test_a_member_goes_off_and_on_with_its_starter(profiled):
    """create_stats() in the midst, and on again: a pool's threads are counted as before."""
    profiled("""
import concurrent.futures

def f(): pass

def main():
    profile = Profiler()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        profile.enable()
        counted = 0
        for turn in range(6):
            list(pool.map(lambda n: (f(), time.sleep(.002)), range(4)))
            counted += 4
            if turn % 2:
                profile.disable()
                assert calls(profile, "f") == counted, (turn, calls(profile, "f"))
                list(pool.map(lambda n: f(), range(4)))
                assert calls(profile, "f") == counted
                profile.enable()
            elif turn == 4:
                profile.clear()
                counted = 0
        profile.disable()
        assert calls(profile, "f") == counted
    return profile

main()
in_thread(main)
""")


@pytest.mark.smoke
def test_off_from_another_thread(profiled):
    """By one it was started from: all of that start; by a stranger: everywhere; a thread's own start is its own."""
    profiled("""
def f(): pass

def counted(body):
    "What became of calls in a thread that is counted, before and after `body`."
    profile = Profiler()
    begun, over = threading.Event(), threading.Event()
    def work():
        f()
        begun.set()
        assert over.wait(10)
        f()
    profile.enable()
    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    body(profile)
    over.set()
    thread.join()
    f()
    profile.disable()
    return calls(profile, "f")

assert counted(lambda profile: None) == 3
assert counted(lambda profile: profile.disable()) == 1
assert counted(lambda profile: in_thread(profile.disable)) == 1

def stranger(profile):
    done = []
    def turn_off():
        profile.disable()
        done.append(1)
    before.append(turn_off)
    while not done:
        time.sleep(.001)

def wait_for_work():
    while True:
        if before:
            work = before.pop()
            if not work:
                return
            work()
        time.sleep(.001)

before = []
other = threading.Thread(target=wait_for_work)
other.start()
assert counted(stranger) == 1
before.append(None)
other.join()

# Each of two that share one begins and ends for itself.
profile, turn = Profiler(), [threading.Barrier(2) for _ in range(4)]
def one():
    profile.enable()
    turn[0].wait(), f(), turn[1].wait()
    profile.disable()
    f(), turn[2].wait(), turn[3].wait()
def two():
    turn[0].wait()
    profile.enable()
    turn[1].wait(), turn[2].wait(), f()
    profile.disable()
    f(), turn[3].wait()
threads = [threading.Thread(target=t) for t in (one, two)]
for t in threads: t.start()
for t in threads: t.join()
assert calls(profile, "f") == 2
# One that was started under it may end it for all, or, when it has begun for itself, for itself.
def inside(begins):
    if begins:
        profile.enable()
    f()
    profile.disable()
    f()
for begins, expected in ((False, 1), (True, 2)):
    profile = Profiler()
    profile.enable()
    thread = threading.Thread(target=inside, args=(begins,))
    thread.start()
    thread.join()
    f()
    profile.disable()
    assert calls(profile, "f") == expected, (begins, calls(profile, "f"))
""")


@pytest.mark.smoke
def test_threads_that_end_with_it_on(profiled):
    profiled("""
import gc

def f(): pass
def work():
    profile.enable()
    f()

profile = Profiler()
for _ in range(50):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
assert calls(profile, "f") == 50
profile.disable()

def alone():
    mine = Profiler()
    mine.enable()
    f()
for _ in range(50):
    in_thread(alone)
gc.collect()
if sys.version_info >= (3, 12):
    assert not any(sys.monitoring.get_tool(n) for n in range(6))
""")


@pytest.mark.smoke
def test_a_profile_is_forsaken(profiled):
    """Dropped while it is on: it goes off; 3.11: at the next use of any."""
    profiled("""
import weakref

class Mine(Profiler):
    pass

def f(): pass
for thread in (lambda work: work(), in_thread):
    def work():
        profile = Mine()
        profile.enable()
        f()
        return weakref.ref(profile)
    gone = thread(work)
    Profiler().getstats()
    assert gone() is None
    assert sys.getprofile() is None
    if sys.version_info >= (3, 12):
        assert not any(sys.monitoring.get_tool(n) for n in range(6))
""")


@pytest.mark.smoke
def test_sys_getprofile(profiled):
    """3.11: it is the profile that is on, the innermost one; as cProfile."""
    profiled("""
a, b = Profiler(), Profiler()
old = sys.version_info < (3, 12)
seen = [sys.getprofile()]
a.enable()
seen.append(sys.getprofile())
b.enable()
seen.append(sys.getprofile())
a.disable()
seen.append(sys.getprofile())
b.disable()
seen.append(sys.getprofile())
assert seen == [None, a if old else None, b if old else None, b if old else None, None]
a.enable()
del seen, b
if old:
    sys.setprofile(None) # the program's own doing: nothing is counted any more
def f(): pass
f()
a.disable()
assert calls(a, "f") == (0 if old else 1)
""")


@pytest.mark.smoke
@pytest.mark.parametrize("seconds", [.7, pytest.param(10, marks=pytest.mark.long)])
def test_toggled_by_many(profiled, seconds):
    """Threads that call, threads that turn profiles on and off, clear, read and drop them: all at random."""
    profiled("""
import random, gc
sys.setswitchinterval(1e-5)

def f(n): return g(n - 1) if n else 0
def g(n): return f(n) + len("")
def numbers(n):
    for i in range(n):
        yield f(i % 3)

def work():
    while not done:
        f(5)
        sum(numbers(5))
        thread = threading.Thread(target=f, args=(3,))
        thread.start()
        thread.join()

def toggle(seed):
    rng = random.Random(seed)
    while not done:
        profile = rng.choice(shared) if rng.random() < .7 else Profiler(builtins=rng.random() < .5)
        try:
            what = rng.choice(["enable", "enable", "disable", "disable", "clear", "getstats", "_snapshot", "replace",
                               "call", "within"])
            if what == "replace":
                shared[rng.randrange(len(shared))] = Profiler(rng.choice([None, time.perf_counter]),
                                                              constructors=rng.random() < .2)
            elif what == "call":
                profile.runcall(f, 4)
            elif what == "within":
                with profile, Profiler() as inner:
                    f(3)
                assert calls(inner, "f") == 4 and calls(inner, "g") == 3, rows(inner)
            else:
                getattr(profile, what)()
            f(2)
        except BaseException as error:
            wrong.append(error)
            raise

done, wrong = [], []
shared = [Profiler() for _ in range(4)]
threads = [threading.Thread(target=work) for _ in range(3)] + [
    threading.Thread(target=toggle, args=(seed,)) for seed in range(4)]
for t in threads: t.start()
time.sleep(SECONDS)
done.append(1)
for t in threads: t.join()
assert not wrong
for profile in shared:
    profile.disable()
    for entry in profile.getstats():
        assert 0 <= entry.reccallcount <= entry.callcount and entry.totaltime >= entry.inlinetime > -1e-9
del shared, profile
gc.collect()
Profiler().getstats()
last = Profiler()
last.enable()
f(5)
last.disable()
assert rows(last) == {"f": (6, 1), "g": (5, 1)}, rows(last)
if sys.version_info >= (3, 12):
    assert not any(sys.monitoring.get_tool(n) for n in range(6))
else:
    assert sys.getprofile() is None
""".replace("SECONDS", str(seconds)))


@pytest.mark.smoke
@pytest.mark.parametrize("daemon", [False, True])
def test_on_at_the_end(profiled, daemon):
    at_the_end(profiled, "pass", daemon)


@pytest.mark.wide
@pytest.mark.parametrize("ending", ["sys.exit()", "os._exit(0)", "raise SystemExit"])
@pytest.mark.parametrize("daemon", [False, True])
def test_on_at_other_ends(profiled, ending, daemon):
    at_the_end(profiled, ending, daemon)


def at_the_end(profiled, ending, daemon):
    """Of the process: with threads at work, profiles in globals, in cycles and in atexit functions."""
    profiled(f"""
import atexit
def f(): pass

class Dies:
    def __del__(self):
        f()
        try:
            profile = Profiler()
            profile.enable()
            f()
            profile.disable()
        except Exception:
            pass

def work():
    mine = Profiler()
    mine.enable()
    end = time.monotonic() + .05
    while {daemon} or time.monotonic() < end:
        f()

def last():
    f()
    profile.disable()
    profile.enable()
    f()
    assert calls(profile, "f") >= 2

dies = Dies()
profile = Profiler(time.perf_counter)
other = Profiler()
cycle = [other]
cycle.append(cycle)
atexit.register(last)
profile.enable(), other.enable()
for _ in range(3):
    threading.Thread(target=work, daemon={daemon}).start()
time.sleep(.02)
{ending}
""")


@pytest.mark.smoke
def test_in_a_subinterpreter(profiled):
    """It is refused in one line; the main interpreter's go on."""
    profiled("""
try:
    import _interpreters as made
except ImportError:
    import _xxsubinterpreters as made
INSIDE = '''
import sys
sys.path[:0] = %r
try:
    from sonde import _profile
    _profile.Profiler().enable()
except (ImportError, RuntimeError) as error:
    text = str(error)
else:
    text = "enabled"
import os
os.write(1, (text + chr(10)).encode())
for n in range(100):
    exec("def q(): pass\\\\nq()")
''' % (sys.path[:3],)
def f(): pass
profile = Profiler()
profile.enable()
f()
there = made.create()
made.run_string(there, INSIDE)
f()
thread = threading.Thread(target=made.run_string, args=(there, INSIDE))
thread.start()
f()
thread.join()
made.destroy(there)
f()
profile.disable()
assert calls(profile, "f") == 4 and "q" not in labels(profile)
""", output=None)


@pytest.mark.smoke
def test_greenlets(profiled, python_version, root):
    """A greenlet's stack is its own, in the thread's profile."""
    folder = root / ("build/greenlets-%d.%d" % python_version)
    if not (folder / "greenlets.txt").exists():
        pytest.skip("test_greenlets.py brings greenlet in")
    profiled("""
import greenlet

def leaf(): pass
def ping(n):
    for _ in range(n):
        leaf()
        b.switch()
def pong():
    while True:
        deeper()
def deeper():
    leaf()
    a.switch()
def old():
    main.switch()
    leaf()
    main.switch()
    leaf()

main = greenlet.getcurrent()
began = greenlet.greenlet(old)
began.switch()
profile, second = Profiler(), Profiler(time.perf_counter)
profile.enable()
a, b = greenlet.greenlet(ping), greenlet.greenlet(pong)
a.switch(5)
began.switch()
second.enable()
leaf()
began.switch()
a, b = greenlet.greenlet(ping), greenlet.greenlet(pong)
a.switch(3)
second.disable()
profile.disable()
assert rows(profile) == {"ping": (2, 2), "pong": (2, 2), "deeper": (8, 8), "leaf": (8 + 8 + 3,) * 2}, rows(profile)
assert callers(profile, "leaf") == {"ping": 8, "deeper": 8, None: 3}, callers(profile, "leaf")
assert callers(profile, "deeper") == {"pong": 8}
assert rows(second) == {"ping": (1, 1), "pong": (1, 1), "deeper": (3, 3), "leaf": (8, 8)}, rows(second)
""", paths=[folder])


@pytest.mark.wide
def test_no_room(profiled):
    """No memory for a tree: MemoryError or a counted loss, the program goes on and so does a later profile."""
    profiled("""
import resource

def f(n): return exec(f"def x{n}(): pass\\nx{n}()")

profile = Profiler()
profile.enable()
f(0)
limit = resource.getrlimit(resource.RLIMIT_AS)
used = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used, limit[1]))
try:
    more = []
    for n in range(1, 30_000):
        f(n % 20_000)
    for _ in range(100):
        another = Profiler()
        another.enable()
        more.append(another)
except MemoryError:
    pass
finally:
    resource.setrlimit(resource.RLIMIT_AS, limit)
for another in more:
    another.disable()
profile.disable()
last = Profiler()
time.sleep(1.1)
last.enable()
f(1)
last.disable()
assert calls(last, "f") == 1 and calls(last, "x1") == 1 and last.lost == 0
assert calls(profile, "f") >= 1000 and profile.lost > 1000, profile.lost
""")


@pytest.mark.smoke
def test_anywhere(profiled):
    """In signal handlers, __del__, callbacks of gc, trace and profile functions, other tools, imports, iterators."""
    profiled("""
import gc, signal

def f(): pass

def use():
    profile = Profiler()
    profile.enable()
    f()
    profile.disable()
    found.append(calls(profile, "f"))

class Dies:
    def __del__(self): use()

def on_signal(*args): use()
def on_gc(phase, info): use() if phase == "stop" and not found else None
def traced(frame, event, arg): use() if event == "call" and frame.f_code is f.__code__ and not found else None

def check(*counts):
    assert found and set(found) <= set(counts), found
    found.clear()

found = []
signal.signal(signal.SIGUSR1, on_signal)
for around in False, True:
    outer = Profiler()
    if around:
        outer.enable()
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(100): f()
    check(1)
    Dies()
    check(1)
    gc.callbacks.append(on_gc)
    gc.collect()
    gc.callbacks.clear()
    check(1)
    sorted([3, 1, 2], key=lambda n: use() or n)
    check(1)
    sum(use() or 1 for _ in range(3))
    check(1)
    for set_ in sys.settrace, sys.setprofile:
        set_(traced)
        f()
        set_(None)
        check(0, 1) # where functions of Python trace, events are off
    outer.disable()
    if around and sys.version_info >= (3, 12): # before, sys.setprofile() has taken its place
        assert calls(outer, "use") == 9, rows(outer)
if sys.version_info >= (3, 12):
    monitoring = sys.monitoring
    monitoring.use_tool_id(1, "mine")
    monitoring.register_callback(1, monitoring.events.PY_START, lambda code, _: use() if code is f.__code__ else None)
    monitoring.set_events(1, monitoring.events.PY_START)
    outer.enable()
    f()
    outer.disable()
    monitoring.set_events(1, 0)
    check(0)
    assert not any(monitoring.get_tool(n) for n in (0, 2, 3, 4, 5))
""")


@pytest.mark.smoke
def test_audit_hooks_in_python(profiled, python_version):
    """They are called while sys.monitoring is asked, let other threads run, use profiles, and refuse."""
    if python_version < (3, 12):
        pytest.skip("there is nothing to ask there")
    profiled("""
def f(): pass

def hook(event, args):
    if event == "sys.monitoring.register_callback" and action:
        action[0]()

def check(work, expected=1):
    action[:] = [work]
    profile = Profiler()
    try:
        profile.enable()
        f()
        profile.disable()
    except KeyError:
        pass
    action.clear()
    assert calls(profile, "f") == expected, calls(profile, "f")
    profile = Profiler()
    with profile:
        f()
    assert calls(profile, "f") == 1
    assert not any(sys.monitoring.get_tool(n) for n in range(6))

def within():
    with Profiler() as profile:
        f()
    counted.append(calls(profile, "f"))

def others_run():
    time.sleep(.001)

def refuse():
    raise KeyError

def many():
    while not done:
        with Profiler() as profile:
            f()
        assert calls(profile, "f") == 1
        with Profiler(builtins=False) as profile:
            f()
        assert calls(profile, "f") == 1

action, counted, done = [], [], []
sys.addaudithook(hook)
check(within)
check(others_run)
check(refuse, 0)
action[:] = [others_run]
threads = [threading.Thread(target=many) for _ in range(3)]
for t in threads: t.start()
time.sleep(.3)
done.append(1)
for t in threads: t.join()
check(others_run)
""")


@pytest.mark.smoke
def test_threads_made_in_c(profiled):
    """They are nobody's, but may have a profile of their own; each call from C has a thread state of its own."""
    profiled("""
import ctypes

def f(): pass

c = ctypes.CDLL(None)
routine = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)

def in_c(function):
    thread = ctypes.c_ulong()
    callback = routine(lambda _: function())
    assert c.pthread_create(ctypes.byref(thread), None, callback, None) == 0
    assert c.pthread_join(thread, None) == 0

def own():
    mine = Profiler()
    mine.enable()
    f()
    mine.disable()
    counted.append(calls(mine, "f"))

def started():
    thread = threading.Thread(target=f)
    thread.start()
    thread.join()

compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

def left_on():
    "Two calls from C, one after the other, in one thread."
    kept.enable()
    f()

def goes_on():
    f()
    kept.disable()

counted, kept, profile = [], Profiler(), Profiler()
profile.enable()
for _ in range(3):
    in_c(f), in_c(own), in_c(started)
sort = (ctypes.c_int * 2)(2, 1)
compared = []  # as often as the qsort at hand does: a sanitizer's own compares twice
c.qsort(sort, 2, 4, compare(lambda a, b: compared.append(f()) or 0))
in_c(left_on)
in_c(goes_on)
profile.disable()
assert counted == [1, 1, 1] and calls(profile, "f") == len(compared) >= 1, (counted, rows(profile))
assert calls(kept, "f") == 1, rows(kept)
""")
