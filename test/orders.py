# SPDX-License-Identifier: Apache-2.0
"""A recording whose every figure is known: a shop's orders, read line by line."""

from tape_writer import LAUNCHER, TYPE, Tape

MS, US = 1_000_000, 1_000


def write_orders(folder, **options):
    """A program of one process and two threads, killed worker included."""
    main = Tape(pid=4101, parent=4100, program="orders.py", wall_ns=12_400 * MS, cpu_ns=400 * MS, **options)
    f = {
        "module": main.function("<module>", "/srv/orders.py", 1),
        "load": main.function("load", "/srv/orders/feed.py", 88),
        "parse": main.function("parse_line", "/srv/orders/feed.py", 41, qualname="Feed.parse_line"),
        "loads": main.function("loads", "/usr/lib/python3.13/json/__init__.py", 299),
        "execute": main.function("<method 'execute' of 'sqlite3.Cursor' objects>",
                                 qualname="sqlite3.Cursor.execute"),
        "len": main.function("<built-in method builtins.len>", qualname="builtins.len"),
        "int": main.function("<class 'int'>", qualname="builtins.int", kind=TYPE),
        "gen": main.function("rows", "/srv/orders/feed.py", 60),
        "walk": main.function("walk", "/usr/lib/python3/dist-packages/tree/walk.py", 7),
        "init": main.function("__init__", "<string>", 2, owner="Point"),
        "lambda1": main.function("<lambda>", "/srv/orders.py", 9, qualname="main.<locals>.<lambda>"),
        "lambda2": main.function("<lambda>", "/srv/orders.py", 9, qualname="main.<locals>.<lambda>"),
    }
    t = main.thread("MainThread", 4101)
    top = main.node(t, None, f["module"], 1, 20 * MS)
    load = main.node(t, top, f["load"], 2, 40 * MS)
    parse = main.node(t, load, f["parse"], 4_000_000, 7_790 * MS)
    main.node(t, parse, f["int"], 4_000_000, 80 * MS)
    main.node(t, parse, f["len"], 4_000_000, 130 * MS)
    main.node(t, load, f["execute"], 12_004, 1_720 * MS)
    main.node(t, load, f["loads"], 12_004, 1_100 * MS)
    main.node(t, load, f["gen"], 1, 15 * MS, resumes=11_999)
    walk = main.node(t, top, f["walk"], 1, 9 * US)
    deeper = main.node(t, walk, f["walk"], 3, 30 * US)
    main.node(t, deeper, f["walk"], 9, 90 * US)
    main.node(t, top, f["init"], 5, 3 * US)
    main.node(t, top, f["lambda1"], 10, 700)
    main.node(t, top, f["lambda2"], 7, 5)
    t = main.thread("replay", 4102)
    main.node(t, None, f["parse"], 8_008, 20 * MS)
    main.process(4111, "sh", parent=4101, status=0, wall_ns=200 * MS, reason="not Python", flags=2)
    main.write(folder)
    worker = Tape(pid=4109, parent=4101, program="orders.py", wall_ns=11_000 * MS, cpu_ns=10_500 * MS, **options)
    f = worker.function("crunch", "/srv/orders/crunch.py", 5)
    n = worker.node(worker.thread("MainThread", 4109), None, f, 2, 400 * MS)
    worker.node(0, n, worker.function("<built-in method builtins.len>", qualname="builtins.len"),
                1_000_000, 100 * MS)
    worker.write(folder)
    launcher = Tape(pid=4100, parent=1, program="orders.py", role=LAUNCHER, python=0)
    launcher.process(4101, "orders.py", parent=4100, status=9, wall_ns=12_500 * MS)
    launcher.write(folder)
