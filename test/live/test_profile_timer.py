# SPDX-License-Identifier: Apache-2.0
"""A timer of the program's own: called once an event, whatever it does, and its times summed exactly."""

import pytest

pytestmark = pytest.mark.smoke


def test_once_an_event(profiled):
    """f, g: two events each; len: two; disable: one, and one when it is off. Nothing else asks for the time."""
    profiled("""
def f(): return len(""), g(), int("3")
def g(): pass

def count():
    asked.append(1)
    return len(asked)

asked = []
profile = Profiler(count)
profile.enable()
f()
profile.disable()
assert len(asked) == 2 + 2 + 2 + 1 + 1, len(asked)
f()
assert len(asked) == 8
seen = figures(profile)
assert [seen[name][2:4] for name in ("f", "g")] == [(3, 5), (1, 1)]
assert seen["<built-in method builtins.len>"][2:4] == (1, 1)
""")


def test_units(profiled):
    """Integers in units of their own, or seconds; floats are seconds, rounded down to a nanosecond."""
    profiled("""
def f(): clock.now += step

for unit, step, seconds in ((.001, 7, .007), (0, 7, 7), (0, .25, .25), (2.0, 3, 6.0), (0, -1, -1), (0.0, True, 1)):
    clock = Ticks()
    profile = Profiler(clock, unit)
    profile.enable()
    f()
    profile.disable()
    own, cumulative = times(profile, "f")
    assert abs(own - seconds) < 1e-9 and abs(cumulative - seconds) < 1e-9, (unit, step, own)

class Index:
    def __index__(self): return clock.now

clock, step = Ticks(), 5
profile = Profiler(Index, timeunit=1)
profile.enable()
f()
profile.disable()
assert times(profile, "f") == (5, 5)
""")


def test_what_a_timer_calls_is_not_counted(profiled):
    profiled("""
def helper(): return len([int("3")])

def timer():
    helper()
    return time.perf_counter()

def f(): helper()

for wishes in ({}, {"constructors": True}, {"builtins": False}):
    profile, outer = Profiler(timer, **wishes), Profiler(**wishes)
    outer.enable()
    profile.enable()
    f()
    profile.disable()
    outer.disable()
    assert rows(profile) == {"f": (1, 1), "helper": (1, 1)} == rows(outer), (rows(profile), rows(outer))
""")


ERRORS = """
seen = []
sys.unraisablehook = lambda u: seen.append((u.exc_type, u.object))
def f(): g()
def g(): pass

def use(timer, unit=0.0):
    seen.clear()
    profile = Profiler(timer, unit)
    profile.enable()
    f()
    profile.disable()
    assert rows(profile) == {"f": (1, 1), "g": (1, 1)}
    return profile
"""


def test_errors_of_a_timer(profiled):
    """Each is told as one nobody can catch; the calls are counted, and the time is what it was."""
    profiled(ERRORS + """
def raises(): raise KeyError

for timer, error, unit in ((raises, KeyError, 0), (lambda: int, TypeError, 0), (lambda: None, TypeError, 1),
                           (1, TypeError, 0), (lambda: 1 << 80, OverflowError, 1), (lambda: 1 << 62, OverflowError, 0),
                           (lambda: float("nan"), OverflowError, 0), (lambda: 1e30, OverflowError, 0)):
    profile = use(timer, unit)
    assert seen == [(error, timer)] * 6, seen
    assert times(profile, "f") == (0, 0)

# In the middle of an exception of the program's, and of one that is being handled.
def fails(): raise ValueError("mine")

profile = Profiler(raises)
profile.enable()
try:
    fails()
except ValueError as error:
    fails_with = error
profile.disable()
assert fails_with.args == ("mine",) and fails_with.__context__ is None
""")


def test_a_timer_cannot_change_its_profile(profiled):
    profiled(ERRORS + """
for what in ("enable", "disable", "clear", "__init__", "_enable", "_disable", "__enter__", "__exit__"):
    def timer():
        getattr(profile, what)()
        return 0
    profile = Profiler(timer)
    profile.enable()
    f()
    profile.disable()
    assert [error for error, _ in seen] == [RuntimeError] * 6, (what, seen)
    assert rows(profile) == {"f": (1, 1), "g": (1, 1)}
    seen.clear()

# Nor another that is on, or is to be; but look at it, it can.
def timer():
    for change in (other.enable, other.disable, other.clear):
        try:
            change()
        except RuntimeError as error:
            told.add(str(error))
    profile.getstats(), profile._snapshot()
    return 0

told, other, profile = set(), Profiler(), Profiler(timer)
other.enable()
profile.enable()
f()
profile.disable()
other.disable()
assert told == {f"cannot {what} a profiler in a timer" for what in ("enable", "disable", "clear")} and not seen
assert rows(other) == rows(profile) == {"f": (1, 1), "g": (1, 1)}
""")


def test_a_timer_that_drops_what_it_is_called_by(profiled):
    """The last reference to the profile, or to the timer, goes while it runs."""
    profiled(ERRORS + """
import gc, weakref

class Mine(Profiler):
    pass

def timer():
    holder.clear()
    return 0

holder = [Mine(timer)]
gone = weakref.ref(holder[0])
holder[0].enable()
f(), f()
gc.collect()
if sys.version_info >= (3, 12):
    assert gone() is None
profile = Profiler()
profile.enable()
f()
profile.disable()
assert gone() is None # 3.11: what nobody but its threads refers to goes off
assert rows(profile) == {"f": (1, 1), "g": (1, 1)} and not seen

def once():
    profile.__init__(None) if False else None
    return 0

profile = Profiler(once)
gone = weakref.ref(once)
del once
profile.enable()
f()
profile.disable()
profile.__init__()
assert gone() is None and profile.getstats() == []
""")


def test_a_cycle_through_a_timer_is_collected(profiled):
    profiled("""
import gc, weakref

class Mine(Profiler):
    def __init__(self, **wishes):
        super().__init__(self.timer, **wishes)
    def timer(self): return 0

for on in False, True:
    profile = Mine()
    if on:
        profile.enable()
        len("")
        profile.disable()
    gone = weakref.ref(profile)
    del profile
    gc.collect()
    assert gone() is None
""")


def test_other_threads_change_it_while_it_runs(profiled):
    """A timer that lets them: the event is dropped where its profile is off, or begins anew, by then."""
    profiled(ERRORS + """
import itertools

def timer():
    if next(turns) == 3:
        waiting.set()
        assert changed.wait(10)
    return 0

def change(what):
    assert waiting.wait(10)
    profile.__getattribute__(what)()
    changed.set()

for what in ("disable", "clear", "enable", "getstats"):
    turns, waiting, changed = itertools.count(), threading.Event(), threading.Event()
    profile = Profiler(timer)
    thread = threading.Thread(target=change, args=(what,))
    thread.start()
    profile.enable()
    f()
    f()
    profile.disable()
    thread.join()
    if what == "enable":
        assert calls(profile, "f") == 2
    assert not seen, seen
    f_and_g = rows(profile)
    assert what in ("enable", "getstats") or f_and_g.get("f", (0, 0))[0] <= 1, (what, f_and_g)
    assert profile.lost == 0
""")
