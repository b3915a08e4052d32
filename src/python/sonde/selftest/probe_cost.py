# SPDX-License-Identifier: Apache-2.0
"""What a call costs with and without the probe, on this Python: run by `sonde` itself.

    python -I -S probe_cost.py AGENT RECORDING OPTIONS HEXVERSION [truth]

The same loops run watched and bare in turn, each time as new code, so that the recording has
every round apart. Of loops that nothing disturbed the bare times are printed, one a line:
"ROUND KIND NANOSECONDS"; first "calls KIND N". The recording has the rest: what counts are the
loops that run() called. The first pass of each, which prepares its code, is warm()'s.
"""
import os
import sys
import time

ROUNDS, ROUNDS_MOST = 24, 400  # the most is for busy machines, ...
CALM_LEAST = 5  # ... to have so many of each kind that nothing disturbed
CPU_MOST, WALL_MOST = 0.5, 6  # seconds
TURNS, FIB = 2000, 15

PROGRAM = """
def empty{r}(x): pass
def short{r}(x):
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    return a
def long{r}(x):
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    y = x * 3 % 7
    if x < 3: y = x
    a = y, x
    return a
def from_c{r}(x): pass
def count{r}(n):
    for i in range(n): yield i
def fib{r}(n): return n if n < 2 else fib{r}(n - 1) + fib{r}(n - 2)
def loop_none{r}(n):
    for i in range(n): pass
def loop_empty{r}(n):
    for i in range(n): empty{r}(i)
def loop_short{r}(n):
    for i in range(n): short{r}(i)
def loop_long{r}(n):
    for i in range(n): long{r}(i)
def loop_fib{r}(n):
    fib{r}(n)
def loop_function{r}(n):
    a = []
    for i in range(n): len(a)
def loop_method{r}(n):
    a = []
    for i in range(n): a.append(i)
def loop_type{r}(n):
    for i in range(n): int(i)
def loop_resume{r}(n):
    for i in count{r}(n): pass
def loop_from_c{r}(n):
    for i in map(from_c{r}, range(n)): pass
"""
# Others than those, in the same rounds: to see how true corrected times are.
TRUTH = """
def one{r}(x): return (x + 1) * (x - 1) + x
def deep{r}(n):
    if n <= 1:
        return 1
    return deep{r}(n - 1) + deep{r}(n - 2)
def loop_inline{r}(n):
    for i in range(n): (i + 1) * (i - 1) + i
def loop_one{r}(n):
    for i in range(n): one{r}(i)
def loop_deep{r}(n):
    deep{r}(n)
"""
TRUTH_KINDS = ("inline", "one", "deep")
KINDS = ("none", "empty", "short", "long", "fib", "function", "method", "type", "resume",
         "from_c")


def load(path):
    """The agent alone: nothing is imported but what every Python has at its start."""
    import _imp
    name = "sonde._agent"
    loader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader(name, path)
    spec = sys.modules["_frozen_importlib"].ModuleSpec(name, loader, origin=path)
    agent = _imp.create_dynamic(spec)
    _imp.exec_dynamic(agent)
    return agent


def stay_here():
    """On one processor: two may differ."""
    try:
        here = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {here[os.getpid() % len(here)]})
    except (AttributeError, OSError):
        pass


def make(program, kinds, suffix):
    names = {}
    exec(compile(program.format(r=suffix), "<probe>", "exec"), names)
    return [names["loop_" + kind + suffix] for kind in kinds]


def run(loop, n, clock):
    """Nanoseconds; None where the processor was not ours all the while."""
    wall, cpu, before = time.perf_counter_ns(), time.thread_time_ns(), clock()
    loop(n)
    taken, cpu = clock() - before, time.thread_time_ns() - cpu
    wall = time.perf_counter_ns() - wall
    return taken if wall - cpu < 2000 + 0.03 * wall else None


def warm(loops):
    for loop in loops:
        loop(2)
        loop(9)


def main(path, recording, options, version, what="cost"):
    if sys.hexversion != int(version):
        sys.exit(1)
    agent = load(path)
    clock = time.thread_time_ns if "clock=cpu" in options else time.perf_counter_ns
    agent.enter(recording, options)
    stay_here()
    program, kinds, cpu_most = PROGRAM, KINDS, CPU_MOST
    if what == "truth":
        program, kinds, cpu_most = PROGRAM + TRUTH, KINDS + TRUTH_KINDS, 2 * CPU_MOST
    turns = dict.fromkeys(kinds, TURNS)
    for kind in kinds:
        print("calls", kind, turns[kind])
    for kind in {"fib", "deep"}.intersection(kinds):
        turns[kind] = FIB
        print("calls", kind, 2 * fib(FIB) - 1)
    good, end, calm_ones = 0, time.monotonic() + WALL_MOST, dict.fromkeys(kinds, 0)
    for number in range(ROUNDS_MOST):
        watched = make(program, kinds, "_p%d" % number)
        bare = make(program, kinds, "_b%d" % number)
        warm(bare)
        times = [run(loop, turns[kind], clock) for kind, loop in zip(kinds, bare)]
        agent.start()
        warm(watched)
        calm = [run(loop, turns[kind], clock) for kind, loop in zip(kinds, watched)]
        agent.stop()
        for kind, ns, was_calm in zip(kinds, times, calm):
            if ns is not None and was_calm is not None:
                print(number, kind, ns)
                calm_ones[kind] += 1
        good += None not in times and None not in calm
        enough = good >= ROUNDS or time.process_time() > cpu_most
        if enough and min(calm_ones.values()) >= CALM_LEAST or time.monotonic() > end:
            break


def fib(n):
    """How often that one calls itself with 1: calls are twice that, less one."""
    return 1 if n < 2 else fib(n - 1) + fib(n - 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
