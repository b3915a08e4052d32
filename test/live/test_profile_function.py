# SPDX-License-Identifier: Apache-2.0
"""Programs that set a profile function of their own, on 3.11 in place of ours: it comes back."""

import json

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke

HEAD = """
import cProfile, sys, threading

seen = []

def note(frame, event, arg):
    seen.append(event)

def before():
    pass

def under():
    pass

def after():
    pass

def many(function):
    for _ in range(100):
        function()

many(before)
"""


@pytest.fixture
def recorded(run_sonde, sonde, python, clean_env, tmp_path):
    """recorded(text): (calls by function, whether exact, report), with how many the program's own saw."""
    packages = packages_in(tmp_path, sonde)

    def run(text):
        (tmp_path / "app.py").write_text(HEAD + text)
        done = run_sonde("run", "-q", "--python", python, "-o", "app.sonde", "app.py",
                         env=clean_env | {"PYTHONPATH": str(packages)})
        assert (done.returncode, done.stderr) == (0, "")
        report = json.loads(run_sonde("report", "--json", "app.sonde", check=True).stdout)
        calls = {f["qualname"]: f["calls"] for f in report["functions"]}
        return calls, report["quality"]["exact"], report

    return run


def check(found, python_version, *, under=100, after=100):
    """Their own profiler alone sees what is under it, on 3.11, and that is said."""
    calls, exact, report = found
    assert (calls["before"], calls["after"]) == (100, after)
    assert calls.get("under", 0) == (under if python_version >= (3, 12) else 0)
    assert exact == (python_version >= (3, 12))
    callers = {f["id"]: f["qualname"] for f in report["functions"]}
    [row] = [f for f in report["functions"] if f["qualname"] == "after"]
    assert [callers[c["id"]] for c in row["callers"]] == ["many"]


def test_set_and_taken_away(recorded, python_version):
    check(recorded("""
sys.setprofile(note)
many(under)
sys.setprofile(None)
many(after)
assert seen.count("call") == 101 and sys.getprofile() is None
"""), python_version)


def test_cprofile(recorded, python_version):
    check(recorded("""
profile = cProfile.Profile()
profile.enable()
many(under)
profile.disable()
many(after)
assert [e.callcount for e in profile.getstats() if "under" in str(e.code)] == [100]
"""), python_version)


def test_taken_away_deeper_than_set(recorded, python_version):
    check(recorded("""
def inner():
    many(under)
    sys.setprofile(None)
    many(after)

def outer():
    inner()

sys.setprofile(note)
outer()
"""), python_version)


def test_taken_away_where_none_was(recorded):
    """Nothing was missed."""
    calls, exact, _ = recorded("""
for _ in range(10):
    sys.setprofile(None)
    before()
many(after)
""")
    assert (calls["before"], calls["after"], calls["many"], exact) == (110, 100, 2, True)
    assert calls["sys.setprofile"] == 10


def test_never_taken_away(recorded, python_version):
    calls, exact, _ = recorded("""
sys.setprofile(note)
many(under)
for _ in range(1000):
    dict(), str(), threading.Lock()
many(under)
assert sys.getprofile() is note
assert seen.count("call") > 200 and seen.count("call") < 300, seen.count("call")
""")
    assert calls.get("under", 0) == (200 if python_version >= (3, 12) else 0)
    assert exact == (python_version >= (3, 12))


def test_in_a_thread(recorded, python_version):
    """The main thread waits all the while: what the thread itself does next brings ours back."""
    check(recorded("""
def turn():
    sys.setprofile(note)
    many(under)
    sys.setprofile(None)
    dict()
    many(after)

thread = threading.Thread(target=turn)
thread.start()
thread.join()
"""), python_version)


def test_in_all_threads(recorded, python_version):
    check(recorded("""
def turn():
    many(under)
    sys.setprofile(None)
    str()
    many(after)

def unwatched():
    many(after)

threading.setprofile(note)
threads = [threading.Thread(target=turn) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
threading.setprofile(None)
thread = threading.Thread(target=unwatched)
thread.start()
thread.join()
many(after)
"""), python_version, under=400, after=600)


def test_while_others_toggle(recorded, python_version):
    calls, _, _ = recorded("""
import sonde

def turn():
    for _ in range(300):
        sys.setprofile(note)
        under()
        sys.setprofile(None)
        under()

threads = [threading.Thread(target=turn) for _ in range(4)]
for t in threads:
    t.start()
for _ in range(100):
    sonde.stop()
    sonde.start()
    under()
for t in threads:
    t.join()
many(after)
""")
    assert calls["after"] == 100
