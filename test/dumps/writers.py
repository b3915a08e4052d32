# SPDX-License-Identifier: Apache-2.0
"""writers.py FOLDER: dumps of this Python's profilers, each with what this Python reads of it.

Runs on every Python from 2.7 on. For NAME.prof there is NAME.json: [sampled, functions], a
function being [file, line, name, cc, nc, tt, ct, callers] and a caller [file, line, name]
and one figure or four, in the order of the dicts.
"""
from __future__ import print_function

import cProfile
import io
import json
import marshal
import os
import profile
import re
import subprocess
import sys

PROGRAMS = {
    "recursion": u"""
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def even(n):
    return n == 0 or odd(n - 1)
def odd(n):
    return n != 0 and even(n - 1)
fib(9)
even(7)
sorted([3, 1, 2], key=lambda n: -n)
""",
    "classes": u"""
import json
class Shape(object):
    def __init__(self, n): self.n = n
    def area(self): return sum(i for i in range(self.n))
    area_of = property(lambda self: self.area())
class Square(Shape):
    def area(self): return Shape.area(self) ** 2
def walk(shapes):
    for shape in shapes:
        yield shape.area_of
def work():
    def inner(x):
        def innermost(y): return [y] * 2
        return innermost(x)
    return json.dumps(list(walk([Shape(3), Square(4)])) + inner(7))
for _ in range(3): work()
try: int("x")
except ValueError: pass
""",
    "names": u"""
for place in (u"/tmp/\\xe4\\xf6/\\u4f60.py", "a" * 300 + ".py", "", "with space.py"):
    for name in ("f", "g" * 260):
        code = compile("def %s(n): return len(str(n))\\n%s(1)\\n%s(2)\\n" % (name, name, name),
                       place if str is not bytes else place.encode("utf-8"), "exec")
        exec(code, {})
a, b = lambda: 1, lambda: 2
a(); b(); a()
""",
}


def shown(name):
    """What stands for a name: a code object's address is no part of it."""
    if isinstance(name, bytes):
        name = name.decode("utf-8", "surrogateescape") if str is not bytes else name.decode("utf-8")
    if isinstance(name, type(u"")):
        return name
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(name))


def listed(stats):
    sampled = stats.pop(("__sampled__",), False)
    functions = []
    for (file, line, name), (cc, nc, tt, ct, callers) in stats.items():
        called = [[shown(k[0]), k[1], shown(k[2])] + (list(v) if isinstance(v, tuple) else [v])
                  for k, v in callers.items()]
        functions.append([shown(file), line, shown(name), cc, nc, tt, ct, called])
    return [sampled, functions]


def note(path):
    with open(path, "rb") as dump:
        stats = marshal.load(dump)
    with io.open(path[:-len("prof")] + "json", "w", encoding="ascii") as out:
        out.write(u"" + json.dumps(listed(stats)))


def execute(code):
    exec(code, {"__name__": "__main__"})


def run(profiler, source, path, by_key):
    """by_key: `profile` makes a key of the code object, which other Pythons cannot read."""
    code = compile(source, "program.py", "exec")
    if by_key:
        place = {"__name__": "__main__"}
        profiler.runctx(code, place, place)
    else:
        profiler.runcall(execute, code)
    profiler.dump_stats(path)


def sample(name, source, path):
    """The same for half a second, so that a sampler sees it."""
    with io.open("long.py", "w", encoding="utf-8") as out:
        out.write(u"import time\nend = time.time() + 0.5\ncode = compile(%r, 'program.py', 'exec')\n"
                  u"while time.time() < end:\n    exec(code, {'__name__': 'p'})\n" % source)
    subprocess.check_call([sys.executable, "-m", "profiling.sampling", "run", "--pstats", "-r", "2khz", "-o", path,
                           "long.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def main(folder):
    os.chdir(folder)
    if sys.version_info < (3, 6):
        open("dicts-have-no-order", "w").close()
    made = []
    for name, source in sorted(PROGRAMS.items()):
        with io.open(name + ".py", "w", encoding="utf-8") as out:
            out.write(u"# -*- coding: utf-8 -*-\n" + source)
        for writer, profiler in (("cprofile", cProfile.Profile()), ("profile", profile.Profile()),
                                 ("code", profile.Profile())):
            made.append("%s-%s.prof" % (name, writer))
            run(profiler, source, made[-1], writer == "code")
        with open("%s-cprofile.prof" % name, "rb") as dump:
            stats = marshal.load(dump)
        for version in range(marshal.version + 1):
            made.append("%s-marshal%d.prof" % (name, version))
            with open(made[-1], "wb") as out:
                marshal.dump(stats, out, version)
        for module in "cProfile", "profile":
            made.append("%s-m-%s.prof" % (name, module))
            subprocess.check_call([sys.executable, "-W", "ignore", "-m", module, "-o", made[-1], name + ".py"],
                                  stdout=subprocess.PIPE)
        if sys.version_info >= (3, 15):
            made.append("%s-sampled.prof" % name)
            sample(name, source, made[-1])
    for path in made:
        if os.path.exists(path):
            note(path)


if __name__ == "__main__":
    main(sys.argv[1])
