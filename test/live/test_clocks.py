# SPDX-License-Identifier: Apache-2.0
"""Clocks that step back, differ from core to core or are set by people: no duration is negative or
astronomical, the whole stays the whole, and the report tells of it. And over a minute the ticks are ns."""

import json
import pathlib
import platform
import subprocess

import pytest

from tape import TSC, tapes

SOURCE = pathlib.Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
PROGRAM = """
import time

def leaf():
    pass

def work():
    for _ in range(20):
        leaf()

def main():
    begin = now = time.monotonic_ns()
    while now - begin < 600_000_000:
        work()
        now = time.monotonic_ns()
    return time.monotonic_ns() - begin

begin = time.monotonic_ns()
within = main()
print(within, time.monotonic_ns() - begin)
"""

need_tsc = pytest.mark.skipif(platform.machine() != "x86_64" or not SOURCE.exists() or SOURCE.read_text() != "tsc\n",
                              reason="the kernel does not keep time by the time stamp counter here")


@pytest.fixture(scope="module")
def shim(root, tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "clock_shim.so"
    subprocess.run(["cc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library,
                    root / "test/live/clock_shim.c"], check=True)
    return library


@need_tsc
@pytest.mark.parametrize("how", ["steady", "backward", "migrate", "wall"])
def test_clocks_that_misbehave(run_sonde, python, shim, clean_env, tmp_path, how):
    (tmp_path / "app.py").write_text(PROGRAM)
    preload = ":".join(filter(None, [clean_env.get("LD_PRELOAD"), str(shim)]))
    done = run_sonde("run", "-o", "x", "env", f"LD_PRELOAD={preload}", f"CLOCK_SHIM={how}", python, "app.py")
    assert (done.returncode, done.stderr) == (0, "")
    within, around = map(int, done.stdout.split())
    [tape] = tapes(tmp_path / "x.sonde")
    assert tape.header.clock == TSC
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    functions = {f["name"]: f for f in report["functions"]}
    assert all(0 <= f[key] <= report["run"]["wall_ns"] for f in report["functions"] for key in ("self_ns", "cumulative_ns"))
    assert within * 0.999 <= functions["main"]["cumulative_ns"] <= around * 1.001
    assert around * 0.999 <= report["processes"][0]["wall_ns"] < 60_000_000_000
    notes = [note for note in report["quality"]["notes"] if "clock went backward" in note]
    if how in ("backward", "migrate"):
        [note] = notes
        assert tape.header.backward >= 2 and f" {tape.header.backward} times" in note
        assert note in run_sonde("report", "x.sonde").stdout
    else:
        assert (tape.header.backward, notes) == (0, [])


@need_tsc
@pytest.mark.long
def test_a_minute_of_ticks_is_a_minute(run_sonde, python, tmp_path):
    """Within 50 parts in a million of CLOCK_MONOTONIC, though the ratio is from the ends alone."""
    code = "import time\nb = time.monotonic_ns()\ntime.sleep(60)\nprint(time.monotonic_ns() - b)"
    done = run_sonde("run", "-o", "x", "--python", python, "-c", code, check=True)
    report = json.loads(run_sonde("report", "--json", "x.sonde", check=True).stdout)
    [slept] = [f["self_ns"] for f in report["functions"] if f["qualname"] == "time.sleep"]
    print(f"drift: {1e6 * (slept - int(done.stdout)) / int(done.stdout):.2f} ppm")
    assert abs(slept - int(done.stdout)) <= int(done.stdout) * 50e-6
