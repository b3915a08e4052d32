# SPDX-License-Identifier: Apache-2.0
"""Python's own allocations fail from the nth on (_testcapi.set_nomemory): under sonde the
program gets MemoryErrors and nothing else, wherever that begins.

Python itself crashes at some starting points, and at more with a tool of sys.monitoring, be it
one in Python: under sonde it crashes at no more than it does bare, or with such a tool.
"""

import json
import subprocess

import pytest

PROGRAM = """
import json, os, sys
import _testcapi

def leaf(x):
    return [x].count(x)

def numbers():
    yield leaf(1)
    yield leaf(2)

def program():
    for n in range(6):
        leaf(n)
        names = {}
        exec(f"def made{n}(): return sorted([{n}, 1])", names)
        names[f"made{n}"]()
    try:
        sum(numbers()) + int("x")
    except ValueError:
        pass

def switch():
    agent = sys.modules.get("sonde._agent")
    if agent:
        agent.stop()
        leaf(1)
        agent.start()
    program()

def once(what, first, last):
    _testcapi.set_nomemory(first, last)
    try:
        what()
        return 0
    except MemoryError:
        return 1
    finally:
        _testcapi.remove_mem_hooks()

class Tool:
    # One in Python, that listens to what sonde listens to.

    def __init__(self):
        events = sys.monitoring.events
        self.all = [getattr(events, name) for name in (
            "PY_START PY_RESUME PY_THROW PY_RETURN PY_YIELD PY_UNWIND CALL C_RETURN C_RAISE").split()]

    def stop(self):
        sys.monitoring.set_events(4, 0)
        for event in self.all:
            sys.monitoring.register_callback(4, event, None)
        sys.monitoring.free_tool_id(4)

    def start(self):
        sys.monitoring.use_tool_id(4, "tool")
        for event in self.all:
            sys.monitoring.register_callback(4, event, lambda *args: None)
        sys.monitoring.set_events(4, sum(self.all[:7]))

if sys.argv[1:] and hasattr(sys, "monitoring"):
    sys.modules["sonde._agent"] = Tool()
    Tool().start()
ends = {}
for what in program, switch:
    for last in "always", "once":
        for first in range(1, STARTS + 1):
            if os.fork() == 0:
                os._exit(once(what, first, 0 if last == "always" else first + 1))
            status = os.waitstatus_to_exitcode(os.wait()[1])
            ends.setdefault(f"{what.__name__}, {last}, {status}", []).append(first)
print(json.dumps(ends))
"""


@pytest.fixture
def sweep(python, run_sonde, clean_env, tmp_path):
    """sweep(n): how often each end came to be, bare and under sonde."""
    if subprocess.run([python, "-c", "import _testcapi"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this Python has no _testcapi")

    def sweep(starts):
        (tmp_path / "app.py").write_text(PROGRAM.replace("STARTS", str(starts)))
        quiet = {"cwd": tmp_path, "env": clean_env | {"PYTHONHASHSEED": "0"}, "text": True, "stdout": subprocess.PIPE,
                 "stderr": subprocess.DEVNULL}
        without = [json.loads(subprocess.run([python, "app.py", *words], check=True, **quiet).stdout)
                   for words in ((), ("tool",))]
        for io in "mapped", "pwrite":
            done = run_sonde("run", "--io", io, "-o", "x", "--python", python, "app.py",
                             env=quiet["env"], check=True, stderr=subprocess.DEVNULL)
            ends = json.loads(done.stdout)
            print(f"{io}: {({end: len(first) for end, first in ends.items()})}")
            check(without, ends, starts)

    return sweep


def check(without, ends, starts):
    def crashes(ends):
        return {end: first for end, first in ends.items() if not end.endswith((" 0", " 1"))}

    def count(ends):
        return sum(map(len, crashes(ends).values()))

    assert sum(map(len, ends.values())) == 4 * starts
    # Where the crashes lie moves with each allocation; how many there are does not.
    assert count(ends) <= max(map(count, without)), (
        f"{crashes(ends)}; without: {[crashes(w) for w in without]}")


def test_some_starting_points(sweep):
    sweep(30)


@pytest.mark.long
@pytest.mark.smoke
def test_three_hundred_starting_points(sweep):
    sweep(300)
