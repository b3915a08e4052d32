# SPDX-License-Identifier: Apache-2.0
"""sonde.start() and sonde.stop() in a program, often, anywhere, and where they must refuse."""

import json
import subprocess

import pytest

from counting import packages_in
from tape import tapes

pytestmark = pytest.mark.smoke


@pytest.fixture
def run(python, sonde, clean_env, tmp_path):
    """run(text): what a program printed that has sonde installed."""
    packages = packages_in(tmp_path, sonde)

    def run(text):
        (tmp_path / "app.py").write_text(text)
        done = subprocess.run([python, "app.py"], cwd=tmp_path, env=clean_env | {"PYTHONPATH": str(packages)},
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100)
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture
def functions(run_sonde):
    """functions(recording): the report's, by qualified name."""

    def read(recording):
        report = json.loads(run_sonde("report", "--json", recording, check=True).stdout)
        return {f["qualname"]: f for f in report["functions"]}

    return read


def test_a_thousand_times(run, functions, tmp_path):
    output = run("""
import os, sonde

def work():
    return [1].count(1)

def state():
    with open("/proc/self/statm") as f:
        resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    with open("/proc/self/maps") as f:
        mappings = len(f.readlines())
    return len(os.listdir("/proc/self/fd")), mappings, resident

def once():
    sonde.start("often") if not os.path.exists("often.sonde") else sonde.start()
    work()
    sonde.stop()
    work()

for _ in range(10):
    once()
before = state()
for _ in range(990):
    once()
after = state()
print(after[0] - before[0], after[1] - before[1], after[2] - before[2])
""")
    files, mappings, resident = map(int, output.split())
    assert files == 0
    assert mappings <= 2
    assert resident < 1_000_000
    found = functions("often.sonde")
    assert found["work"]["calls"] == 1000
    assert found["list.count"]["calls"] == 1000
    assert found["once"]["calls"] == 0
    assert len(list((tmp_path / "often.sonde").glob("*.tape"))) == 1


def test_a_new_recording_each_time(run, tmp_path):
    output = run("""
import os, sonde

def work():
    pass

def state():
    with open("/proc/self/maps") as f:
        return len(os.listdir("/proc/self/fd")), len(f.readlines())

for n in range(105):
    sonde.start(f"n{n}")
    for _ in range(n):
        work()
    sonde.stop()
    if n == 4:
        before = state()
print([b - a for a, b in zip(before, state())])
""")
    files, mappings = json.loads(output)
    assert files == 0 and mappings <= 2
    for n in (0, 1, 50, 104):
        [tape] = tapes(tmp_path / f"n{n}.sonde")
        assert tape.calls("work") == n


def test_nested(run, functions):
    output = run("""
import sonde

def work():
    pass

def inner():
    sonde.start()      # is on already
    work()
    sonde.stop()
    work()

sonde.start("nested")
inner()
sonde.stop()           # is off already
sonde.start()
try:
    sonde.start("other")
except RuntimeError as e:
    print(e)
work()
sonde.stop()
sonde.stop()
""")
    assert output.startswith("sonde is recording already, to /")
    found = functions("nested.sonde")
    assert (found["inner"]["calls"], found["work"]["calls"]) == (1, 2)


def test_a_named_start_under_run(run_sonde, python, sonde, clean_env, functions, tmp_path):
    """A program that records itself runs under `sonde run` as it does alone."""
    packages = packages_in(tmp_path, sonde)
    (tmp_path / "app.py").write_text("""
import sonde

def work():
    pass

sonde.start("own")
work()
sonde.stop()
work()
sonde.start("another")
work()
""")
    run_sonde("run", "-o", "x", "--python", python, "app.py", check=True,
              env=clean_env | {"PYTHONPATH": str(packages)})
    assert functions("x.sonde")["work"]["calls"] == 2
    assert [path.name for path in tmp_path.glob("*.sonde")] == ["x.sonde"]


def test_from_another_thread(run, functions):
    run("""
import sonde, threading

def work():
    pass

def turn(on, done):
    sonde.start("threads")
    on.set()
    done.wait()
    sonde.stop()

on, done = threading.Event(), threading.Event()
t = threading.Thread(target=turn, args=(on, done))
t.start()
on.wait()
def caller():
    for _ in range(100):
        work()
caller()
done.set()
t.join()
work()
""")
    found = functions("threads.sonde")
    assert found["work"]["calls"] == 100
    assert found["caller"]["calls"] == 1


def test_while_others_are_busy(run, functions, tmp_path):
    run("""
import sonde, threading

def leaf():
    pass

def down(n):
    return leaf() if n == 0 else down(n - 1)

def numbers():
    for n in range(10):
        yield down(n)

def busy():
    while not stop:
        for _ in numbers():
            leaf()

stop = False
threads = [threading.Thread(target=busy) for _ in range(4)]
for t in threads:
    t.start()
sonde.start("busy")
sonde.stop()
for _ in range(300):
    sonde.start()
    down(20)
    sonde.stop()
stop = True
for t in threads:
    t.join()
""")
    found = functions("busy.sonde")
    callers = {c["id"]: c for c in found["down"]["callers"]}
    assert found["<module>"]["id"] in callers
    assert callers[found["<module>"]["id"]]["calls"] == 300
    # Only what calls down() has called it, whenever recording was turned on.
    assert set(callers) <= {found[n]["id"] for n in ("<module>", "down", "numbers") if n in found}
    [tape] = tapes(tmp_path / "busy.sonde")
    assert tape.header.lost_events == 0


def test_inside_generators_and_deep_calls(run, functions):
    run("""
import sonde

def leaf():
    pass

def turns():
    sonde.start("inside")
    leaf()
    yield 1
    leaf()
    sonde.stop()
    yield 2
    sonde.start()
    leaf()
    yield 3

def down(n):
    if n == 0:
        sonde.start()
        leaf()
        return
    down(n - 1)
    leaf()

def main():
    for _ in turns():
        leaf()
    sonde.stop()
    down(5)
    sonde.stop()

main()
""")
    found = functions("inside.sonde")
    callers = {c["id"]: c["calls"] for c in found["leaf"]["callers"]}
    # In turns(): 3; in main(): after the yields 1 and 3; in down(): 1 and 5.
    assert callers == {found["turns"]["id"]: 3, found["main"]["id"]: 2, found["down"]["id"]: 6}
    assert found["turns"]["calls"] == 0
    assert found["turns"]["resumes"] == 2  # after yields 1 and 3; after 2 it turned on itself
    assert found["main"]["calls"] == 0


def test_what_cannot_be(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full.sonde").mkdir()
    (tmp_path / "full.sonde" / "mine.txt").write_text("mine")
    (tmp_path / "file.sonde").write_text("mine")
    output = run("""
import sonde

def work():
    pass

for path in ("full", "file", "no/such/folder", "", "a\\0b", 5, b"\\xff" * 300, "x" * 5000):
    try:
        sonde.start(path)
    except Exception as e:
        print(type(e).__name__)
    else:
        print("started", path)
sonde.start("good")
work()
sonde.stop()
""")
    names = output.split()
    assert names[:3] == ["FileExistsError", "NotADirectoryError", "FileNotFoundError"], output
    assert names[3:8] == ["FileNotFoundError", "ValueError", "TypeError", "OSError", "OSError"]
    assert "started" not in output and output.count("FileNotFoundError") == 2
    assert (tmp_path / "full.sonde" / "mine.txt").read_text() == "mine"
    assert (tmp_path / "file.sonde").read_text() == "mine"
    [tape] = tapes(tmp_path / "good.sonde")
    assert tape.calls("work") == 1


def test_a_recording_of_before_is_replaced(run, tmp_path):
    text = """
import sonde
def NAME(): pass
sonde.start("same")
NAME()
"""
    run(text.replace("NAME", "first"))
    run(text.replace("NAME", "second"))
    [tape] = tapes(tmp_path / "same.sonde")
    assert (tape.calls("first"), tape.calls("second")) == (0, 1)


def test_the_same_name_goes_on(run, functions, tmp_path):
    run("""
import os, sonde
def work(): pass
for i in range(5):
    sonde.start("same")
    work()
    sonde.stop()
child = os.fork()
if child == 0:
    sonde.start("same")
    work()
    os._exit(0)
os.waitpid(child, 0)
sonde.start("other")
work()
sonde.stop()
""")
    assert functions(tmp_path / "same.sonde")["work"]["calls"] == 6
    assert functions(tmp_path / "other.sonde")["work"]["calls"] == 1


def test_default_name(run, tmp_path):
    run("import sonde\nsonde.start()\nlen('')\nsonde.stop()")
    [recording] = tmp_path.glob("*.sonde")
    assert recording.name.startswith("app-2")
    assert recording.stat().st_mode & 0o777 == 0o700
