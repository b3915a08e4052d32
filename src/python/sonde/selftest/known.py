# SPDX-License-Identifier: Apache-2.0
"""Programs of known truth for `sonde selftest`: each prints the truth and is recorded.

    python known.py counts|times|kill|speed [cprofile] [ROUNDS]

counts and kill print "calls FUNCTION CALLS RESUMES", times "NAME NANOSECONDS" as the program
itself measured them, speed "NAME NANOSECONDS" of processor time.
"""
import os
import sys
import threading
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def one(x):
    return x + 1


def numbers(n):
    for i in range(n):
        yield i


def fails(n):
    if n:
        fails(n - 1)
    raise ValueError(n)


def in_thread():
    for i in range(100):
        one(i)


class Point:
    def __init__(self, x):
        self.x = x

    def moved(self, by):
        return Point(self.x + by)


def counts():
    """Calls and resumptions of each, by hand."""
    fib(15)
    for i in range(900):
        one(i)
    threads = [threading.Thread(target=in_thread) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    total = 0
    for i in numbers(50):
        total += abs(i)
    try:
        fails(9)
    except ValueError:
        pass
    p = Point(0)
    for i in range(20):
        p = p.moved(i)
    print("calls fib 1973 0")
    print("calls one 1200 0")
    print("calls in_thread 3 0")
    print("calls numbers 1 50")
    print("calls fails 10 0")
    print("calls Point.__init__ 21 0")
    print("calls Point.moved 20 0")
    print("calls builtins.abs 50 0")


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        one(1)


def timed(function, *args):
    before = time.perf_counter_ns()
    function(*args)
    return time.perf_counter_ns() - before


def times():
    print("busy", timed(busy, 0.1))
    print("time.sleep", timed(time.sleep, 0.1))


def kill():
    print("calls one 5000 0", flush=True)
    for i in range(5000):
        one(i)
    os.kill(os.getpid(), 9)


def speed_fib():
    fib(19)


def speed_methods():
    p = Point(0)
    for i in range(8000):
        p = p.moved(i)


def speed_builtins():
    words = []
    for i in range(12000):
        words.append(len(str(i)))


def speed(*how):
    profiler = None
    if "cprofile" in how:
        import cProfile
        profiler = cProfile.Profile()
        profiler.enable()
    for function in (speed_fib, speed_methods, speed_builtins):
        best = None
        for _ in range(4):
            before = time.process_time_ns()
            function()
            taken = time.process_time_ns() - before
            best = taken if best is None or taken < best else best
        print(function.__name__[6:], best)
    if profiler:
        profiler.disable()


if __name__ == "__main__":
    {"counts": counts, "times": times, "kill": kill, "speed": speed}[sys.argv[1]](*sys.argv[2:])
