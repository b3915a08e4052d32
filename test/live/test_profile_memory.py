# SPDX-License-Identifier: Apache-2.0
"""Profiles without end, and what they counted, are given back: memory stays as it was."""

import subprocess

import pytest

FLAT = """
import gc

def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * 4096

def flat(work, before, times, most=32 << 10):
    "Memory ends to grow: of three parts of the turns there is one in which it did not, but for a little."
    for _ in range(before):
        work()
    grown, last = [], resident()
    for _ in range(3):
        for _ in range(times // 3):
            work()
        grown.append(resident() - last)
        last += grown[-1]
    assert min(grown) <= most, grown
"""


@pytest.mark.wide
def test_a_profile_a_request(profiled):
    """100,000 of them, in one thread and in new ones; clear() without end; functions made anew each time."""
    profiled(FLAT + """
def leaf(): pass
def request(n=20):
    for i in range(n):
        leaf()
        len("")

def serve():
    profile = Profiler()
    profile.enable()
    request()
    profile.disable()
    return profile

flat(serve, 1000, 100_000)
assert rows(serve()) == {"request": (1, 1), "leaf": (20, 20)}

def one_thread():
    threading.Thread(target=serve).start()

flat(lambda: in_thread(serve), 200, 2000)

kept = Profiler()
kept.enable()
def more():
    in_thread(leaf)
    kept.clear()
flat(more, 200, 2000)
flat(lambda: in_thread(leaf), 200, 2000)
kept.disable()
assert calls(kept, "leaf") >= 2000
""")


@pytest.mark.wide
def test_what_is_distinct_is_let_go(profiled):
    """Code compiled anew, its names and its paths: of a profile that is gone nothing remains.

    (Names are the same each time: the interpreter itself keeps every one that it has met.)
    """
    profiled(FLAT + """
import itertools
numbers = itertools.count()

def serve():
    profile = Profiler()
    profile.enable()
    n = next(numbers)
    space = {}
    exec(compile("\\n" * (n % 300) + "\\n".join(f"def f{i}(): return len('')" for i in range(50)), "made.py", "exec"), space)
    for name in space:
        if name[0] == "f":
            space[name]()
    profile.disable()
    if n % 10 == 0:
        profile.getstats(), profile._snapshot()

flat(serve, 700, 1500)

def down(n): n and (down(n - 1), up(n // 2))
def up(n): n and (up(n - 1), down(n // 2))
def wide():
    profile = Profiler()
    profile.enable()
    down(40)
    profile.disable()
    return profile

flat(wide, 5, 42)
assert sum(count for count, _ in rows(wide(), "down", "up").values()) > 1000
""")


@pytest.mark.smoke
def test_code_lives_as_long_as_it_is_in_a_profile(profiled):
    profiled("""
import gc, weakref

def make():
    space = {}
    exec("def f(): pass", space)
    return space["f"]

a, b, f = Profiler(), Profiler(), make()
code = weakref.ref(f.__code__)
a.enable(), b.enable()
f()
a.disable(), b.disable()
del f
gc.collect()
assert code() is not None and calls(a, "f") == calls(b, "f") == 1
a.clear()
gc.collect()
assert code() is not None
entries = b.getstats()
del b
gc.collect()
assert code() is not None
del entries
gc.collect()
assert code() is None

# Whatever runs when it is let go may use the profile.
f = make()
watch = weakref.ref(f.__code__, lambda gone: (a.getstats(), a.clear(), a.enable(), a.disable(), seen.append(1)))
seen = []
a.enable()
f()
a.disable()
del f
gc.collect()
assert not seen
a.clear()
assert seen and watch() is None
""")


def test_paths_beyond_the_budget(profiled):
    """A million paths and more: memory is bounded, calls, own times and callers are exact, nothing is lost."""
    profiled(FLAT + """
def build(depth):
    "2 ** depth paths: each level calls the next by two names."
    text = ["def a0(): leaf()", "def b0(): leaf()"]
    for n in range(1, depth):
        text += [f"def {x}{n}(): a{n - 1}(), b{n - 1}()" for x in "ab"]
    space = {"leaf": leaf}
    exec("\\n".join(text), space)
    return space[f"a{depth - 1}"]

def leaf(): pass

work = build(21)
before = resident()
profile = Profiler()
profile.enable()
work()
profile.disable()
grown = resident() - before
assert grown < 120 << 20, grown
assert profile.lost == 0
assert calls(profile, "leaf") == 2 ** 20 and callers(profile, "leaf") == {"a0": 2 ** 19, "b0": 2 ** 19}
for n in range(19):
    assert calls(profile, f"a{n}") == calls(profile, f"b{n}") == 2 ** (19 - n)
    assert callers(profile, f"a{n}") == ({f"a{n + 1}": 2 ** (18 - n), f"b{n + 1}": 2 ** (18 - n)} if n < 19 and n != 19
                                         else {}) or n == 19
whole = times(profile, "a20")[1]
assert abs(sum(e.inlinetime for e in profile.getstats()) - whole) < .01 * whole + 1e-3
assert all(e.totaltime <= whole * 1.001 for e in profile.getstats())
began = time.process_time()
profile._snapshot()
assert time.process_time() - began < 5
again = Profiler()
profile.clear()
again.enable()
leaf()
again.disable()
assert rows(again) == {"leaf": (1, 1)}
""")


@pytest.mark.wide
def test_python_has_no_memory(profiled, python):
    """Its allocations fail from the nth on, or the nth alone: MemoryError or a result, never a crash of ours."""
    profiled("""
try:
    import _testcapi
except ImportError:
    sys.exit()
import collections

def f(): return len([1]), g()
def g(): pass

def within(profile):
    for _ in range(2):
        profile.enable()
        f()
        profile.disable()

def read(profile):
    profile.getstats(), profile._snapshot(), profile.clear()

def once(first, last, work):
    profile = Profiler()
    profile.runcall(f)
    try:
        _testcapi.set_nomemory(first, last)
        try:
            work(profile)
        finally:
            _testcapi.remove_mem_hooks()
    except MemoryError:
        pass
    profile.disable()
    after = Profiler()
    after.enable()
    f()
    after.disable()
    # 3.11 tells a thread of nothing any more where a frame's object failed, cProfile's neither.
    return 0 if rows(after) in ({"f": (1, 1), "g": (1, 1)}, *[{}] * (sys.version_info < (3, 12))) else 2

ends = collections.Counter()
for work in within, read:
    for always in True, False:
        for first in range(1, 120):
            if os.fork() == 0:
                os._exit(once(first, 0 if always else first + 1, work))
            ends[work.__name__, os.waitstatus_to_exitcode(os.wait()[1])] += 1
assert all(status in (0, 1) for _, status in ends), ends
assert sum(ends.values()) == 4 * 119 and ends["within", 0] > 100 and ends["read", 0] > 100, ends
""", stderr=subprocess.DEVNULL)
