# SPDX-License-Identifier: Apache-2.0
"""Runs CPython's own tests of cProfile with sonde's Profiler in the place of _lsprof's.

    python lsprof_inside.py OUT

cProfile.Profile is made anew upon it, from the very methods CPython's has. OUT: {test: "ok",
"skipped" or the failure's text} as JSON.
"""

import importlib
import json
import sys
import unittest

import _lsprof
import cProfile

from sonde._profile import Profiler
from suite_inside import Outcomes


def modules():
    """Those that have the class, and the suite's."""
    if sys.version_info < (3, 15):
        return [cProfile], "test.test_cprofile"
    return [cProfile, importlib.import_module("profiling.tracing")], "test.test_profiling.test_tracing_profiler"


def main(out):
    holders, suite = modules()
    theirs = holders[-1].Profile
    body = {name: value for name, value in vars(theirs).items() if name not in ("__dict__", "__weakref__")}
    ours = type("Profile", (Profiler,), body)
    _lsprof.Profiler = Profiler
    for holder in holders:
        holder.Profile = ours
    case = importlib.import_module(suite).CProfileTest
    assert case.profilerclass is ours
    outcomes = Outcomes()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(outcomes)
    with open(out, "w") as f:
        json.dump({name.rsplit(".", 1)[1]: text for name, text in outcomes.by_test.items()}, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
