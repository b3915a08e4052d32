# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests of cProfile, as each Python has them, with our engine beneath the class."""

import json
import pathlib
import subprocess

import pytest

from counting import packages_in

pytestmark = pytest.mark.smoke

INSIDE = pathlib.Path(__file__).parents[1] / "lsprof_inside.py"
# What fails, from which version on, up to which, and why.
FAILING = {
    "test_profile_enable_disable": ((3, 12), (3, 99), "asserts that tool 2 of sys.monitoring is called cProfile"),
    "test_profile_as_context_manager": ((3, 12), (3, 99), "the same"),
    "test_second_profiler": ((3, 12), (3, 99), "asserts that there can be no second one: here there can"),
    "test_crash_with_not_enough_args": ((3, 14), (3, 99), "calls private methods of the C type that exist there alone"),
    "test_throw": ((3, 12), (3, 12), "asserts a wrong count: two calls of a generator that is called once"),
}


def test_all_but_those_named(python, python_version, sonde, clean_env, tmp_path):
    there = subprocess.run([python, "-c", "import test.test_cprofile, test.test_profile"], stderr=subprocess.PIPE,
                           text=True, env=clean_env)
    if there.returncode and python_version < (3, 15):
        pytest.skip("not in this Python: " + there.stderr.strip().splitlines()[-1])
    out = tmp_path / "outcomes.json"
    env = clean_env | {"PYTHONPATH": f"{packages_in(tmp_path, sonde)}:{INSIDE.parent}"}
    done = subprocess.run([python, INSIDE, out], cwd=tmp_path, env=env, timeout=250, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout[-2000:]
    found = json.loads(out.read_text())
    assert len(found) >= 9
    failed = {name: text for name, text in found.items() if text not in ("ok", "skipped")}
    print(*failed.values(), sep="\n")
    assert failed.keys() == {name for name, (first, last, _) in FAILING.items() if first <= python_version <= last}
