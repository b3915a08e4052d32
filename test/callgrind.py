# SPDX-License-Identifier: Apache-2.0
"""What tests of instructions share: callgrind's files, and where they mean anything."""

import collections
import pathlib
import re

import pytest

CALLBACKS = "on_start", "on_leave", "on_call", "on_call_end"


def read_costs(path):
    """{function: (instructions with callees, times called)} of a callgrind file."""
    names, cost, called = {}, collections.Counter(), collections.Counter()
    here = there = None
    count = 0
    for line in path.read_text().splitlines():
        if match := re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line):
            kind, number, name = match.groups()
            if name:
                names[number] = name
            if kind == "fn":
                here = names[number]
            else:
                there = names[number]
        elif line.startswith("calls="):
            count = int(line[6:].split()[0])
        elif re.match(r"[\d+*-]", line):
            cost[here] += int(line.split()[1])
            if count:
                called[there] += count
                count = 0
    return {name: (cost[name], called[name]) for name in called}


def tsc_only():
    source = pathlib.Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    if not source.exists() or source.read_text().strip() != "tsc":
        pytest.skip("the clock of this machine is no instruction: it is called")
