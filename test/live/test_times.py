# SPDX-License-Identifier: Apache-2.0
"""Times: self times sum to the total and to the wall clock, nothing is longer than the run."""

import json
import re
import subprocess

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke

BUSY = """
import sonde, threading, time

def leaf(n):
    return sum(range(n)) + len([n])

def middle(n):
    return leaf(n) + leaf(n // 2) + (middle(n // 2) if n > 1 else 0)

def numbers(n):
    for i in range(n):
        yield middle(i)

def main(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        sum(numbers(30))

def timed(seconds=0.5):
    begin = time.perf_counter_ns()
    main(seconds)
    return time.perf_counter_ns() - begin

leaf(10)
"""

ONE = BUSY + """
sonde.start("busy")
print(timed())
sonde.stop()
"""

FOUR = BUSY + """
begin = time.perf_counter_ns()
sonde.start("busy")
threads = [threading.Thread(target=main, args=(0.3,), name=f"busy {n}") for n in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
sonde.stop()
print(time.perf_counter_ns() - begin)
"""


@pytest.fixture
def measured(run_sonde, sonde, python, clean_env, tmp_path):
    """measured(text): the report of recording "busy", and the number the program printed."""
    packages = packages_in(tmp_path, sonde)

    def run(text):
        (tmp_path / "app.py").write_text(text)
        done = subprocess.run([python, "app.py"], cwd=tmp_path, env=clean_env | {"PYTHONPATH": str(packages)},
                              check=True, text=True, stdout=subprocess.PIPE, timeout=60)
        report = run_sonde("report", "--json", "busy.sonde", check=True)
        return json.loads(report.stdout), int(done.stdout)

    return run


def check_sums(report):
    total, functions = report["total_ns"], report["functions"]
    assert abs(sum(f["self_ns"] for f in functions) - total) <= total * 0.001
    assert abs(sum(t["self_ns"] for t in report["threads"]) - total) <= total * 0.001
    wall = report["run"]["wall_ns"] * len(report["threads"])
    for f in functions:
        assert f["self_ns"] <= f["cumulative_ns"] <= min(wall, total), f
        for c in f["callers"]:
            assert c["self_ns"] <= c["cumulative_ns"] <= f["cumulative_ns"], f


def test_one_thread(measured):
    report, wall_ns = measured(ONE)
    check_sums(report)
    by_name = {f["name"]: f for f in report["functions"]}
    assert abs(by_name["timed"]["cumulative_ns"] - wall_ns) <= wall_ns * 0.01
    assert abs(report["total_ns"] - wall_ns) <= wall_ns * 0.01


def test_four_threads(measured):
    report, wall_ns = measured(FOUR)
    check_sums(report)
    by_name = {f["name"]: f for f in report["functions"]}
    main = by_name["main"]
    assert (main["calls"], main["primitive_calls"]) == (4, 4)
    assert 4 * 0.3e9 <= main["cumulative_ns"] <= 4 * wall_ns
    own = {t["name"]: t["self_ns"] for t in report["threads"]}
    for n in range(4):
        assert 0.29e9 <= own[f"busy {n}"] <= wall_ns * 1.01


def test_sleep_is_where_it_is(measured):
    report, _ = measured(BUSY + """
sonde.start("busy")
for _ in range(3):
    time.sleep(0.05)
sonde.stop()
print(0)
""")
    check_sums(report)
    [sleep] = [f for f in report["functions"] if f["qualname"] == "time.sleep"]
    assert sleep["calls"] == 3
    assert 0.15e9 <= sleep["self_ns"] <= report["total_ns"]
    assert sleep["self_ns"] >= report["total_ns"] * 0.9


def test_heading_tells_time_outside_functions(run_sonde, python, tmp_path):
    """The percents are of what is in functions; starting Python is not."""
    run_sonde("run", "--python", python, "-o", "x", "-c", "pass", check=True)
    first = run_sonde("report", "x.sonde", check=True).stdout.split("\n")[0]
    assert re.match(r"x\.sonde   [\d.]+ m?s, [\d.]+ [mun]?s of it in functions   [\d,]+ calls?   exact(, probe cost [\d.]+ n?u?s a call)?$", first)
