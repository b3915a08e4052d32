# SPDX-License-Identifier: Apache-2.0
"""A function is its code object: what looks alike stays apart, at any address.

What died and is made again from the same source goes on with its record.
"""

import collections
import json

import pytest

from tape import tapes

pytestmark = pytest.mark.smoke


@pytest.fixture
def recorded(run_sonde, python, tmp_path):
    """recorded(text): the report's functions of a program, and its tape."""

    def run(text):
        (tmp_path / "app.py").write_text(text)
        done = run_sonde("run", "--python", python, "-o", "app.sonde", "app.py")
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)
        return report["functions"], tapes(tmp_path / "app.sonde")[0]

    return run


def test_lambdas_on_one_line(recorded):
    functions, _ = recorded("""
a, b, c = lambda: 1, lambda: 2, lambda: 3
for _ in range(10): a()
for _ in range(7): b()
for _ in range(5): c()
[(lambda: n)() for n in range(4)]
""")
    lambdas = [f for f in functions if f["name"] == "<lambda>" and f["line"] == 2]
    assert sorted(f["calls"] for f in lambdas) == [5, 7, 10]
    assert len({f["id"] for f in lambdas}) == 3


def test_a_class_method_in_c_is_named_by_the_class_that_has_it(recorded):
    functions, _ = recorded("""
class Own(dict): pass
Own.fromkeys("a")
dict.fromkeys("b")
class Number(int): pass
Number.from_bytes(b"1", "big")
""")
    calls = {f["qualname"]: f["calls"] for f in functions if f["line"] == 0}
    assert calls["dict.fromkeys"] == 2 and calls["int.from_bytes"] == 1
    assert "Own.fromkeys" not in calls and "Number.from_bytes" not in calls


def test_ten_dataclasses(recorded):
    functions, _ = recorded("""
import dataclasses
classes = [dataclasses.make_dataclass(f"C{n}", ["x", "y"]) for n in range(10)]
for n, c in enumerate(classes):
    for _ in range(n + 1):
        c(1, 2)
""")
    inits = [f for f in functions if f["name"] == "__init__" and f["file"] == "<string>"]
    by_class = {f["class"]: f["calls"] for f in inits}
    assert by_class == {f"C{n}": n + 1 for n in range(10)}


def test_ten_thousand_that_come_and_go(recorded):
    functions, tape = recorded("""
import gc
for n in range(10_000):
    space = {}
    exec(compile(f"def f{n}(): return {n}", f"<made {n}>", "exec"), space)
    for _ in range(n % 3 + 1):
        space[f"f{n}"]()
""")
    made = [f for f in functions if f["file"].startswith("<made ") and f["name"] != "<module>"]
    assert len(made) == 10_000
    assert all(f["calls"] == int(f["name"][1:]) % 3 + 1 for f in made)
    modules = [f for f in functions if f["file"].startswith("<made ") and f["name"] == "<module>"]
    assert len(modules) == 10_000 and {f["calls"] for f in modules} == {1}
    died = collections.Counter(f.died for f in tape.functions.values() if f.file.startswith("<made "))
    assert died[1] >= 19_990


def test_the_same_text_made_again_and_again(recorded):
    functions, tape = recorded("""
def run():
    space = {}
    exec("def f(): return g()\\ndef g(): return 1", space)
    space["f"](), space["g"]()
    space.clear()  # else they live until the next collection: they refer to it

for _ in range(3000):
    run()
""")
    f = [x for x in functions if x["name"] == "f" and x["file"] == "<string>"]
    g = [x for x in functions if x["name"] == "g" and x["file"] == "<string>"]
    assert sum(x["calls"] for x in f) == 3000
    assert sum(x["calls"] for x in g) == 6000
    made = [x for x in tape.functions.values() if x.name == "f" and x.file == "<string>"]
    assert len(made) == 1, "made again from the same source it goes on with its record"


def test_made_again_while_others_live(recorded):
    functions, tape = recorded("""
def make():
    space = {}
    exec("def f(): pass\\ndef g(): return 1", space)
    f, g = space["f"], space["g"]
    space.clear()
    return f, g

kept = [make() for _ in range(10)]
for n, (f, g) in enumerate(kept):
    for _ in range(n + 1):
        f()
for _ in range(500):
    f, g = make()
    f(), g()
del kept, f, g
for _ in range(100):
    f, g = make()
    f(), g()
""")
    f = [x for x in functions if x["name"] == "f" and x["file"] == "<string>"]
    g = [x for x in functions if x["name"] == "g" and x["file"] == "<string>"]
    assert sum(x["calls"] for x in f) == 55 + 600
    assert sum(x["calls"] for x in g) == 600
    made = [x for x in tape.functions.values() if x.name == "f" and x.file == "<string>"]
    assert 11 <= len(made) <= 13, "ten that live, and the one that comes and goes"


def test_made_again_in_threads(recorded):
    functions, tape = recorded("""
import threading

def run(n):
    for _ in range(n):
        space = {}
        exec("def f(): return g()\\ndef g(): return 1", space)
        space["f"](), space["g"]()
        space.clear()

for n in range(1, 21):
    t = threading.Thread(target=run, args=(n,))
    t.start()
    t.join()
threads = [threading.Thread(target=run, args=(200,)) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
""")
    f = [x for x in functions if x["name"] == "f" and x["file"] == "<string>"]
    g = [x for x in functions if x["name"] == "g" and x["file"] == "<string>"]
    assert sum(x["calls"] for x in f) == 210 + 800
    assert sum(x["calls"] for x in g) == 2 * (210 + 800)
    made = [x for x in tape.functions.values() if x.name == "f" and x.file == "<string>"]
    assert len(made) <= 5, "as many as live at once"


def test_closures_share_their_code(recorded):
    functions, _ = recorded("""
def make(n):
    def inner():
        return n
    return inner

for f in [make(n) for n in range(50)]:
    f(); f()
""")
    [inner] = [f for f in functions if f["qualname"] == "make.<locals>.inner"]
    assert inner["calls"] == 100
