# SPDX-License-Identifier: Apache-2.0
"""Generators, coroutines and async generators dropped, closed and thrown into mid-way: what
was entered is left again, whatever events the interpreter sends, and nothing is left on the stack."""

import collections
import json

import pytest

from tape import tapes

PROGRAM = """
import collections, json, sys, types

truth = collections.Counter()          # "caller callee": calls

def leaf():
    pass

def plain():
    truth["plain"] += 1
    for i in range(3):
        leaf()
        yield i

def careful():
    truth["careful"] += 1
    try:
        yield 1
        yield 2
    finally:
        leaf()

def stubborn():
    truth["stubborn"] += 1
    for _ in range(3):
        try:
            yield
        except KeyError:
            leaf()

def outer():
    truth["outer"] += 1
    yield from middle()

def middle():
    truth["middle"] += 1
    yield from careful()

@types.coroutine
def pause():
    truth["pause"] += 1
    yield

async def waits():
    truth["waits"] += 1
    try:
        await pause()
        await pause()
    finally:
        leaf()

async def agen():
    truth["agen"] += 1
    try:
        yield 1
        await pause()
        yield 2
    finally:
        leaf()

async def reader():
    truth["reader"] += 1
    async for _ in agen():
        await pause()

def dropped(make):
    it = make()
    next(it)
    del it

def dropped_later(make):
    it = make()
    next(it), next(it)
    del it

def closed(make):
    it = make()
    next(it)
    it.close()

def thrown(make):
    it = make()
    next(it)
    try:
        while True:
            it.throw(KeyError)
    except (KeyError, StopIteration):
        pass

def finished(make):
    for _ in make():
        pass

def unbegun(make):
    make().close()

def sent_closed(make):
    it = make()
    it.send(None)
    it.close()

def sent_dropped(make):
    it = make()
    it.send(None)
    del it

def sent_thrown(make):
    it = make()
    it.send(None)
    try:
        it.throw(KeyError)
    except KeyError:
        pass

def run(it):
    try:
        while True:
            it.send(None)
    except (StopIteration, StopAsyncIteration):
        pass

def async_closed(make):
    it = make()
    run(it.asend(None))
    run(it.aclose())

def async_dropped(make):
    it = make()
    run(it.asend(None))
    del it

def async_thrown(make):
    it = make()
    run(it.asend(None))
    try:
        run(it.athrow(KeyError))
    except KeyError:
        pass

def async_left(make):
    it = make()
    run(it.asend(None))
    step = it.asend(None)
    step.send(None)         # inside: suspended in pause()
    step.close()
    del step, it

WAYS = [(way, make) for ways, makes in (
    ((dropped, closed, thrown, finished), (plain, careful, stubborn, outer)),
    ((dropped_later,), (plain, stubborn)),
    ((sent_closed, sent_dropped, sent_thrown), (waits, reader, plain)),
    ((async_closed, async_dropped, async_thrown, async_left), (agen,)),
    ((unbegun,), (plain, outer)),
) for way in ways for make in makes]

def probe():
    pass

def ways():
    for way, make in WAYS:
        way(make)

def main(times):
    for _ in range(times):
        ways()
        probe()

sys.unraisablehook = lambda *a: None
main(TIMES)
print(json.dumps([len(WAYS), truth]))
"""


def check(run_sonde, python, tmp_path, things):
    ways = 33
    times = things // ways + 1
    (tmp_path / "app.py").write_text(PROGRAM.replace("TIMES", str(times)))
    done = run_sonde("run", "-q", "--python", python, "-o", "app.sonde", "app.py", check=True)
    assert done.stderr == ""
    number, truth = json.loads(done.stdout)
    assert number == ways
    [tape] = tapes(tmp_path / "app.sonde")
    assert {name: tape.calls(name) for name in truth} == truth
    names = {cell: f.qualname for cell, f in tape.functions.items()}

    def path(cell):
        node = tape.nodes[cell]
        return [*path(node.parent), names[node.function]] if node.parent else []

    assert [path(n)[-3:] for n in tape.nodes_of("probe")] == [["<module>", "main", "probe"]]
    assert tape.calls("probe") == times
    [way] = {tuple(path(n)[-3:-1]) for n in tape.nodes_of("closed")}
    assert way == ("main", "ways")
    callers = collections.Counter()
    for n in tape.nodes_of("leaf"):
        callers[path(n)[-2]] += tape.nodes[n].calls
    assert set(callers) == {"plain", "careful", "stubborn", "waits", "agen"}
    # Their `finally` has run each time: what was begun has ended, and where it was begun.
    assert callers["careful"] == truth["careful"] and callers["waits"] == truth["waits"]
    assert callers["agen"] == truth["agen"]
    assert (tape.header.healed, tape.header.lost_events) == (0, 0)


@pytest.mark.smoke
def test_thousands(run_sonde, python, tmp_path):
    check(run_sonde, python, tmp_path, 5000)


@pytest.mark.long
@pytest.mark.smoke
def test_a_hundred_thousand(run_sonde, python, tmp_path):
    check(run_sonde, python, tmp_path, 100_000)
