# SPDX-License-Identifier: Apache-2.0
"""The worker: a known number of calls, then one of ENDS. work(END), or ends.py END.

What it has begun and done is noted in a mapped file ($PROGRESS): PLACES of eight bytes each.
"""

import mmap
import os
import resource
import sys
import time

CALLS = 1000
PLACES = 5
PID, BEGUN, DONE, WAITS, ORPHAN = range(PLACES)


def progress():
    with open(os.environ["PROGRESS"], "r+b") as file:
        return memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")  # each number is written at once


def counted_leaf():
    pass


def call(places, times):
    for n in range(places[DONE] + 1, places[DONE] + times + 1):
        places[BEGUN] = n
        counted_leaf()
        places[DONE] = n


def wait(places):
    places[WAITS] = 1
    time.sleep(600)


def go_on(places):
    """The parent ends meanwhile; a daemon of multiprocessing's does not get beyond that."""
    places[WAITS] = 1
    while not places[ORPHAN]:
        time.sleep(0.005)
    call(places, CALLS)


def fail(places):
    raise ValueError("the end")


def crash(places):
    import faulthandler
    faulthandler._sigsegv()


def eat(places):
    """Memory, until the kernel kills: of a control group of its own. Where there is none, the test does."""
    if "LIMITED" not in os.environ:
        wait(places)
    with open(os.environ["LIMITED"], "w") as file:
        file.write(str(os.getpid()))
    held = []
    while True:
        held.append(bytearray(b"x" * (1 << 20)))


ENDS = {
    "return": lambda places: None,
    "exception": fail,
    "sys.exit": lambda places: sys.exit(3),
    "os._exit": lambda places: os._exit(4),
    "SIGTERM": wait,
    "SIGINT": wait,
    "SIGKILL": lambda places: call(places, 1 << 40),  # at any moment
    "abort": lambda places: os.abort(),
    "segfault": crash,
    "out of memory": eat,
    "terminate()": wait,
    "parent ends": go_on,
    "never": wait,
}


def work(end):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    places = progress()
    places[PID] = os.getpid()
    call(places, CALLS)
    ENDS[end](places)


if __name__ == "__main__":
    work(sys.argv[1])
