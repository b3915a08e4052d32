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
