# SPDX-License-Identifier: Apache-2.0
"""Ten recordings whose every figure is known, for whoever reads our files: MAKERS[name](folder) writes one.

Recursion, cycles, threads and processes, names that are no ASCII or hostile, functions of one name in several files.
"""

from orders import write_orders
from tape_writer import TYPE, Tape

XSS = "</script><script>alert(1)</script>"
NAMES = [XSS, "a;b", "line\nbreak", "quote\"'`", "back\\slash", "tab\there", "\u202egnp.exe", "\u00e9\u4e2d\U0001f40d", "x" * 65536,
         "(7) seven", "=eq", "fn=(1)", "a b 12", "%s%n", "0", "calls=1", "# hash", "a,b", "\x7f", "..", "{", "ends with ;"]


def write_names(folder):
    """Functions of hostile names, each called by the one before, in a file of a hostile name."""
    tape = Tape()
    thread, node = tape.thread("MainThread"), None
    for i, name in enumerate(NAMES):
        node = tape.node(thread, node, tape.function(name, f"/srv/{name[:200]}/{name[:40]}.py", i + 1), 1, 1000 + i)
    tape.write(folder)


def write_deep(folder):
    """Recursion, mutual recursion, two threads, functions of one name in two __init__.py."""
    tape = Tape()
    main, init_a, init_b = (tape.function(n, f"/srv/{f}", line) for n, f, line in (
        ("main", "app.py", 1), ("load", "a/__init__.py", 3), ("load", "b/__init__.py", 3)))
    even, odd, length = (tape.function("even", "/srv/app.py", 10), tape.function("odd", "/srv/app.py", 20),
                         tape.function("len"))
    for name in "MainThread", "Thread-1":
        thread = tape.thread(name)
        top = tape.node(thread, None, main, 1, 11)
        for number, load in enumerate((init_a, init_b)):
            node = tape.node(thread, top, load, 2, 100 + number)
            tape.node(thread, node, length, 7, 13)
        node = top
        for i in range(40):
            node = tape.node(thread, node, odd if i % 2 else even, 1, 3 + i)
            node = tape.node(thread, node, odd if i % 2 else even, 1, 5)
    tape.write(folder)


def write_tree(folder):
    """fib calls itself twice, 12 deep, by two callers, and a C function at the bottom."""
    tape = Tape()
    main, other, fib, add = (tape.function("main", "/srv/fib.py", 20), tape.function("other", "/srv/fib.py", 30),
                             tape.function("fib", "/srv/fib.py", 1), tape.function("add", qualname="_operator.add"))
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, main, 1, 7_001)
    for caller, times in (top, 1), (tape.node(thread, top, other, 3, 977), 3):
        node = caller
        for depth in range(12):
            node = tape.node(thread, node, fib, times << depth, (times << depth) * 31 + depth)
            tape.node(thread, node, add, (times << depth) // 2, times * 11 + depth)
    tape.write(folder)


def write_cycles(folder):
    """Two cycles, one within reach of the other, each entered at several of its members; a third through C."""
    tape = Tape()
    f = {name: tape.function(name, "/srv/cycles.py", line) for line, name in enumerate(
        ("main", "a", "b", "c", "x", "y", "alone", "key"), start=1)}
    f["sorted"] = tape.function("sorted", qualname="builtins.sorted")
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, f["main"], 1, 101)
    number = 0
    for path in ("abcabcab", "bca", "cxyxyx", "axyyx", "xy", "yxa", ("sorted", "key", "sorted", "key", "a"), ("key", "alone")):
        node = top
        for step in path:
            number += 1
            node = tape.node(thread, node, f[step], 1 + number % 3, 1_000 + 17 * number)
    tape.write(folder)


def write_threads(folder):
    """Two processes of five threads, some of one name, one that only sleeps; a function that is on top and called."""
    for pid in 100, 200:
        tape = Tape(pid=pid, program="\u5de5\u4f5c.py")
        serve, handle, wait = (tape.function("serve", "/srv/serve.py", 5), tape.function("handle", "/srv/serve.py", 9),
                               tape.function("sleep", qualname="time.sleep"))
        for number, name in enumerate(("MainThread", "worker", "worker", "\u4e2d\u6587-\u05d0", "<b>&;\n\"")):
            thread = tape.thread(name, pid + number)
            if number != 2:
                node = tape.node(thread, None, serve, 1 + number, 10_000 + pid + number)
                node = tape.node(thread, node, handle, 5, 3_000 * number)
                tape.node(thread, tape.node(thread, node, serve, 2, 70), wait, 2, 500)
            tape.node(thread, None, handle, 1, 40 + number)
            tape.node(thread, None, wait, 1, 1_000_000)
        tape.write(folder)


def write_inits(folder):
    """Functions of one name: in each of three __init__.py, twice on a line, on several lines, in classes, in C."""
    tape = Tape()
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, tape.function("<module>", "/srv/run/__main__.py", 1), 1, 9)
    cost = 100
    for folder_of in "/srv/run", "/srv/run/a", "/srv/run/b/a":
        for name, line, qualname in (("load", 3, "load"), ("load", 3, "load"), ("load", 8, "load"), ("load", 20, "Feed.load"),
                                     ("<lambda>", 30, "main.<locals>.<lambda>"), ("<lambda>", 30, "main.<locals>.<lambda>")):
            cost += 13
            called = tape.function(name, f"{folder_of}/__init__.py", line, qualname=qualname)
            node = tape.node(thread, top, called, 2, cost)
            tape.node(thread, node, tape.function("load", qualname=f"_json{cost % 2}.load"), 1, cost // 2)
    tape.write(folder)


def write_letters(folder):
    """Names in many scripts, composed and not, that no encoding holds, that end where UTF-8 would be cut."""
    tape = Tape(program="naïve.py")
    thread = tape.thread("главный")
    node = None
    names = ["caf\u00e9", "cafe\u0301", "\u6570\u636e", "\u05d0\u05d1\u05d2", "\u0645\u062d\u0645\u062f", "\u200b", "\ufeffbom", "\U0001f469\u200d\U0001f52c",
             "\u1e9e\u00df", "\u2028line", "a\u0085b", "\u00a0", "\U0010ffff", "e" * 999 + "\u00e9"]
    for line, name in enumerate(names, start=1):
        node = tape.node(thread, node, tape.function(name, f"/srv/{name[-40:]}.py", line, qualname=f"\u00c5ngstr\u00f6m.{name}"),
                         line, 10 ** (line % 5) + line)
    tape.write(folder)


def write_native(folder):
    """C functions and types with and without owner, code that is in no file, functions without time or calls of their own."""
    tape = Tape()
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, tape.function("<module>", "<string>", 1), 1, 0)
    for count, (name, qualname, kind) in enumerate((
            ("<built-in method builtins.len>", "builtins.len", None), ("<method 'execute' of 'sqlite3.Cursor' objects>",
            "sqlite3.Cursor.execute", None), ("<class 'int'>", "builtins.int", TYPE), ("<method 'x' of 'a.b::c' objects>", "a.b::c.x", None))):
        tape.node(thread, top, tape.function(name, qualname=qualname, kind=kind), 10 ** count, 90 * count)
    frozen = tape.node(thread, top, tape.function("_find", "<frozen importlib._bootstrap>", 1000), 3, 0)
    tape.node(thread, frozen, tape.function("gen", "/srv/app.zip/pkg/mod.py", 4), 0, 33, resumes=5)
    tape.node(thread, frozen, tape.function("lineless", "/srv/x.py", 0), 2, 44)
    tape.write(folder)


def write_large(folder):
    """A hundred days of nanoseconds, which a double holds to the unit; counts beyond 32 bits; one nanosecond beside."""
    tape = Tape(wall_ns=1 << 53, cpu_ns=1 << 53)
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, tape.function("main", "/srv/large.py", 1), 1, 1)
    node = tape.node(thread, top, tape.function("busy", "/srv/large.py", 2), (1 << 40) + 1, (1 << 52) + 12_345)
    tape.node(thread, node, tape.function("brief", "/srv/large.py", 3), (1 << 33) + 7, 3)
    tape.node(thread, top, tape.function("second", "/srv/large.py", 4), 1, (1 << 32) + 99)
    tape.write(folder)


MAKERS = {"orders": write_orders, "names": write_names, "deep": write_deep, "tree": write_tree, "cycles": write_cycles,
          "threads": write_threads, "inits": write_inits, "letters": write_letters, "native": write_native, "large": write_large}
