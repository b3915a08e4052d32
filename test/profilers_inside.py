# SPDX-License-Identifier: Apache-2.0
"""Runs one of CPython's suites of profile, cProfile or pstats with sonde's classes in place of theirs.

    python profilers_inside.py OUT SUITE

SUITE: test.test_cprofile and so on. OUT: {test: "ok", "skipped" or the failure's text} as JSON.
"""

import importlib
import json
import sys
import unittest

import suite_inside


def put_ours():
    """Under every name the suites take them by; the modules' own -m are ours as well."""
    import _lsprof
    import pstats

    import sonde
    from sonde import _profile, profile, pure
    _lsprof.Profiler = _profile.Profiler
    sonde.install()
    sys.modules["cProfile"] = profile
    sys.modules["profile"] = pure
    if "profiling.tracing" in sys.modules:
        sys.modules["profiling.tracing"] = sys.modules["profiling"].tracing = profile
    pstats.Stats = sonde.Stats


def main(out, name):
    put_ours()
    suite = importlib.import_module(name)
    outcomes = suite_inside.Outcomes()
    unittest.defaultTestLoader.loadTestsFromModule(suite).run(outcomes)
    with open(out, "w") as f:
        json.dump(outcomes.by_test, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
