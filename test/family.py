# SPDX-License-Identifier: Apache-2.0
"""Recordings of process trees whose every figure is known."""

from tape_writer import LAUNCHER, RUNNING, SECOND, STARTED, Tape

MS = 1_000_000
CRUNCH = "crunch", "/srv/shop/crunch.py", 5
SERVE = "serve", "/srv/shop/serve.py", 9


def process(folder, pid, parent, after_ms, function=CRUNCH, calls=1, self_ms=10, tells=(), **more):
    """A tape of one thread in one function. tells: of (pid, name, status, what Tape.process takes) it started."""
    tape = Tape(pid=pid, parent=parent, started=STARTED + after_ms * MS, begin_ns=after_ms * MS, **more)
    for child, name, status, known in tells:
        tape.process(child, name, pid, status, **known)
    tape.node(tape.thread("MainThread"), None, tape.function(*function), calls, self_ms * MS)
    tape.write(folder)


def write_shop(folder):
    """main, three workers one of which was killed and one forked once more, another command, two not entered.

    The killed one's child names it as its parent; what `timeout` started names a process that is not there.
    """
    convert = {"wall_ns": 200 * MS, "reason": "not Python"}
    old = {"wall_ns": 100 * MS, "start_ns": 250 * MS, "reason": "no agent for Python 3.8.18 (/opt/python-3.8/bin/python3.8)"}
    process(folder, 4101, 4100, 0, SERVE, 90_000, 300, program="shop.py", wall_ns=12_400 * MS, cpu_ns=400 * MS,
            tells=[(4107, "shop.py", 0, {"start_ns": 99 * MS}), (4108, "shop.py", 3 << 8, {"start_ns": 199 * MS}),
                   (4109, "shop.py", 9, {"start_ns": 299 * MS}),
                   (4111, "sh -c convert", 0, convert)])
    for pid, after, calls, self_ms in (4109, 300, 1_900_000, 2_500), (4107, 100, 2_100_000, 2_700), (
            4108, 200, 2_100_000, 2_700):
        process(folder, pid, 4101, after, CRUNCH, calls, self_ms, program="shop.py", wall_ns=11_000 * MS,
                cpu_ns=10_500 * MS, state=RUNNING if pid == 4109 else 2,
                tells=[(4113, "python3.8", 1 << 8, old)] if pid == 4108 else [])
    process(folder, 4112, 4109, 400, CRUNCH, 7, 10, program="shop.py", wall_ns=900 * MS, cpu_ns=20 * MS)
    process(folder, 4120, 4119, 500, ("convert", "/srv/shop/convert.py", 1), 3, 1_790, program="convert.py",
            wall_ns=SECOND, cpu_ns=SECOND)
    launcher = Tape(pid=4100, parent=1, program="shop.py", role=LAUNCHER, python=0)
    launcher.process(4101, "shop.py", parent=4100, status=0, wall_ns=12_500 * MS)
    launcher.write(folder)


def write_many(folder, workers):
    """A main and so many workers, every hundredth of them killed."""
    tells = [(100_000 + i, "many.py", 0 if i % 100 else 9, {"wall_ns": 30 * MS, "start_ns": i * MS}) for i in range(1, workers + 1)]
    process(folder, 100_000, 99_999, 0, SERVE, 1, 10, tells=tells, program="many.py")
    for i in range(1, workers + 1):
        process(folder, 100_000 + i, 100_000, i, CRUNCH, i, 10, program="many.py", wall_ns=30 * MS, cpu_ns=30 * MS)
    launcher = Tape(pid=99_999, parent=1, program="many.py", role=LAUNCHER, python=0)
    launcher.process(100_000, "many.py", parent=99_999, status=0)
    launcher.write(folder)
