# SPDX-License-Identifier: Apache-2.0
"""Runs one suite of CPython's own and writes how each of its tests ended.

    python suite_inside.py OUT test_generators [beside]

OUT: {test: "ok", "skipped" or the failure's text} as JSON. With `beside`, the suite is not
shown the tool of sys.monitoring that sonde holds, and uses none of the same number: what
fails then is not its assertion that nobody else is there.
"""

import importlib
import json
import sys
import unittest


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.by_test = {}

    def note(self, test, outcome):
        self.by_test[test.id()] = outcome

    def addSuccess(self, test):
        self.by_test.setdefault(test.id(), "ok")

    def addError(self, test, err):
        self.note(test, self._exc_info_to_string(err, test))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.note(test, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        self.note(test, "skipped")

    def addExpectedFailure(self, test, err):
        self.note(test, "ok")

    def addUnexpectedSuccess(self, test):
        self.note(test, "unexpected success")

    def stopTest(self, test):
        """A test that failed leaves its tools on, and every later one would fail of it."""
        super().stopTest(test)
        if not self.by_test.get(test.id(), "ok").startswith("Traceback") or not hasattr(sys, "monitoring"):
            return
        for n in range(6):
            if not (sys.monitoring.get_tool(n) or "sonde").startswith("sonde"):
                sys.monitoring.set_events(n, 0)
                sys.monitoring.free_tool_id(n)


def hide_our_tool(suite):
    monitoring = sys.monitoring
    [ours] = [n for n in range(6) if monitoring.get_tool(n) == "sonde"]
    names = ("TEST_TOOL", "TEST_TOOL2", "TEST_TOOL3")
    for name, free in zip(names, [n for n in (2, 3, 4, 1) if n != ours]):
        setattr(suite, name, free)
    get_tool, get_events, all_events = monitoring.get_tool, monitoring.get_events, monitoring._all_events
    monitoring.get_tool = lambda n: None if n == ours else get_tool(n)
    monitoring.get_events = lambda n: 0 if n == ours else get_events(n)
    monitoring._all_events = lambda: {
        name: tools & ~(1 << ours) for name, tools in all_events().items() if tools & ~(1 << ours)}


def main(out, name, beside=None):
    suite = importlib.import_module(f"test.{name}")
    if beside:
        hide_our_tool(suite)
    outcomes = Outcomes()
    unittest.defaultTestLoader.loadTestsFromModule(suite).run(outcomes)
    with open(out, "w") as f:
        json.dump(outcomes.by_test, f, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
