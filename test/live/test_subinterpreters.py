# SPDX-License-Identifier: Apache-2.0
"""A program with subinterpreters: the main one is recorded, and it is told that there were others."""

import json

import pytest

PROGRAM = """
import threading
try:
    import _interpreters as made
except ImportError:
    import _xxsubinterpreters as made
INSIDE = '''
for i in range(300):
    exec("def q(a): return a\\\\nq(1)\\\\nclass K: pass", {})
'''
def count(): pass
others = [made.create() for _ in range(2)]
threads = [threading.Thread(target=made.run_string, args=(other, INSIDE)) for other in others]
for thread in threads:
    thread.start()
for i in range(300):
    exec("def q(): count()\\nq()\\nclass K: pass")
for thread in threads:
    thread.join()
for other in others:
    made.destroy(other)
print("done")
"""


@pytest.mark.smoke
def test_main_is_exact_and_the_others_are_told_of(run_sonde, python, tmp_path):
    (tmp_path / "app.py").write_text(PROGRAM)
    done = run_sonde("run", "-o", "r", "--python", python, "app.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
    report = json.loads(run_sonde("report", "--json", "r.sonde").stdout)
    calls = {f["qualname"]: f["calls"] for f in report["functions"]}
    assert (calls["count"], calls["q"]) == (300, 300)
    assert not report["quality"]["exact"]
    assert report["quality"]["notes"] == [
        "The program made subinterpreters: the calls in those are not counted."]
    assert [process["reason"] for process in report["processes"]] == [None]
