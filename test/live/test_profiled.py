# SPDX-License-Identifier: Apache-2.0
"""sonde.profiled(): blocks, functions, generators and coroutines; sonde.run; sonde.install()."""

import subprocess

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke

START = """
import asyncio, io, sonde

def work(n):
    return sum(step(i) for i in range(n))

def step(i):
    return i

def counted(text, name):
    "The calls of the function of that name, of a report's first table."
    rows = [line.split() for line in text.partition("was called by")[0].splitlines() if line.endswith("(" + name + ")")]
    assert len(rows) <= 1, rows
    return rows[0][0] if rows else "none"
"""


@pytest.fixture
def run(python, sonde, clean_env, tmp_path):
    """run(text): the lines a program printed that has sonde installed."""
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}

    def run(text, *options):
        (tmp_path / "app.py").write_text(START + text)
        done = subprocess.run([python, *options, "app.py"], cwd=tmp_path, env=env, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()

    return run


def test_a_block_prints_as_pstats_does(run):
    lines = run("""
with sonde.profiled():
    work(5)
""")
    assert lines[0].strip().endswith("seconds")
    assert "   Ordered by: cumulative time" in lines
    assert any("was called by..." in line for line in lines)
    assert any(line.split()[:1] == ["5"] and line.endswith("app.py:7(step)") for line in lines)
    assert not any("sonde" in line for line in lines)  # nothing of ours is in it


def test_its_options(run):
    assert run("""
out = io.StringIO()
with sonde.profiled(restrictions=(3, "step"), sort=("name", "file"), callers=False, stream=out):
    work(5)
text = out.getvalue()
print("Ordered by: function name, file name" in text, "due to restriction <3>" in text, "called by" in text)
with sonde.profiled(stream=False) as profile:
    work(4)
profile.create_stats()
print([row[1] for key, row in profile.stats.items() if key[2] == "step"])
""") == ["True True False", "[4]"]


def test_a_function_call_by_call(run):
    assert run("""
out = io.StringIO()

@sonde.profiled(stream=out)
def twice(n):
    "Documented."
    return work(n) + work(n)

print(twice.__name__, twice.__doc__, twice(3), twice(2))
first, second = out.getvalue().split("function calls")[1:3]
print(counted(first, "step"), counted(first, "twice"), counted(second, "step"))
""") == ["twice Documented. 6 2", "6 1 4"]


def test_an_error_passes_through(run):
    assert run("""
out = io.StringIO()

@sonde.profiled(stream=out)
def fails():
    work(2)
    raise KeyError("told")

for _ in 1, 2:
    try:
        fails()
    except KeyError as error:
        print(error)
print(out.getvalue().count("seconds"))
""") == ["'told'", "'told'", "2"]


def test_a_generator_while_it_runs_itself(run):
    assert run("""
import inspect
out = io.StringIO()

@sonde.profiled(stream=out)
def numbers(n):
    got = []
    for i in range(n):
        got.append((yield step(i)))
    return got

print(inspect.isgeneratorfunction(numbers))
g = numbers(3)
print(next(g), work(10), g.send("a"), g.send("b"))
try:
    g.send("c")
except StopIteration as end:
    print(end.value)
print(counted(out.getvalue(), "step"), counted(out.getvalue(), "numbers"))

out.truncate(0)
g = numbers(5)
next(g)
try:
    g.throw(KeyError("thrown"))
except KeyError as error:
    print(error)
print(counted(out.getvalue(), "step"))

out.truncate(0)
g = numbers(5)
next(g)
g.close()
print(counted(out.getvalue(), "step"))
""") == ["True", "0 45 1 2", "['a', 'b', 'c']", "3 1", "'thrown'", "1", "1"]


def test_a_coroutine_without_what_runs_while_it_waits(run):
    assert run("""
import inspect
out = io.StringIO()

@sonde.profiled(stream=out)
async def handler(n):
    for _ in range(n):
        step(1)
        await asyncio.sleep(0)
    return "done"

async def other():
    for _ in range(20):
        work(3)
        await asyncio.sleep(0)

async def main():
    print(inspect.iscoroutinefunction(handler))
    print((await asyncio.gather(handler(4), other()))[0])

asyncio.run(main())
text = out.getvalue()
print(counted(text, "step"), counted(text, "handler"), counted(text, "work"))
""") == ["True", "done", "4 1 none"]


def test_an_async_generator(run):
    assert run("""
out = io.StringIO()

@sonde.profiled(stream=out)
async def numbers(n):
    try:
        for i in range(n):
            await asyncio.sleep(0)
            yield step(i)
    except KeyError as error:
        yield error
    finally:
        step(-1)

async def main():
    print([i async for i in numbers(3)])
    print(counted(out.getvalue(), "step"))
    g = numbers(3)
    print(await g.__anext__(), repr(await g.athrow(KeyError("in"))))
    await g.aclose()

asyncio.run(main())
print(out.getvalue().count("seconds"))
""") == ["[0, 1, 2]", "4", "0 KeyError('in')", "2"]


def test_blocks_inside_blocks(run):
    assert run("""
outer, inner = io.StringIO(), io.StringIO()
with sonde.profiled(stream=outer):
    work(2)
    with sonde.profiled(stream=inner):
        work(3)
    work(4)
print(counted(inner.getvalue(), "step"), counted(outer.getvalue(), "step"))

@sonde.profiled(stream=outer)
def down(n):
    return n and down(n - 1)

outer.truncate(0)
down(3)
print([counted(part, "down") for part in outer.getvalue().split("function calls")[1:]])
""") == ["3 9", "['1', '2/1', '3/1', '4/1']"]


def test_nothing_of_an_inner_one_is_in_the_outer(run):
    assert run("""
with sonde.profiled(stream=False) as profile:
    with sonde.profiled(stream=False):
        step(1)
    with sonde.profiled(20, sort="time", stream=False):
        step(1)
    @sonde.profiled(stream=False)
    def inner():
        step(1)
    inner()
profile.create_stats()
print(sorted((key[2], row[1]) for key, row in profile.stats.items()))
""") == ["[('inner', 1), ('step', 3)]"]


def test_run_and_runctx(run):
    lines = run("""
sonde.run("work(3)")
sonde.runctx("work(n)", globals(), {"n": 4}, filename="out.pstats")
stats = sonde.Stats("out.pstats", stream=io.StringIO())
stats.print_stats("step")
print(counted(stats.stream.getvalue(), "step"))
sonde.run("raise SystemExit(3)", "out.pstats")
""")
    assert any(line.split()[:1] == ["3"] and line.endswith("app.py:7(step)") for line in lines)
    assert lines[-1] == "4"


def test_install_puts_ours_under_their_names(run):
    assert run("""
import cProfile
sonde.install()
sonde.install()
import profile, sys
print(cProfile.Profile is sonde.Profile, cProfile.run is sonde.run, profile.Profile.__module__)
if sys.version_info >= (3, 15):
    import profiling.tracing
    assert profiling.tracing.Profile is sonde.Profile
with cProfile.Profile() as p:
    work(3)
p.create_stats()
print([row[:2] for key, row in p.stats.items() if key[2] == "step"])
old = profile.Profile()
old.runcall(work, 2)
old.create_stats()
print(sorted((key[0] == "", key[2], row[:2]) for key, row in old.stats.items() if key[2] in ("step", "sum")))
print([row[4] == {("profile", 0, repr(work)): 1} for key, row in old.stats.items() if key[2] == "work"])
""", "-W", "error") == ["True True sonde.pure", "[(3, 3)]",
                        "[(False, 'step', (2, 2)), (True, 'sum', (1, 1))]", "[True]"]


def test_names_that_are_not_there(run):
    assert run("""
try:
    sonde.nothing
except AttributeError as error:
    print(error)
print([name for name in sonde.__all__ if not hasattr(sonde, name)], "Profile" in dir(sonde))
""") == ["module 'sonde' has no attribute 'nothing'", "[] True"]


def test_a_block_in_which_nothing_was_called(run):
    lines = run("""
with sonde.profiled(callers=False):
    pass
p = sonde.Profile()
with p:
    pass
p.print_stats()
print(sonde.Stats(p).total_calls)
try:
    with sonde.profiled():
        1 / 0
except ZeroDivisionError as error:
    print("told:", error)
""")
    assert sum(line.split()[:3] == ["0", "function", "calls"] for line in lines) == 3
    assert lines[-1] == "told: division by zero" and "0" in lines


def test_the_programs_own_error_wins(run):
    assert run("""
class Closed:
    def write(self, text):
        raise OSError("no room")

class Kept(Exception):
    def add_note(self, text):
        raise RuntimeError

@sonde.profiled(stream=Closed())
def fails(kind):
    raise kind("mine")

@sonde.profiled(stream=Closed())
def steps():
    yield step(1)
    raise KeyError("mine")

@sonde.profiled(stream=Closed())
async def waits():
    raise KeyError("mine")

@sonde.profiled(stream=Closed())
async def items():
    yield step(1)
    raise KeyError("mine")

async def each():
    async for _ in items():
        pass

def block():
    with sonde.profiled(stream=Closed()):
        raise SystemExit("mine")

for call in (lambda: fails(KeyError), lambda: fails(Kept), lambda: list(steps()), lambda: asyncio.run(waits()),
             lambda: asyncio.run(each()), block):
    try:
        call()
    except BaseException as error:
        print(type(error).__name__, error.args, getattr(error, "__notes__", None))

@sonde.profiled(stream=Closed())
def fine():
    pass

begun = steps()
next(begun)
for call in fine, begun.close:  # nothing of the program's is under way
    try:
        call()
    except OSError as error:
        print(error)
""") == ["%s ('mine',) %s" % (kind, notes) for kind, notes in (
        [("KeyError", "['sonde.profiled: not printed: OSError: no room']"), ("Kept", "None")]
        + [("KeyError", "['sonde.profiled: not printed: OSError: no room']")] * 3
        + [("SystemExit", "['sonde.profiled: not printed: OSError: no room']")])] + ["no room"] * 2


def test_a_decorator_without_parentheses(run):
    assert run("""
import sys
out = sys.stdout = io.StringIO()

@sonde.profiled
def twice(n):
    return work(n) + work(n)

class Shelf:
    @sonde.profiled
    @staticmethod
    def fixed(n):
        return work(n)
    @sonde.profiled()
    @classmethod
    def named(cls, n):
        return cls.__name__, work(n)

results = twice(3), Shelf.fixed(2), Shelf().named(2)
sys.stdout = sys.__stdout__
print(results, [counted(part, "step") for part in out.getvalue().split("function calls")[1:]])
for wrong in (lambda: sonde.profiled(Shelf), lambda: sonde.profiled()(Shelf), lambda: sonde.profiled()(5),
              lambda: sonde.profiled(work, sort="time")):
    try:
        wrong()
    except TypeError as error:
        print(error)
""") == ["(6, 1, ('Shelf', 1)) ['6', '2', '2']",
         "sonde.profiled: <class '__main__.Shelf'> is no function (decorate functions and methods)",
         "sonde.profiled: <class '__main__.Shelf'> is no function (decorate functions and methods)",
         "sonde.profiled: 5 is no function (decorate functions and methods)",
         "sonde.profiled: a function comes alone (@sonde.profiled, or @sonde.profiled(...) with arguments)"]


def test_wrong_arguments_are_told_at_once(run):
    assert run("""
import pstats
for wrong in ({"sort": "nonsense"}, {"sort": ("time", 1)}, {"sort": 3}, {"sort": ("time", None)}, {"sort": "c"},
              {"restrictions": None}, {"restrictions": ("a(",)}, {"restrictions": (b"a",)}, {"stream": "out"}):
    try:
        sonde.profiled(**wrong)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, str(error).split(" (")[0])
out = io.StringIO()
for right in ({"sort": pstats.SortKey.TIME}, {"sort": -1}, {"sort": ["time", "name"]}, {"sort": "cumu"},
              {"restrictions": "step"}, {"restrictions": 0.5}, {"restrictions": [5, "step"]}):
    with sonde.profiled(stream=out, callers=False, **right):
        work(3)
print(out.getvalue().count("reduced from"), out.getvalue().count("due to restriction <'step'>"))
""") == ["ValueError sonde.profiled: sort: no key, or one of several: 'nonsense'",
         "ValueError sonde.profiled: sort: no key, or one of several: 'time', 1",
         "ValueError sonde.profiled: sort: no key, or one of several: 3",
         "TypeError sonde.profiled: sort:",
         "ValueError sonde.profiled: sort: no key, or one of several: 'c'",
         "TypeError sonde.profiled: restrictions: None is no number, text or tuple of such",
         "ValueError sonde.profiled: restrictions: 'a(' is no regular expression: missing ), unterminated "
         "subpattern at position 1",
         "TypeError sonde.profiled: restrictions: b'a' is neither number nor text",
         "TypeError sonde.profiled: stream: 'out' cannot be written to", "3 2"]
