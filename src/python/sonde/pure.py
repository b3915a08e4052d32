# SPDX-License-Identifier: Apache-2.0
"""What the module profile offers, by sonde's engine: its clock, its names of builtins, its bias.

The figures are those of profile's own rules: processor time unless a timer is given, less a bias at
every event; callers with counts alone; builtins as ("", 0, "len").
"""
import functools
import itertools
import re
import time

from sonde import profile

__all__ = ["run", "runctx", "Profile"]

BUILTIN = re.compile(r"<built-in method (?:\S*\.)?([^ .>]+)|<method '([^']+)'")


def name_of(key):
    """profile's key of a function: it knows builtins by their bare name."""
    file, line, name = key
    if file != "~":
        return key
    found = BUILTIN.match(name)
    return ("", 0, found.group(found.lastindex) if found else name)


class Profile(profile.Profile):
    """A profile.Profile: Profile(timer=None, bias=None). bias: seconds (the timer's units) an event costs."""

    bias = 0

    def __init__(self, timer=None, bias=None):
        if bias is not None:
            self.bias = bias
        self.cmd = ""
        super().__init__(biased(scalar(timer or time.process_time), self.bias))

    def set_cmd(self, cmd):
        """The name of the row that stands for all that is profiled."""
        self.cmd = self.cmd or cmd

    def runctx(self, cmd, globals, locals):
        self.set_cmd(cmd)
        return super().runctx(cmd, globals, locals)

    def runcall(self, func, /, *args, **kw):
        self.set_cmd(repr(func))
        return super().runcall(func, *args, **kw)

    def snapshot_stats(self):
        self.stats = as_profile(self._snapshot(), self.cmd)

    def calibrate(self, m, verbose=0):
        """What to give as bias: what an event costs, in seconds, from m calls with and without."""
        def nothing():
            pass

        def calls():
            for _ in range(m):
                nothing()

        before = time.process_time()
        calls()
        bare = time.process_time() - before
        watched = Profile(bias=0)
        watched.runcall(calls)
        watched.create_stats()
        told = sum(row[2] for row in watched.stats.values())
        cost = max(0.0, (told - bare) / (2 * m))
        if verbose:
            print("elapsed time without profiler: %g, with: %g, an event costs %g" % (bare, told, cost))
        return cost


def scalar(timer):
    """profile's timers may give (user, system)."""
    try:
        len(timer())
    except TypeError:
        return timer
    return lambda: sum(timer())


def biased(timer, bias):
    """Every event reads the timer once: what comes between two of them is less by one bias."""
    if not bias:
        return timer
    offsets = itertools.count(0, -bias)
    return lambda: timer() + next(offsets)


def as_profile(stats, cmd):
    """A dict of cProfile's as profile would have made it."""
    top = ("profile", 0, cmd)
    made = {("profile", 0, "profiler"): (0, 0, 0, 0, {})}
    for key, (cc, nc, tt, ct, callers) in stats.items():
        old = made.get(name_of(key), (0, 0, 0, 0, {}))
        counts = old[4]
        for caller, (calls, *_) in callers.items():
            counts[name_of(caller)] = counts.get(name_of(caller), 0) + calls
        made[name_of(key)] = old[0] + cc, old[1] + nc, old[2] + tt, old[3] + ct, counts
    for key, (cc, nc, tt, ct, counts) in made.items():
        if nc > sum(counts.values()):  # called by what was not profiled
            counts[top] = nc - sum(counts.values())
    total = sum(row[2] for row in made.values())
    made[top] = (1, 1, 0, total, {("profile", 0, "profiler"): 1})
    return made


def run(statement, filename=None, sort=-1):
    """As sonde.profile.run."""
    import __main__
    runctx(statement, __main__.__dict__, __main__.__dict__, filename, sort)


runctx = functools.partial(profile.runctx, profiler=Profile)


if __name__ == "__main__":
    from sonde import pure, program  # not this module, which is the program's place
    program.main(pure.Profile)
