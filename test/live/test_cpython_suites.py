# SPDX-License-Identifier: Apache-2.0
"""CPython's own tests of what sonde stands on end under it as they end alone.

Every test that ends otherwise is named here and in doc/differences.md, with its cause.
"""

import json
import pathlib
import re
import subprocess

import pytest

INSIDE = pathlib.Path(__file__).parents[1] / "suite_inside.py"
SUITES = ["test_sys_setprofile", "test_sys_settrace", "test_monitoring", "test_generators",
          "test_coroutines", "test_threading"]

# Where anybody watches calls, a tool that turns itself on is told how that call of its own
# ends. --no-builtins does not watch them, and these pass.
ITS_OWN_RETURN = {
    "test_monitoring": [
        "MonitoringCountTest.test_c_return_count", "SimulateProfileTest.test_frame_stack",
        "TestLoadSuperAttr.test_attr", "TestLoadSuperAttr.test_method_call",
        "TestLoadSuperAttr.test_method_call_error", "TestLoadSuperAttr.test_vs_other_type_call",
        "TestManyEvents.test_c_call", "TestManyEvents.test_simple", "TestManyEvents.test_try_except"],
}
# A call that is watched is not replaced by its specialised form, which this one looks for.
NOT_SPECIALISED = {"test_monitoring": ["ExceptionMonitoringTest.test_no_unwind_for_shim_frame"]}
# Its set-up asserts that no tool at all listens.
NOBODY_ELSE = re.compile(r"self\.assert\w+\(sys\.monitoring\.(get_events|get_tool|_all_events)\(")


def outcomes(command, python, suite, env, folder, *words):
    out = folder / "outcomes.json"
    done = subprocess.run([*command, python, INSIDE, out, suite, *words], cwd=folder, env=env, timeout=250,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    found = json.loads(out.read_text())
    out.unlink()
    return found


def failed(found):
    return {name.removeprefix("test."): text for name, text in found.items() if text not in ("ok", "skipped")}


def extra_failures(sonde, python, suite, env, folder, *words, options=()):
    """By test: why it fails under sonde, where it does not alone."""
    there = subprocess.run([python, "-c", f"import test.{suite}"], env=env, stderr=subprocess.PIPE, text=True)
    if there.returncode:
        pytest.skip("not in this Python: " + there.stderr.strip().splitlines()[-1])
    bare = outcomes([], python, suite, env, folder)
    run = [sonde, "run", "-q", "-o", "suite", *options]
    under = outcomes(run, python, suite, env, folder, *words)
    assert under.keys() == bare.keys() and len(bare) > 20
    return {name: text for name, text in failed(under).items() if name not in failed(bare)}


def named(suite, version, *causes):
    names = {f"{suite}.{name}" for cause in causes for name in cause.get(suite, [])}
    before_313 = {"test_monitoring.ExceptionMonitoringTest.test_no_unwind_for_shim_frame"}
    return names - before_313 if version < (3, 13) else names


@pytest.mark.long
@pytest.mark.smoke
@pytest.mark.parametrize("suite", [suite for suite in SUITES if suite != "test_monitoring"])
def test_suite(sonde, python, clean_env, tmp_path, suite):
    assert extra_failures(sonde, python, suite, clean_env, tmp_path) == {}


@pytest.mark.long
@pytest.mark.smoke
def test_monitoring_as_it_is(sonde, python, clean_env, tmp_path):
    extra = extra_failures(sonde, python, "test_monitoring", clean_env, tmp_path)
    assert [name for name, text in extra.items() if not NOBODY_ELSE.search(text)] == []


@pytest.mark.long
@pytest.mark.smoke
def test_monitoring_that_is_not_shown_our_tool(sonde, python, python_version, clean_env, tmp_path):
    extra = extra_failures(sonde, python, "test_monitoring", clean_env, tmp_path, "beside")
    print(*extra.values(), sep="\n")
    assert extra.keys() == named("test_monitoring", python_version, ITS_OWN_RETURN, NOT_SPECIALISED)


def test_none_of_them_is_left_without_builtins(sonde, python, clean_env, tmp_path):
    options = ["--no-builtins"]
    assert extra_failures(sonde, python, "test_monitoring", clean_env, tmp_path, "beside", options=options) == {}


def test_profile_functions(sonde, python, clean_env, tmp_path):
    assert extra_failures(sonde, python, "test_sys_setprofile", clean_env, tmp_path) == {}
