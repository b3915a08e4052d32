# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests of cProfile, profile and pstats pass with sonde's classes in their place.

Those that cannot are named here with the reason: five names at most, over all Pythons.
"""

import json
import pathlib
import subprocess

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke
INSIDE = pathlib.Path(__file__).parents[1] / "profilers_inside.py"
SUITES = {"test_cprofile": "CProfileTest", "test_profile": "ProfileTest", "test_pstats": "StatsTestCase"}

CANNOT = {
    # sys.monitoring's tool 2 is asserted to be named "cProfile": ours is another tool, so that
    # cProfile itself can run beside it.
    "CProfileTest.test_profile_enable_disable",
    "CProfileTest.test_profile_as_context_manager",
    # A second profiler is asserted to be refused: both of ours count.
    "CProfileTest.test_second_profiler",
    # Calls methods of _lsprof's that are no one else's, such as _pystart_callback (3.14, 3.15).
    "CProfileTest.test_crash_with_not_enough_args",
    # Early 3.12 asserts that a generator dropped half-way was called twice; later ones, once.
    "CProfileTest.test_throw",
}
assert len(CANNOT) <= 5


def place_of(suite, version):
    """Where a suite is: 3.15 has moved cProfile's."""
    if suite == "test_cprofile" and version >= (3, 15):
        return "test.test_profiling.test_tracing_profiler"
    return f"test.{suite}"


def environment(python, sonde, folder):
    """The Python of a virtual environment that has sonde: the suites start isolated ones of their own."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    [site] = folder.glob("venv/lib/python3*/site-packages")
    (site / "ours.pth").write_text(str(packages_in(folder, sonde)))
    return folder / "venv/bin/python"


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite, python, python_version, sonde, clean_env, tmp_path):
    name = place_of(suite, python_version)
    there = subprocess.run([python, "-c", f"import {name}"], env=clean_env, stderr=subprocess.PIPE, text=True)
    if there.returncode:
        pytest.skip("not in this Python: " + there.stderr.strip().splitlines()[-1])
    done = subprocess.run([environment(python, sonde, tmp_path), INSIDE, "outcomes.json", name], cwd=tmp_path, env=clean_env, timeout=250,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    outcomes = {test.removeprefix(name + "."): text
                for test, text in json.loads((tmp_path / "outcomes.json").read_text()).items()}
    assert any(test.startswith(SUITES[suite]) for test in outcomes)
    failed = {test: text for test, text in outcomes.items() if text not in ("ok", "skipped")}
    assert not {test: text for test, text in failed.items() if test not in CANNOT}
