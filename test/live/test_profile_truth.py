# SPDX-License-Identifier: Apache-2.0
"""sonde.Profile where cProfile is wrong, and where it is easily got wrong: programs of known truth."""

import json

import pytest

pytestmark = pytest.mark.smoke

def test_three_threads(profiled):
    """cProfile: the first 3.11 does not see, of 3.12 one `join` takes longer than the run, and work is 3/1."""
    profiled("""
def work():
    time.sleep(.1)

profile = Profiler()
before = time.perf_counter()
profile.enable()
threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
profile.disable()
took = time.perf_counter() - before
sleep = "<built-in method time.sleep>"
assert rows(profile, "work", "join", "run", sleep) == dict.fromkeys(["work", "join", "run", sleep], (3, 3))
assert callers(profile, "work") == {"run": 3} and callers(profile, sleep) == {"work": 3}
assert .3 <= times(profile, "work")[1] <= 3 * took and times(profile, "join")[1] <= took
assert all(entry.totaltime <= 3 * took for entry in profile.getstats())
""")


def test_what_shares_a_line_stays_apart(profiled):
    """cProfile keeps one of the four, and which is a matter of addresses."""
    profiled("""
some = [(lambda: 1), (lambda: 2), (lambda: 3), (lambda: 4)]
profile = Profiler()
profile.enable()
for function, times_ in zip(some, (10, 7, 5, 3)):
    for _ in range(times_):
        function()
profile.disable()
assert labels(profile)["<lambda>"] == [3, 5, 7, 10]
assert figures(profile)["<lambda>"][:2] == (25, 25)
""")


def test_dataclasses(profiled):
    """Each __init__ is at line 2 of <string>."""
    profiled("""
from dataclasses import dataclass

@dataclass
class Point:
    x: int

@dataclass
class Size:
    w: int

profile = Profiler()
profile.enable()
for _ in range(4):
    Point(1)
for _ in range(6):
    Size(2)
profile.disable()
assert labels(profile)["__init__"] == [4, 6]
assert figures(profile)["__init__"][:2] == (10, 10)
""")


def test_one_row_of_several_functions_counts_no_time_twice(profiled):
    profiled("""
clock, profile = Ticks(), None
exec("def f():\\n clock.now += 3\\n", globals()); inner = f
exec("def f():\\n clock.now += 1; inner(); clock.now += 1\\n", globals()); outer = f
profile = Profiler(clock, .001)
profile.enable()
outer(), outer(), inner()
profile.disable()
primitive, count, own, cumulative, callers_ = figures(profile)["f"]
assert (primitive, count) == (3, 5) and abs(own - .013) < 1e-9 and abs(cumulative - .013) < 1e-9
assert {k: v[:2] for k, v in callers_.items()} == {"f": (2, 2)}
assert sorted(round(e.totaltime, 6) for e in profile.getstats() if not isinstance(e.code, str)
              and e.code.co_name == "f") == [.009, .010]
""")


def test_generators(profiled):
    profiled("""
def five():
    for i in range(5):
        leaf()
        yield i

def leaf():
    pass

profile = Profiler()
profile.enable()
assert sum(five()) == 10
next(five())
five().close()
profile.disable()
[entry] = [e for e in profile.getstats() if e.code is five.__code__]
assert entry.callcount == 2 and entry.reccallcount == 0 and 5 <= entry.resumes <= 7, entry  # those that end it, where they are told
assert calls(profile, "leaf") == 6 and callers(profile, "leaf") == {"five": 6}
assert "five" in figures(profile)
""")


def test_a_generator_that_had_begun(profiled):
    profiled("""
def numbers():
    while True:
        yield leaf()

def leaf():
    pass

def use():
    next(some), next(some)

some = numbers()
next(some)
profile = Profiler()
profile.enable()
use()
profile.disable()
assert rows(profile) == {"use": (1, 1), "numbers": (1, 1), "leaf": (2, 2)}, rows(profile)
assert callers(profile, "leaf") == {"numbers": 2}
""")


def test_coroutines(profiled):
    profiled("""
import asyncio

async def leaf(n):
    await asyncio.sleep(0)
    return n

async def main():
    for n in range(3):
        await leaf(n)
    await asyncio.gather(*(leaf(n) for n in range(4)))
    return [n async for n in numbers()]

async def numbers():
    for n in range(3):
        await leaf(n)
        yield n

profile = Profiler()
profile.enable()
asyncio.run(main())
profile.disable()
assert rows(profile, "main", "leaf", "numbers") == {"main": (1, 1), "leaf": (10, 10), "numbers": (1, 1)}
assert callers(profile, "leaf")["main"] == 3 and callers(profile, "leaf")["numbers"] == 3
""")


def test_recursion(profiled):
    """fib(6) is 25 calls; the same moment is in no cumulative time twice."""
    profiled("""
def fib(n):
    clock.now += 1
    return n if n < 2 else fib(n - 1) + fib(n - 2)

clock = Ticks()
profile = Profiler(clock, .001)
profile.enable()
fib(6)
profile.disable()
primitive, count, own, cumulative, callers_ = figures(profile)["fib"]
assert (primitive, count) == (1, 25) and round(own, 6) == round(cumulative, 6) == .025
assert callers_["fib"][:2] == (24, 2) and round(callers_["fib"][2], 6) == round(callers_["fib"][3], 6) == .024
""")


def test_mutual_recursion(profiled):
    """even(5) calls odd(4) calls even(3) ...: 3 and 3 calls, one of each primitive."""
    profiled("""
def even(n):
    clock.now += 10
    return n == 0 or odd(n - 1)

def odd(n):
    clock.now += 1
    return n != 0 and even(n - 1)

clock = Ticks()
profile = Profiler(clock, .001)
profile.enable()
even(5)
profile.disable()
seen = figures(profile)
assert [tuple(round(x, 6) for x in seen[name][:4]) for name in ("even", "odd")] == [
    (1, 3, .030, .033), (1, 3, .003, .023)]
assert tuple(round(x, 6) for x in seen["odd"][4]["even"]) == (3, 1, .003, .023)
assert tuple(round(x, 6) for x in seen["even"][4]["odd"]) == (2, 1, .020, .022)
""")


def test_a_million_frames(profiled):
    """Results are computed without recursion, whatever the depth."""
    profiled("""
def down(n):
    if n:
        down(n - 1)

sys.setrecursionlimit(300_000)
profile = Profiler()
profile.enable()
down(200_000)
profile.disable()
assert figures(profile)["down"][:2] == (1, 200_001)
assert rows(profile, "down") == {"down": (200_001, 1)}
""")


def test_times(profiled):
    """Own times sum to what passed between on and off, but for what ran already; none is longer."""
    profiled("""
def for_(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass

def half(): for_(.02)
def whole(): for_(.04), half(), time.sleep(.03)
def all_of_it():
    whole(), whole()

profile = Profiler()
profile.enable()
before = time.perf_counter()
all_of_it()
took = time.perf_counter() - before
profile.disable()
assert rows(profile, "for_", "half", "whole") == {"for_": (4, 4), "half": (2, 2), "whole": (2, 2)}
own, cumulative = times(profile, "all_of_it")
assert .18 <= cumulative <= took and cumulative >= .99 * took, (cumulative, took)
assert .04 <= times(profile, "half")[1] and times(profile, "<built-in method time.sleep>")[0] >= .06
inside = sum(e.inlinetime for e in profile.getstats())
assert abs(inside - took) < .01 * took + 1e-3, (inside, took)
for _ in range(3): # a moment after the clock was read first
    short = Profiler()
    short.enable()
    for_(.0005)
    short.disable()
    assert .0005 <= times(short, "for_")[1] < .5
""")


def test_exceptions(profiled):
    profiled("""
def one(): two()
def two(): three()
def three():
    try:
        {}["no"]
    finally:
        int("3")
        len("")

profile = Profiler()
profile.enable()
for _ in range(10):
    try:
        one()
    except KeyError:
        pass
try:
    next(iter([]))
except StopIteration:
    leaf = len("")
profile.disable()
assert rows(profile) == {"one": (10, 10), "two": (10, 10), "three": (10, 10)}
assert callers(profile, "<built-in method builtins.len>") == {"three": 10, None: 1}
""")


def test_eight_profiles_of_eight_threads(profiled):
    """cProfile of 3.12 and later: "Another profiling tool is already active"."""
    profiled("""
def handle(n):
    for _ in range(n):
        leaf()

def leaf():
    time.sleep(.001)

def serve(n):
    profile = Profiler()
    barrier.wait()
    profile.enable()
    handle(n)
    profile.disable()
    found[n] = rows(profile)

barrier, found = threading.Barrier(8), {}
threads = [threading.Thread(target=serve, args=(n,)) for n in range(1, 9)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert found == {n: {"handle": (1, 1), "leaf": (n, n)} for n in range(1, 9)}, found
""")


def test_one_within_another(profiled):
    """Both are right, whichever ends first, and with a clock or wishes of its own each."""
    profiled("""
def f(): g()
def g(): len("")

def check(**wishes):
    outer, inner = Profiler(), Profiler(**wishes)
    outer.enable()
    f()
    inner.enable()
    f(), f()
    inner.disable()
    f()
    outer.disable()
    assert rows(outer) == {"f": (4, 4), "g": (4, 4)} and rows(inner) == {"f": (2, 2), "g": (2, 2)}
    assert callers(outer, "g") == {"f": 4} and callers(inner, "g") == {"f": 2}
    assert calls(outer, "<built-in method builtins.len>") == 4
    assert calls(inner, "<built-in method builtins.len>") == (2 if wishes.get("builtins", True) else 0)

check()
check(builtins=False)
check(timer=time.monotonic)
check(constructors=True)

def begin(): second.enable()
def end(): first.disable()
def body(): g(), end(), g()

first, second = Profiler(), Profiler()
first.enable()
begin()
body()
g()
second.disable()
assert rows(first) == {"begin": (1, 1), "body": (1, 1), "g": (1, 1), "end": (1, 1)}
assert rows(second) == {"body": (1, 1), "g": (3, 3), "end": (1, 1)}
assert callers(second, "g") == {"body": 2, None: 1}

many = [Profiler() for _ in range(20)]
for profile in many:
    profile.enable()
f()
for profile in many:
    profile.disable()
assert all(rows(profile) == {"f": (1, 1), "g": (1, 1)} for profile in many)
""")


def test_on_here_and_off_there(profiled):
    """What runs when it goes on is neither a row nor a caller; it may go off in any frame."""
    profiled("""
def on(): profile.enable()
def off(): leaf(), profile.disable()
def leaf(): pass
def deep(n): deep(n - 1) if n else on()
def generator():
    on()
    leaf()
    yield
    leaf()
    yield off()

profile = Profiler()
deep(50)
leaf()
off()
leaf()
assert rows(profile) == {"leaf": (2, 2), "off": (1, 1)} and callers(profile, "leaf") == {"off": 1, None: 1}

profile = Profiler()
some = generator()
next(some), leaf(), next(some), leaf()
assert rows(profile) == {"leaf": (4, 4), "generator": (1, 1), "off": (1, 1)}, rows(profile)
assert callers(profile, "leaf") == {"generator": 1, "off": 1, None: 2}

def below(n):
    return profile.enable() if n == 0 else below(n - 1) or leaf()

profile = Profiler()
below(5)
profile.disable()
assert rows(profile) == {"leaf": (5, 5)} and callers(profile, "leaf") == {None: 5}
""")


def test_often_on_and_off(profiled):
    profiled("""
def leaf(): pass

profile = Profiler()
for _ in range(1000):
    profile.enable()
    leaf()
    profile.disable()
    leaf()
assert calls(profile, "leaf") == 1000
profile.disable()
profile.enable(), profile.enable()
leaf()
profile.disable()
leaf()
assert calls(profile, "leaf") == 1001
""")


def test_what_it_shows_of_itself(profiled):
    """disable(), as cProfile; its hidden names, and what is hidden for it, leave no trace."""
    profiled("""
def leaf(): pass

@hide
def wrapper():
    leaf()
    profile._disable()

profile = Profiler()
profile.enable()
leaf()
profile.disable()
assert labels(profile) == {"leaf": [1], "<method 'disable' of '_lsprof.Profiler' objects>": [1]}

profile = Profiler()
profile._enable()
leaf()
wrapper()
assert labels(profile) == {"leaf": [2]} and callers(profile, "leaf") == {None: 2}

with Profiler() as profile:
    leaf()
assert labels(profile) == {"leaf": [1]}

profile = Profiler()
assert profile.runcall(lambda a, *, b: (leaf(), a + b)[1], 1, b=2) == 3
assert labels(profile) == {"<lambda>": [1], "leaf": [1]}
try:
    profile.runcall(int, "x")
except ValueError:
    pass
else:
    raise AssertionError
try:
    hide(leaf)
except RuntimeError as error:
    assert str(error) == "hide() comes too late for this function"
""")


def test_switches(profiled):
    profiled("""
def f(): return len(""), int("3"), g()
def g(): pass

def names(*args, **wishes):
    profile = Profiler(**wishes)
    profile.enable(*args)
    f()
    profile._disable()
    return set(labels(profile)), callers(profile, "g"), [e.calls is None for e in profile.getstats()
                                                         if e.code is f.__code__][0]

both, length, number = {"f", "g"}, "<built-in method builtins.len>", "<class 'int'>"
assert names() == (both | {length}, {"f": 1}, False)
assert names(builtins=False) == (both, {"f": 1}, False)
assert names(True, False) == (both, {"f": 1}, False)
assert names(False) == (both | {length}, {None: 1}, True)
assert names(subcalls=False) == (both | {length}, {None: 1}, True)
assert names(constructors=True) == (both | {length, number}, {"f": 1}, False)
assert names(constructors=True, builtins=False) == (both | {number}, {"f": 1}, False)
if sys.version_info >= (3, 12): # 3.11 does not tell of them
    import functools
    profile = Profiler(constructors=True)
    partial, add = functools.partial(f), (1).__add__
    profile.enable()
    partial(), add(1), int.__add__(1, 2), f()
    profile.disable()
    assert set(labels(profile)) == both | {
        length, number, "<functools.partial object>", "<slot wrapper '__add__' of 'int' objects>",
        "<method 'disable' of '_lsprof.Profiler' objects>"}, labels(profile)
    assert callers(profile, "f") == {"<functools.partial object>": 1, None: 1}
profile = Profiler(builtins=False)
profile.enable(builtins=True), f(), profile.disable()
assert length in labels(profile)
for wrong in ([1, 2, 3], ["x" * 3, 0.0, True, True, True, True]):
    try:
        Profiler(*wrong)
    except TypeError:
        continue
    assert wrong == [1, 2, 3]
""")


def test_while_it_is_on(profiled):
    """Results at any time, of running functions as well; a clear() begins anew."""
    profiled("""
def outer():
    time.sleep(.02)
    found.append((rows(profile), times(profile, "outer"), figures(profile)["outer"][:2]))
    time.sleep(.02)
    found.append((rows(profile), times(profile, "outer"), figures(profile)["outer"][:2]))
    profile.clear()
    leaf()

def leaf(): pass

found, profile = [], Profiler()
profile.enable()
outer()
leaf()
profile.disable()
assert [f[0]["outer"] for f in found] == [(1, 1)] * 2 == [f[2] for f in found]
assert found[0][1][1] >= .02 and found[1][1][1] >= .04
assert rows(profile) == {"leaf": (2, 2)} and callers(profile, "leaf") == {None: 2}
profile.clear()
assert profile.getstats() == [] and profile._snapshot() == {}
assert Profiler().getstats() == [] and Profiler()._snapshot() == {} and Profiler().lost == 0
""")


def test_entries(profiled):
    profiled("""
def f(): pass

profile = Profiler()
profile.enable()
f()
profile.disable()
[entry] = [e for e in profile.getstats() if e.code is f.__code__]
assert len(entry) == 6 and tuple(entry) == (
    entry.code, entry.callcount, entry.reccallcount, entry.totaltime, entry.inlinetime, entry.calls)
assert entry[1:3] == (1, 0) and entry.calls is None and entry.resumes == 0
assert repr(entry).startswith("sonde._profile.profiler_entry(code=<code object f at ")
assert type(entry).__name__ == "profiler_entry"
""")


def test_across_a_fork(profiled):
    """The child goes on with a copy of the counts; the parent's are its own, threads and all."""
    profiled("""
import warnings
warnings.simplefilter("ignore")

def f(): pass
def busy():
    f()
    begun.wait()
    time.sleep(.2)
    f()

profile, begun = Profiler(), threading.Barrier(2)
profile.enable()
thread = threading.Thread(target=busy)
thread.start()
f()
begun.wait()
pid = os.fork()
if pid == 0:
    for _ in range(3):
        f()
    other = threading.Thread(target=f)
    other.start()
    other.join()
    profile.disable()
    os._exit(calls(profile, "f"))
f()
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
thread.join()
profile.disable()
assert (status, calls(profile, "f")) == (6, 4), (status, calls(profile, "f"))
""")


def test_processes_of_multiprocessing(profiled):
    profiled("""
import multiprocessing, warnings
warnings.simplefilter("ignore")

def f(n): return n

def inside(queue):
    for n in range(5):
        f(n)
    profile.disable()
    queue.put(calls(profile, "f"))

profile = Profiler()
profile.enable()
f(1)
fork = multiprocessing.get_context("fork")
queue = fork.SimpleQueue()
process = fork.Process(target=inside, args=(queue,))
process.start()
there = queue.get()
process.join()
profile.disable()
assert (there, calls(profile, "f")) == (6, 1)
""")


def test_beside_cprofile(profiled):
    """Each counts what it counts alone. On 3.11 a thread has one place: ours passes on to who was there before."""
    profiled("""
import cProfile

def f(): g()
def g(): pass

def of(profile):
    profile.create_stats()
    return {key[2]: row[1] for key, row in profile.stats.items() if key[2] in "fg"}

theirs, ours = cProfile.Profile(), Profiler()
theirs.enable()
f()
ours.enable()
f(), f()
ours.disable()
f()
theirs.disable()
assert of(theirs) == {"f": 4, "g": 4} and rows(ours) == {"f": (2, 2), "g": (2, 2)}, (of(theirs), rows(ours))
if sys.version_info >= (3, 12):
    theirs, ours = cProfile.Profile(), Profiler()
    ours.enable()
    f()
    theirs.enable()
    f(), f()
    theirs.disable()
    f()
    ours.disable()
    assert of(theirs) == {"f": 2, "g": 2} and rows(ours) == {"f": (4, 4), "g": (4, 4)}
""")


def test_beside_a_profile_function(profiled):
    profiled("""
def f(): g()
def g(): pass

seen = []
def watch(frame, event, arg):
    if frame.f_code in (f.__code__, g.__code__):
        seen.append((event, frame.f_code.co_name))

once = [("call", "f"), ("call", "g"), ("return", "g"), ("return", "f")]
profile = Profiler()
sys.setprofile(watch)
profile.enable()
f()
profile.disable()
f()
assert sys.getprofile() is watch
sys.setprofile(None)
assert seen == once * 2 and rows(profile) == {"f": (1, 1), "g": (1, 1)}

# One that takes itself away, or is put in its place by itself, while ours is on.
def leave(frame, event, arg):
    sys.setprofile(None)

def hand_over(frame, event, arg):
    sys.setprofile(watch)

for function, more in ((leave, []), (hand_over, once)):
    seen.clear()
    profile = Profiler()
    sys.setprofile(function)
    profile.enable()
    f(), f()
    profile.disable()
    sys.setprofile(None)
    assert rows(profile) == {"f": (2, 2), "g": (2, 2)}, rows(profile)
    assert seen[-len(more):] == more or not more
""")


def test_under_sonde_run(profiled, sonde, tmp_path, run_sonde):
    """The recording is as it is without the profile, which is as it is alone."""
    text = """
def f(): g(), len("")
def g(): pass
def in_another(): f(), f()

for n in range(3):
    f()
profile = Profiler()
if {on}:
    profile.enable()
f()
thread = threading.Thread(target=in_another)
thread.start()
thread.join()
profile.disable()
for n in range(5):
    f()
thread = threading.Thread(target=in_another)
thread.start()
thread.join()
assert not {on} or (calls(profile, "f"), calls(profile, "g")) == (3, 3)
"""
    found = []
    for on in True, False:
        recording = tmp_path / f"{on}.sonde"
        profiled(text.format(on=on), sonde, "run", "-q", "-o", recording)
        report = json.loads(run_sonde("report", "--json", recording).stdout)
        assert report["quality"]["exact"] and report["quality"]["notes"] == []
        found.append({f["qualname"]: (f["calls"], sorted(c["calls"] for c in f["callers"]))
                      for f in report["functions"] if f["qualname"] in ("f", "g", "in_another", "builtins.len")})
    assert found[0]["f"] == (13, [2, 2, 9] if len(found[0]["f"][1]) == 3 else [4, 9])
    assert found[0]["f"] == found[1]["f"] and found[0]["g"] == found[1]["g"]


def test_recording_goes_on_and_off_within(profiled, tmp_path):
    """sonde.start() and stop() while a profile is on."""
    profiled("""
import sonde
def f(): pass
profile = Profiler()
profile.enable()
f()
sonde.start("rec")
f(), f()
sonde.stop()
f()
profile.disable()
f()
assert calls(profile, "f") == 4
sonde.start("rec")
f()
profile.enable()
f()
sonde.stop()
f()
profile.disable()
f()
assert calls(profile, "f") == 6
""")
    from tape import tapes
    [tape] = tapes(tmp_path / "rec.sonde")
    assert tape.calls("f") == 4 and not tape.header.flags & 4


def test_constructors_of_both(profiled, tmp_path):
    """3.11: both stand before the slots of types; they come and go in any order, and leave them as they were."""
    profiled("""
import ctypes, itertools
import sonde

def slots(): # tp_call of type, tp_vectorcall of int
    return [ctypes.c_void_p.from_address(id(of) + at).value for of, at in ((type, 128), (int, 400))]

def f(): return int("3"), str(5)

def record_on(): sonde.start("rec")
def record_off(): sonde.stop()
def profile_on(): profile.enable()
def profile_off(): profile.disable()

before = slots()
for order in itertools.permutations([record_on, record_off, profile_on, profile_off]):
    if order.index(record_on) > order.index(record_off) or order.index(profile_on) > order.index(profile_off):
        continue
    for _ in range(2):
        profile, on = Profiler(constructors=True), 0
        for n, step in enumerate(order):
            step()
            f()
            on += order.index(profile_on) <= n < order.index(profile_off)
        assert calls(profile, "<class 'int'>") == calls(profile, "<class 'str'>") == on, rows(profile)
        f(), KeyError() # the one that was beneath goes now
        assert slots() == before, order
""")
    from tape import tapes
    [tape] = tapes(tmp_path / "rec.sonde")
    assert tape.calls("builtins.int") == tape.calls("f") > 0
