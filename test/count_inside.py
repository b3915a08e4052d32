# SPDX-License-Identifier: Apache-2.0
"""Runs one program's main() in one Python and counts its calls in one of four ways.

    python count_inside.py cprofile|profile|truth|sonde OUT PROGRAM

cprofile, profile (sonde's own) and truth write rows [[label, calls, primitive calls,
[[caller's label, calls, primitive calls]]]] to OUT as JSON; sonde makes the recording OUT.
`truth` owes nothing to cProfile: a profile function in Python that asks the frames who
called, so that an event which never came misleads it for one call at most.
"""

import cProfile  # noqa: F401  every way has loaded the same modules when main() begins
import json
import re
import runpy
import sys
import threading
import types

import sonde
from sonde._profile import Profiler

ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def label(what):
    if isinstance(what, str):
        return ["~", 0, ADDRESS.sub(" at 0x", beneath(what))]
    return [what.co_filename, what.co_firstlineno, what.co_name]


class Code:
    """A code object by identity: two made from one text are equal and yet two."""

    def __init__(self, code):
        self.code = code

    def __eq__(self, other):
        return isinstance(other, Code) and self.code is other.code

    def __hash__(self):
        return id(self.code)


def identity(what):
    """Functions in C are told by their label, code by itself."""
    return tuple(label(what)) if isinstance(what, str) else Code(what)


def beneath(text):
    """cProfile calls random.Random's C method seed by what overrides it, a Python function."""
    if not text.startswith("<function "):
        return text
    todo = [object]
    while todo:
        base = todo.pop()
        todo += type.__subclasses__(base)
        for name, value in vars(base).items():
            if repr(value) == text:
                return repr(next(vars(b)[name] for b in base.__mro__
                                 if isinstance(vars(b).get(name), types.MethodDescriptorType)))
    raise LookupError(text)


def counts(entry, called=True):
    """As cProfile counts. Ours tells resumptions from calls; which of them are primitive it does not say.

    What nobody has called, but gone on with, is one call for us and none for cProfile.
    """
    resumes = getattr(entry, "resumes", 0)
    calls = (entry.callcount if called else 0) + resumes
    return calls, calls if resumes else entry.callcount - entry.reccallcount


def under_profiler(main, profile):
    profile.enable()
    try:
        main()
    finally:
        profile.disable()
    rows, edges = {}, {}
    entries = profile.getstats()
    called = {id(sub.code) for entry in entries for sub in entry.calls or () if sub.callcount}
    for entry in entries:
        row = rows.setdefault(identity(entry.code), [0, 0])
        row[:] = map(sum, zip(row, counts(entry, id(entry.code) in called or not getattr(entry, "resumes", 0))))
        for sub in entry.calls or ():
            edge = edges.setdefault((identity(entry.code), identity(sub.code)), [0, 0])
            edge[:] = map(sum, zip(edge, counts(sub)))
    return table(rows, edges)


def table(rows, edges):
    callers = {}
    for (caller, callee), (calls, primitive) in edges.items():
        callers.setdefault(callee, []).append([name_of(caller), calls, primitive])
    return sorted([name_of(what), *counts, sorted(callers.get(what, []))]
                  for what, counts in rows.items())


def name_of(what):
    return list(what) if isinstance(what, tuple) else label(what.code)


class Truth:
    def __init__(self):
        self.entered = {}   # frame: the C functions it is calling, the last one last
        self.rows, self.edges = {}, {}

    def path(self, frame):
        """Who is running, from the nearest caller outward."""
        while frame is not None:
            if frame in self.entered:
                for _, name in reversed(self.entered[frame]):
                    yield name
                yield Code(frame.f_code)
            frame = frame.f_back

    def count(self, what, callers):
        row = self.rows.setdefault(what, [0, 0])
        row[0] += 1
        row[1] += what not in callers
        if callers:
            edge = self.edges.setdefault((callers[0], what), [0, 0])
            edge[0] += 1
            edge[1] += (callers[0], what) not in zip(callers[1:], callers)

    def __call__(self, frame, event, what):
        if event == "call":
            self.count(Code(frame.f_code), list(self.path(frame.f_back)))
            self.entered[frame] = []
        elif event == "return":
            self.entered.pop(frame, None)
        elif event == "c_call":
            name = c_label(what)
            self.count(name, list(self.path(frame)))
            if frame in self.entered:
                self.entered[frame].append((what, name))
        elif frame in self.entered:
            calls = self.entered[frame]
            if calls and calls[-1][0] == what:  # a bound one is made anew for each event
                calls.pop()


def c_label(function):
    """As cProfile calls a function made in C."""
    me, module = function.__self__, function.__module__
    if me is None:
        name = function.__name__
        return "~", 0, f"<{module}.{name}>" if module and module != "builtins" else f"<{name}>"
    for base in type(me).__mro__:
        found = vars(base).get(function.__name__)
        if found is not None and not isinstance(found, types.FunctionType):
            return "~", 0, ADDRESS.sub(" at 0x", repr(found))
    of = f"{module}." if isinstance(module, str) else ""
    return "~", 0, f"<built-in method {of}{function.__name__}>"


def under_truth(main):
    truth = Truth()
    threading.setprofile(truth)
    sys.setprofile(truth)
    try:
        main()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return table(truth.rows, truth.edges)


def under_sonde(main, recording):
    sonde.start(recording)
    try:
        main()
    finally:
        sonde.stop()


def begin():
    way, out, program = sys.argv[1:]
    sys.argv[1:] = []
    main = runpy.run_path(program)["main"]
    if way == "sonde":
        under_sonde(main, out)
        return
    if way == "truth":
        rows = under_truth(main)
    else:
        rows = under_profiler(main, Profiler() if way == "profile" else cProfile.Profile())
    with open(out, "w") as f:
        json.dump(rows, f)


if __name__ == "__main__":
    begin()
