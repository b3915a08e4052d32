# SPDX-License-Identifier: Apache-2.0
"""Greenlets and gevent: each greenlet has a tree of its own, counts and callers are exact."""

import collections
import json
import platform
import subprocess
import sys

import pytest

from counting import packages_in
from tape import tapes


@pytest.fixture(scope="session")
def greenlets(python, python_version, root):
    """A folder with greenlet and gevent for this Python (test/greenlets.txt)."""
    version = "%d.%d" % python_version
    folder, wanted = root / f"build/greenlets-{version}", root / "test/greenlets.txt"
    stamp = folder / "greenlets.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        glibc = [f"manylinux_2_{minor}_{platform.machine()}" for minor in (36, 35, 34, 31, 28, 27, 24, 17)]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--upgrade", "--target", folder, "--only-binary=:all:",
                        "--implementation", "cp", "--python-version", version,
                        *(f"--platform={tag}" for tag in glibc), "-r", wanted], check=True)
        stamp.write_text(wanted.read_text())
    return folder


class Seen:
    """What a tape has: calls of functions, and of edges; times of a tree."""

    def __init__(self, tape):
        self.tape = tape
        name = {cell: f.qualname for cell, f in tape.functions.items()}
        self.calls, self.edges = collections.Counter(), collections.Counter()
        self.below = collections.Counter()  # node: ticks with those of its children
        for cell in sorted(tape.nodes, reverse=True):
            node = tape.nodes[cell]
            self.below[cell] += node.self
            if node.parent:
                self.below[node.parent] += self.below[cell]
                caller = name.get(tape.nodes[node.parent].function)
                self.calls[name[node.function]] += node.calls
                self.edges[caller, name[node.function]] += node.calls
        self.first = collections.Counter()  # what a thread or greenlet began with: ns
        for cell, node in tape.nodes.items():
            if node.parent and not tape.nodes[node.parent].function:
                self.first[name[node.function]] += self.below[cell] * tape.ns_per_tick

    def check(self, truth):
        """{(caller or None, callee): calls}, whole for each callee that is named in it."""
        wanted = {callee for _, callee in truth}
        assert {edge: n for edge, n in self.edges.items() if edge[1] in wanted and n} == truth
        assert self.tape.header.lost_events == 0


@pytest.fixture
def seen(run_sonde, python, sonde, clean_env, greenlets, tmp_path):
    """seen(text, option...): the tape of a program, and what it printed."""
    packages = packages_in(tmp_path, sonde)

    def run(text, *options):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "-q", "--python", python, *options, "-o", "app.sonde", "app.py",
                         env=clean_env | {"PYTHONPATH": f"{packages}:{greenlets}"})
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        [tape] = tapes(tmp_path / "app.sonde")
        return Seen(tape), done.stdout

    return run


SWITCHES = """
from greenlet import greenlet, getcurrent

def leaf():
    pass

def after():
    pass

def deep(n, turns):
    if n:
        return deep(n - 1, turns)
    for _ in range(turns):
        leaf()
        hub.switch()

def work(turns):
    deep(5, turns)
    return "done"

def main():
    global hub
    hub = getcurrent()
    workers = [greenlet(work) for _ in range(10)]
    for _ in range(1000):
        for w in workers:
            w.switch(1000)
        after()
    for w in workers:
        assert w.switch() == "done"
    after()

main()
"""


@pytest.mark.smoke
def test_ten_thousand_switches(seen):
    found, _ = seen(SWITCHES)
    switch = "greenlet.greenlet.switch"
    found.check({(None, "work"): 10, ("work", "deep"): 10, ("deep", "deep"): 50, ("deep", "leaf"): 10_000,
                 ("deep", switch): 10_000, ("main", switch): 10_010, ("main", "after"): 1001,
                 ("<module>", "main"): 1})
    assert found.tape.header.healed == 0


@pytest.mark.wide
def test_without_builtins(seen):
    found, _ = seen(SWITCHES, "--no-builtins")
    found.check({(None, "work"): 10, ("work", "deep"): 10, ("deep", "deep"): 50, ("deep", "leaf"): 10_000,
                 ("main", "after"): 1001, ("<module>", "main"): 1})


TIMES = """
import json, time
from greenlet import greenlet, getcurrent

spent = {}

def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass

def work(name, seconds, turns):
    for _ in range(turns):
        begin = time.thread_time_ns()
        spin(seconds)
        spent[name] += time.thread_time_ns() - begin
        hub.switch()

for name in "a", "b", "c":
    exec(f"def {name}(*args): work({name!r}, *args)")
    spent[name] = 0

def main():
    global hub
    hub = getcurrent()
    workers = [greenlet(a), greenlet(b), greenlet(c)]
    begin, wall = time.thread_time_ns(), time.perf_counter_ns()
    for turn in range(5):
        for n, w in enumerate(workers):
            w.switch(0.01 * (n + 1), 5)
        spin(0.02)
    spent["whole"] = time.thread_time_ns() - begin
    spent["wall"] = time.perf_counter_ns() - wall
    print(json.dumps(spent))

main()
"""


@pytest.mark.wide
def test_their_times_are_their_own(seen):
    """By the thread's own clock: what else runs on the machine is not in it."""
    found, output = seen(TIMES, "--clock", "cpu")
    spent = json.loads(output)
    ours = {name: found.first[name] for name in "abc"}
    assert ours == pytest.approx({name: spent[name] for name in "abc"}, rel=0.01)
    [main] = found.tape.nodes_of("main")
    assert found.below[main] + sum(ours.values()) == pytest.approx(spent["whole"], rel=0.01)


@pytest.mark.wide
def test_their_times_sum_to_the_wall_clock(seen):
    found, output = seen(TIMES)
    [main] = found.tape.nodes_of("main")
    whole = found.below[main] * found.tape.ns_per_tick + sum(found.first[name] for name in "abc")
    assert whole == pytest.approx(json.loads(output)["wall"], rel=0.01)


@pytest.mark.smoke
def test_every_end(seen):
    """Finished, killed, dropped, thrown into, raising, nested, inside generators and C calls, collected."""
    found, output = seen("""
import gc, greenlet as module
from greenlet import greenlet, getcurrent, GreenletExit

def leaf():
    pass

def check():
    pass

def stays():                       # suspended until somebody ends it
    leaf()
    try:
        getcurrent().parent.switch()
    finally:
        cleanup()

def cleanup():
    leaf()

def resists():
    while True:
        try:
            getcurrent().parent.switch()
        except KeyError:
            cleanup()

def raises():
    leaf()
    raise ValueError

def killed():
    g = greenlet(stays)
    g.switch()
    g.throw()
    assert g.dead
    check()

def dropped():
    g = greenlet(stays)
    g.switch()
    del g
    check()

def thrown():
    g = greenlet(resists)
    g.switch()
    for _ in range(3):
        g.throw(KeyError)
    g.throw()
    check()

def never_begun():
    greenlet(stays)
    g = greenlet(stays)
    g.throw()
    check()

def passed_on():
    try:
        greenlet(raises).switch()
    except ValueError:
        check()

def outer(depth):
    leaf()
    if depth:
        g = greenlet(outer)
        g.switch(depth - 1)
        hub.switch() if depth == 2 else None
        g.switch() if not g.dead else None
    check()

def nested():
    global hub
    hub = getcurrent()
    g = greenlet(outer)
    g.switch(3)
    check()
    inner = g
    while not g.dead:
        g.switch()
    check()

def numbers(n):
    for i in range(n):
        leaf()
        getcurrent().parent.switch(i)
        yield i

def consume():
    for _ in numbers(5):
        check()
    sum(numbers(3))
    list(map(key, range(3)))

def key(x):
    leaf()
    getcurrent().parent.switch(x)
    return -x

def generators():
    g = greenlet(consume)
    while not g.dead:
        g.switch()
        check()

def cycle():                       # not killed: collected as it stands
    g = greenlet(stays)
    g.me = g
    g.switch()
    del g
    gc.collect()
    check()

def delegated():
    yield from numbers(4)

def closing():
    def run():
        it = delegated()
        next(it)
        try:
            it.throw(KeyError)
        except KeyError:
            check()
    g = greenlet(run)
    while not g.dead:
        g.switch()
    check()

ALL = killed, dropped, thrown, never_begun, passed_on, nested, generators, cycle, closing

def main():
    gc.disable()
    for _ in range(100):
        for one in ALL:
            one()
            check()

main()
""")
    found.check({
        ("main", "check"): 900, ("killed", "check"): 100, ("dropped", "check"): 100, ("thrown", "check"): 100,
        ("never_begun", "check"): 100, ("passed_on", "check"): 100, ("outer", "check"): 400,
        ("nested", "check"): 200, ("consume", "check"): 500, ("generators", "check"): 1200, ("cycle", "check"): 100,
        ("closing", "check"): 100, ("closing.<locals>.run", "check"): 100,
        (None, "stays"): 300, ("stays", "cleanup"): 200, (None, "resists"): 100, ("resists", "cleanup"): 300,
        (None, "raises"): 100, (None, "outer"): 400, (None, "consume"): 100, (None, "closing.<locals>.run"): 100,
        ("stays", "leaf"): 300, ("cleanup", "leaf"): 500, ("raises", "leaf"): 100, ("outer", "leaf"): 400,
        ("numbers", "leaf"): 900, ("key", "leaf"): 300, ("builtins.next", "delegated"): 100,
    })


@pytest.mark.wide
def test_in_threads(seen):
    found, _ = seen("""
import threading
from greenlet import greenlet, getcurrent

def leaf():
    pass

def work(hub):
    while True:
        leaf()
        hub.switch()

def turn():
    workers = [greenlet(work) for _ in range(10)]
    for _ in range(100):
        for w in workers:
            w.switch(getcurrent())
    abandoned.append(workers.pop())      # suspended while its thread ends

abandoned = []
threads = [threading.Thread(target=turn) for _ in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
abandoned.clear()
leaf()
""")
    found.check({(None, "work"): 80, ("work", "leaf"): 8000, ("Thread.run", "turn"): 8, ("<module>", "leaf"): 1})


@pytest.mark.wide
def test_start_and_stop_among_them(seen):
    found, _ = seen("""
import sonde
from greenlet import greenlet, getcurrent

def leaf():
    pass

def deep(n, turns):
    if n:
        return deep(n - 1, turns)
    for _ in range(turns):
        leaf()
        hub.switch()

def work(turns):
    deep(5, turns)

def starts():
    sonde.start()
    leaf()
    hub.switch()
    sonde.stop()
    hub.switch()
    leaf()

def main():
    global hub
    hub = getcurrent()
    sonde.stop()
    workers = [greenlet(work) for _ in range(10)]
    for w in workers:
        w.switch(100)
    other = greenlet(starts)
    for _ in range(50):
        for w in workers:
            w.switch()
    other.switch()
    for _ in range(10):
        for w in workers:
            w.switch()
        leaf()
    other.switch()
    for w in workers:
        w.switch()
    sonde.start()
    other.switch()
    for w in workers:
        w.switch()
    sonde.stop()

main()
""")
    found.check({("deep", "leaf"): 110, ("main", "leaf"): 10, ("starts", "leaf"): 2})


@pytest.mark.wide
def test_many_that_wait(seen):
    """More than a thread's stacks may take: who waits longest is found anew."""
    found, _ = seen("""
from greenlet import greenlet, getcurrent

def leaf():
    pass

def work():
    for _ in range(3):
        leaf()
        hub.switch()

def main():
    global hub
    hub = getcurrent()
    workers = [greenlet(work) for _ in range(2000)]
    for _ in range(4):
        for w in workers:
            w.switch()

main()
""")
    found.check({(None, "work"): 2000, ("work", "leaf"): 6000})
    assert found.tape.header.healed == 0


GEVENT = """
import gevent.monkey
gevent.monkey.patch_all()
import collections, json, threading, time
import gevent, gevent.pool, gevent.queue

truth = collections.Counter()

def leaf():
    truth["leaf"] += 1

def recursive(n):
    truth["recursive"] += 1
    if n:
        recursive(n - 1)
    else:
        time.sleep(0)
    leaf()

def task(n):
    truth["task"] += 1
    recursive(n % 5)
    gevent.sleep(0.001 * (n % 3))
    leaf()
    return n

def producer(queue, n):
    truth["producer"] += 1
    for i in range(n):
        queue.put(i)
        leaf()

def consumer(queue):
    truth["consumer"] += 1
    for i in queue:
        leaf()
        recursive(2)

def fails():
    truth["fails"] += 1
    gevent.sleep(0)
    leaf()
    raise ValueError

def main():
    pool = gevent.pool.Pool(10)
    assert sum(pool.imap_unordered(task, range(200))) == 19900
    queue = gevent.queue.Queue(3)
    consumers = [gevent.spawn(consumer, queue) for _ in range(3)]
    gevent.joinall([gevent.spawn(producer, queue, 50) for _ in range(2)])
    for _ in consumers:
        queue.put(StopIteration)
    gevent.joinall(consumers)
    slow = [gevent.spawn(gevent.sleep, 100) for _ in range(5)]
    gevent.sleep(0)
    gevent.killall(slow)
    bad = gevent.spawn(fails)
    bad.join()
    thread = threading.Thread(target=task, args=(7,))
    thread.start()
    thread.join()
    with gevent.Timeout(0.01, False):
        time.sleep(10)
    leaf()

gevent.get_hub().exception_stream = None
main()
print(json.dumps(truth))
"""


@pytest.mark.wide
@pytest.mark.parametrize("option", ["-q", "--no-builtins"])
def test_gevent(seen, option):
    found, output = seen(GEVENT, option)
    truth = json.loads(output)
    assert truth["task"] == 201 and truth["leaf"] > 1000
    assert {name: found.calls[name] for name in truth} == truth
    edges = found.edges
    assert (edges["main", "leaf"], edges["fails", "leaf"], edges["consumer", "leaf"]) == (1, 1, 100)
    assert (edges["producer", "leaf"], edges["task", "leaf"], edges["task", "recursive"]) == (100, 201, 201)
    assert edges["recursive", "leaf"] == truth["recursive"]
    assert (edges[None, "consumer"], edges[None, "producer"], edges[None, "fails"]) == (3, 2, 1)
    assert edges[None, "task"] == 200 and edges["Thread.run", "task"] == 1
