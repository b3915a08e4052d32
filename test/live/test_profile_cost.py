# SPDX-License-Identifier: Apache-2.0
"""What a profile costs: to turn on and off, each event, its results. In instructions, or beside cProfile's.

Callgrind counts what our functions take with all that they call, CPython's included.
"""

import subprocess

import pytest

from callgrind import CALLBACKS, read_costs, tsc_only
from counting import packages_in

EVENT = 95  # aim: 65; of our own, CPython's lookup of the thread included
ON_AND_OFF = 40_000  # instructions: 10 us, mostly of sys.monitoring
RESULT = 6_000  # a function, with its caller


@pytest.fixture
def costs(python, sonde, clean_env, tmp_path):
    """costs(text): what each C function took."""
    env = clean_env | {"PYTHONPATH": str(packages_in(tmp_path, sonde))}

    def run(text):
        (tmp_path / "app.py").write_text("from sonde._profile import Profiler\n" + text)
        out = tmp_path / "callgrind.out"
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", python, "app.py"],
                       cwd=tmp_path, env=env, check=True, stderr=subprocess.PIPE, timeout=250)
        return read_costs(out)

    return run


@pytest.mark.wide
def test_an_event(costs, python_version):
    if python_version < (3, 12):
        pytest.skip("3.11 tells of calls by a C profile function, whose cost is mostly CPython's")
    tsc_only()
    found = costs("""
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
def fill(l):
    for i in range(5000):
        l.append(i)
profile = Profiler()
profile.enable()
fib(15)
fill([])
profile.disable()
""")
    spent = {name: round(found[name][0] / found[name][1], 1) for name in CALLBACKS}
    print(spent)
    assert max(spent.values()) <= EVENT, spent


@pytest.mark.wide
def test_on_and_off(costs):
    """With nothing in between: a profile kept, a new one each time, one within another."""
    found = costs("""
kept = Profiler()
for _ in range(100):
    kept.enable()
    kept.disable()
for _ in range(100):
    profile = Profiler()
    profile.enable()
    profile.disable()
""")
    on_and_off = sum(found[name][0] / 200 for name in ("session_enable", "session_disable"))
    print(round(on_and_off), {name: round(found[name][0] / 200) for name in ("session_enable", "session_disable")})
    assert on_and_off <= ON_AND_OFF


@pytest.mark.long
def test_results_are_linear(costs):
    """Of ten times as many functions ten times as much."""
    spent = {}
    for size in (200, 2000):
        found = costs(f"""
space = {{}}
exec("\\n".join(f"def f{{n}}(): pass" for n in range({size})), space)
functions = [space[f"f{{n}}"] for n in range({size})]
def all_of_them():
    for function in functions:
        function()
profile = Profiler()
profile.enable()
all_of_them()
profile.disable()
for _ in range(3):
    profile.getstats()
    profile._snapshot()
""")
        spent[size] = {name: found[name][0] / found[name][1] for name in ("results_entries", "results_stats")}
    print(spent)
    for name, cost in spent[2000].items():
        assert cost <= 2000 * RESULT and cost <= 12 * spent[200][name]
