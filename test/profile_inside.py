# SPDX-License-Identifier: Apache-2.0
"""What programs under test/live/test_profile*.py look at their profiles with."""

import collections
import threading

from sonde import _profile
from sonde._profile import Profiler

__all__ = ["Profiler", "Ticks", "calls", "callers", "figures", "hide", "in_thread", "labels", "rows", "times"]
hide = _profile.hide


def label(code):
    return code if isinstance(code, str) else code.co_name


def labels(profile):
    """How often each name was called, those of one name in rising order."""
    found = collections.defaultdict(list)
    for entry in profile.getstats():
        found[label(entry.code)].append(entry.callcount)
    return {name: sorted(counts) for name, counts in found.items()}


def rows(profile, *names):
    """{name: (calls, primitive calls)} of functions of Python, or of those named, summed up."""
    found = collections.defaultdict(lambda: [0, 0])
    for entry in profile.getstats():
        if label(entry.code) in names or not names and not isinstance(entry.code, str):
            found[label(entry.code)][0] += entry.callcount
            found[label(entry.code)][1] += entry.callcount - entry.reccallcount
    return {name: tuple(counts) for name, counts in found.items()}


def calls(profile, name):
    return rows(profile, name).get(name, (0, 0))[0]


def callers(profile, name):
    """{caller: calls}; None: what nobody called that was counted."""
    found = collections.Counter()
    for entry in profile.getstats():
        if label(entry.code) == name:
            found[None] += entry.callcount
        for sub in entry.calls or ():
            if label(sub.code) == name:
                found[label(entry.code)] += sub.callcount
                found[None] -= sub.callcount
    return {caller: count for caller, count in found.items() if count}


def times(profile, name):
    """(own, cumulative) seconds of the functions of that name."""
    entries = [entry for entry in profile.getstats() if label(entry.code) == name]
    return sum(e.inlinetime for e in entries), sum(e.totaltime for e in entries)


def figures(profile):
    """{name: (primitive calls, calls, own, cumulative, {caller's name: ...})} of what pstats would be given."""
    return {name: (*row[:4], {caller[2]: figures for caller, figures in row[4].items()})
            for (_, _, name), row in profile._snapshot().items()}


def in_thread(function, *args):
    """Calls it in a thread of its own, and passes on what it returns or raises."""
    outcome = []

    def run():
        try:
            outcome.append((function(*args), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    result, error = outcome[0]
    if error:
        raise error
    return result


class Ticks:
    """A clock that stands but for what the program adds to `now`."""

    def __init__(self):
        self.now = 1000

    def __call__(self):
        return self.now
