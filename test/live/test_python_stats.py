# SPDX-License-Identifier: Apache-2.0
"""sonde.Stats does what pstats.Stats of the same Python does, printed or as Python objects."""

import marshal
import random
import subprocess

import pytest

from counting import packages_in
from orders import write_orders

pytestmark = pytest.mark.smoke


def dump(path, seed, functions=40):
    """A .pstats file of made-up functions: collisions without folders, recursion, old callers."""
    rng = random.Random(seed)
    keys = [(f"/srv/{rng.choice('ab')}/mod{rng.randrange(6)}.py", rng.randrange(1, 30),
             rng.choice(["run", "load", "__init__", "<lambda>", "é"])) for _ in range(functions)]
    keys += [("~", 0, "<built-in method builtins.len>"), ("~", 0, "<method 'append' of 'list' objects>"),
             ("", 0, "len"), ("<string>", 1, "<module>")]
    stats = {}
    for key in dict.fromkeys(keys):
        primitive = rng.randrange(1, 2000)
        calls = primitive + rng.choice([0, 0, rng.randrange(50)])
        callers = {}
        for caller in rng.sample(keys, rng.randrange(4)):
            figures = (rng.randrange(1, 99), rng.randrange(1, 99), rng.random(), rng.random() * 3)
            callers[caller] = rng.randrange(1, 99) if seed % 5 == 4 else figures
        stats[key] = (primitive, calls, rng.random() / 10 ** rng.randrange(6), rng.random() * 9, callers)
    path.write_bytes(marshal.dumps(stats, 4))


INSIDE = """
import io, os, pstats, random, sys
import sonde

FILES = [f"made{i}.pstats" for i in range(6)]
KEYS = ["calls", "ncalls", "cumtime", "file", "line", "module", "name", "nfl", "pcalls", "std", "time", "tot", "cu"]
AMOUNTS = [(), (5,), (0.3,), ("mod2",), ("run", 4), (0.5, "load"), (3, 0.5, "mod"), ("(", 2), ("a/mod[0-3]", 9),
           (0,), (-1, "init"), (1.0,), (10**30,), (True,), (None,)]


def steps(rng):
    for _ in range(rng.randrange(1, 12)):
        yield rng.choice([
            ("sort_stats", *rng.sample(KEYS, rng.randrange(3))), ("sort_stats", rng.choice([-1, 0, 1, 2])),
            ("sort_stats", rng.choice(list(pstats.SortKey))), ("reverse_order",), ("strip_dirs",),
            ("add", *rng.sample(FILES, rng.randrange(3))), ("print_stats", *rng.choice(AMOUNTS)),
            ("print_callers", *rng.choice(AMOUNTS)), ("print_callees", *rng.choice(AMOUNTS)),
            ("sort_stats", "nonsense"), ("sort_stats", "calls", 1), ("look", rng.choice(LOOKS))])


LOOKS = ["stats", "fcn_list", "total_calls", "prim_calls", "total_tt", "max_name_len", "top_level", "files", "nothing"]


def done(stats, step):
    name, *words = step
    try:
        if name == "look":
            return repr(getattr(stats, words[0]))
        result = getattr(stats, name)(*words)
        return "itself" if result is stats else repr(result)
    except Exception as error:
        return f"{type(error).__name__} {error}".replace("'Stats'", "").replace("sonde.stats.", "pstats.")


def sequence(seed):
    rng = random.Random(seed)
    sources, told = rng.sample(FILES, rng.randrange(1, 3)), []
    order = list(steps(rng))
    both = []
    for kind in (pstats.Stats, sonde.Stats):
        stream = io.StringIO()
        stats = kind(*sources, stream=stream)
        both.append([done(stats, step) for step in order] + [stream.getvalue(), stats.stats, stats.sort_type
                    if hasattr(stats, "sort_type") else None, stats.fcn_list, stats.total_tt])
    for step, theirs, ours in zip([*order, "text", "stats", "sort_type", "fcn_list", "total"], *both):
        assert theirs == ours, (seed, sources, order, step, theirs, ours)


for seed in range(int(sys.argv[1])):
    sequence(seed)
print("equal")
"""


@pytest.fixture
def run(python, sonde, clean_env, tmp_path):
    """run(text, *words): what a program printed that has sonde installed and six files beside it."""
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}
    for seed in range(6):
        dump(tmp_path / f"made{seed}.pstats", seed)

    def run(text, *words):
        (tmp_path / "app.py").write_text(text)
        done = subprocess.run([python, "-W", "error", "app.py", *map(str, words)], cwd=tmp_path, env=env,
                              text=True, timeout=250, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()

    return run


def test_three_hundred_sequences(run):
    assert run(INSIDE, 300) == ["equal"]


@pytest.mark.long
def test_ten_thousand_sequences(run):
    assert run(INSIDE, 10_000) == ["equal"]


def test_a_subclass_prints_its_own_way(run):
    assert run("""
import io, pstats, sonde
def kinds(base):
    class Upper(base):
        def print_line(self, func):
            print(func[2].upper(), file=self.stream)
    class Own(base):
        def load_stats(self, arg):
            super().load_stats(arg)
            self.stats = dict(list(self.stats.items())[:3])
    return Upper, Own
for theirs, ours in zip(kinds(pstats.Stats), kinds(sonde.Stats)):
    texts = []
    for kind in theirs, ours:
        stats = kind("made0.pstats", stream=io.StringIO())
        stats.add("made1.pstats").sort_stats("nfl").print_stats(9)
        texts.append(stats.stream.getvalue())
    print(len(texts[0]) > 100, texts[0] == texts[1])
""") == ["True True"] * 2


def test_what_is_changed_is_printed(run):
    assert run("""
import copy, io, pickle, pstats, sonde
texts = []
for kind in pstats.Stats, sonde.Stats:
    out = io.StringIO()
    stats = kind("made0.pstats", stream=out)
    stats.sort_stats("time").print_stats(3)
    del stats.stats[next(iter(stats.stats))]
    stats.sort_stats("time").print_stats(3)
    fresh = kind("made1.pstats", stream=out)
    fresh.stats = {("x.py", 1, "f"): (1, 1, 0.5, 0.5, {})}
    fresh.print_stats()
    fresh = kind("made1.pstats", stream=out)
    fresh.sort_stats("name").fcn_list = list(fresh.stats)[:2]
    fresh.print_stats()
    fresh = kind("made2.pstats", stream=out)
    fresh.files = ["a heading"]
    fresh.print_stats(1)
    copied = copy.copy(kind("made3.pstats", stream=out))
    copied.print_stats(2)
    fresh = kind("made4.pstats", stream=out)
    fresh.stream = None
    again = pickle.loads(pickle.dumps(fresh))
    again.stream = out
    again.add(kind("made5.pstats")).sort_stats("calls").print_callers(4)
    total = kind(stream=out)
    total.add(again, kind("made0.pstats")).print_stats(3)
    texts.append(out.getvalue())
print(texts[0] == texts[1], len(texts[0]) > 1000)
""") == ["True True"]


def test_profilers_and_files_together(run):
    assert run("""
import cProfile, io, pstats, sonde
profile = cProfile.Profile()
profile.runcall(sorted, "abc")
profile.create_stats()
kept = profile.stats
texts = []
for kind in pstats.Stats, sonde.Stats:
    profile.stats = dict(kept)
    profile.create_stats = lambda: None
    out = io.StringIO()
    kind(profile, stream=out).add("made0.pstats").sort_stats("name").print_stats(0.5)
    profile.stats = dict(kept)
    kind("made0.pstats", stream=out).add(profile).sort_stats("name").print_stats(0.5)
    texts.append(out.getvalue())
print(texts[0] == texts[1])
print(isinstance(sonde.Stats("made0.pstats"), pstats.Stats))
mixed = pstats.Stats("made1.pstats").add("made0.pstats").stats
print(sonde.Stats("made1.pstats").add(pstats.Stats("made0.pstats")).stats == mixed)
""") == ["True", "True", "True"]


def test_what_it_writes_python_reads(run):
    assert run("""
import marshal, pathlib, sonde, pstats
def load(name):
    with open(name, "rb") as file:
        return marshal.load(file)
stats = sonde.Stats("made0.pstats", pathlib.Path("made4.pstats"))
stats.dump_stats("all.pstats")
theirs = pstats.Stats("made0.pstats", "made4.pstats")
print(load("all.pstats") == theirs.stats == stats.stats)
stats.dump_stats("again.pstats")
print(load("again.pstats") == theirs.stats)
""") == ["True", "True"]


def test_a_recording(run, tmp_path):
    write_orders(tmp_path / "orders.sonde")
    assert run("""
import io, sonde
stats = sonde.Stats("orders.sonde", stream=io.StringIO())
stats.sort_stats("time").print_stats("parse_line")
print(stats.stream.getvalue().splitlines()[-3].split())
print(stats.stats["/srv/orders/feed.py", 41, "parse_line"][:2])
""") == [["4008008", "7.810", "0.000", "8.020", "0.000", "/srv/orders/feed.py:41(parse_line)"].__str__(),
         "(4008008, 4008008)"]


def test_errors_are_pythons_own(run, tmp_path):
    (tmp_path / "cut.pstats").write_bytes((tmp_path / "made0.pstats").read_bytes()[:100])
    (tmp_path / "text.pstats").write_text("no profile\n")
    (tmp_path / "empty.pstats").write_bytes(marshal.dumps({}))
    lines = run("""
import sonde
for source in "missing.pstats", "cut.pstats", "text.pstats", "empty.pstats", 42, object, ".":
    try:
        print(sonde.Stats(source))
    except Exception as error:
        print(type(error).__name__, error)
""")
    kinds = [line.split()[0] for line in lines]
    assert kinds == ["FileNotFoundError", "ValueError", "ValueError", "TypeError", "TypeError", "TypeError",
                     "ValueError"]
    assert "cut.pstats: byte 9" in lines[1] and "text.pstats: byte 0" in lines[2]


def test_out_of_memory_is_an_error_like_any_other(run, tmp_path):
    stats = {(f"/srv/{i}.py", i, "run"): (1, 1, 0.5, 0.5, {}) for i in range(100_000)}
    (tmp_path / "large.pstats").write_bytes(marshal.dumps(stats))
    assert run("""
import resource, sonde, sonde.stats
small = sonde.Stats("made0.pstats")
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (used + (2 << 20), resource.RLIM_INFINITY))
try:
    sonde.Stats("large.pstats")
except MemoryError:
    print("MemoryError")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(len(small.stats), len(sonde.Stats("large.pstats").stats))
""") == ["MemoryError", "43 100000"]


def test_a_full_disk_leaves_nothing(run, tmp_path):
    assert run("""
import os, resource, signal, sonde
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
stats = sonde.Stats("made0.pstats")
with sonde.Profile() as profile:
    sorted(range(9), key=str)
changed = sonde.Stats("made0.pstats")
changed.stats
resource.setrlimit(resource.RLIMIT_FSIZE, (20, resource.RLIM_INFINITY))
for source in stats, changed, profile:
    try:
        source.dump_stats("all.pstats")
    except OSError as error:
        print(error.strerror, os.path.exists("all.pstats"))
try:
    stats.dump_stats("/dev/full")
except OSError as error:
    print(error.strerror, os.path.exists("/dev/full"))
""") == ["File too large False"] * 3 + ["No space left on device True"]


def test_the_version_is_the_commands(run, run_sonde):
    assert run("import sonde\nprint('sonde', sonde.__version__)") == [run_sonde("--version").stdout.strip()]
