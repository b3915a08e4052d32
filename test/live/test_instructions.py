# SPDX-License-Identifier: Apache-2.0
"""What an event costs in instructions of our own: free of noise, so a budget is kept.

Callgrind counts what the agent's callbacks take with all that they call (CPython's lookup
of the thread included, its delivery of the event not).
"""

import subprocess

import pytest

from callgrind import CALLBACKS, read_costs, tsc_only
from counting import package_of
from tape import tapes

pytestmark = pytest.mark.smoke

BUDGET = 90  # aim: 60

FIB = """
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(17)
"""

APPEND = """
def fill(l):
    for i in range(10_000):
        l.append(i)
fill([])
"""


@pytest.fixture
def costs(python, python_version, sonde, clean_env, tmp_path):
    """costs(text): what each function took, and the tape."""
    if python_version < (3, 12):
        pytest.skip("3.11 tells of calls by a C profile function, whose cost is mostly CPython's")
    tsc_only()

    def run(text):
        recording, out = tmp_path / "app.sonde", tmp_path / "callgrind.out"
        (tmp_path / "app.py").write_text(text)
        recording.mkdir()
        env = clean_env | {"PYTHONPATH": str(package_of(sonde) / "hook"), "SONDE_RECORDING": str(recording)}
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", python, "app.py"],
                       cwd=tmp_path, env=env, check=True, stderr=subprocess.PIPE, timeout=200)
        [tape] = tapes(recording)
        return read_costs(out), tape

    return run


def check(costs, names, events):
    """Each callback for itself; and all together, a CALL of a Python function's look included."""
    spent = {name: round(costs[name][0] / costs[name][1], 1) for name in names}
    whole = sum(costs.get(name, (0, 0))[0] for name in CALLBACKS) / events
    print(spent, f"{whole:.1f} on average")
    assert max(spent.values()) <= BUDGET, spent
    assert whole <= BUDGET


def test_start_and_return(costs):
    found, tape = costs(FIB)
    assert tape.calls("fib") == 5167
    check(found, ["on_start", "on_leave"], 2 * sum(n.calls for n in tape.nodes.values()))


def test_call_and_return_of_a_builtin(costs):
    found, tape = costs(APPEND)
    assert tape.calls("list.append") >= 10_000
    check(found, ["on_call", "on_call_end"], 2 * sum(n.calls for n in tape.nodes.values()))
