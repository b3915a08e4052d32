# SPDX-License-Identifier: Apache-2.0
"""What the module cProfile offers, by sonde's engine: run, runctx, Profile, and its command line.

    python -m sonde.profile [-o OUT.pstats] [-s KEY] (-m MODULE | SCRIPT) [ARG...]

Unlike cProfile the program starts as itself (its own __main__, so that its workers can be pickled)
and its exit status is kept.
"""
import marshal

from sonde import whole
from sonde._profile import Profiler, hide

__all__ = ["run", "runctx", "Profile"]

hide(whole.write)


class Profile(Profiler):
    """A cProfile.Profile: Profile(timer=None, timeunit=0.0, subcalls=True, builtins=True).

    Counts the calls of the thread that enables it and of the threads started from there while it is
    on. Several may be on at once: each thread's calls are counted by the one enabled there last, and
    what is counted inside another one's time is that one's as well.
    timer: called at every event; without timeunit it gives seconds, else so many timeunits.
    """

    def create_stats(self):
        """Stop, and make `stats`: {(file, line, name): (primitive calls, calls, self, cumulative, callers)}."""
        self.disable()
        self.snapshot_stats()

    def snapshot_stats(self):
        """The same without stopping. Functions that share file, line and name are added, not overwritten."""
        self.stats = self._snapshot()

    def dump_stats(self, file):
        """Stop, and write a .pstats file."""
        whole.write(file, self._dumped)

    @hide
    def _dumped(self):
        self.create_stats()
        return marshal.dumps(self.stats, whole.MARSHAL_VERSION)

    def print_stats(self, sort=-1):
        """Stop, and print what was counted; sort: a key, or a tuple of keys."""
        from sonde.stats import Stats
        keys = sort if isinstance(sort, tuple) else (sort,)
        Stats(self).strip_dirs().sort_stats(*keys).print_stats()

    def run(self, cmd):
        """Profile a statement in the namespace of __main__."""
        import __main__
        return self.runctx(cmd, __main__.__dict__, __main__.__dict__)

    def runctx(self, cmd, globals, locals):
        """Profile a statement, or compiled code."""
        self.enable()
        try:
            exec(cmd, globals, locals)
        finally:
            self.disable()
        return self


def label(code):
    """What pstats calls an entry of getstats(): (file, line, name)."""
    if isinstance(code, str):
        return ("~", 0, code)
    return (code.co_filename, code.co_firstlineno, code.co_name)


def run(statement, filename=None, sort=-1):
    """Profile a statement in the namespace of __main__; print, or write to filename.

    A SystemExit of the statement ends the statement alone.
    """
    import __main__
    runctx(statement, __main__.__dict__, __main__.__dict__, filename, sort)


def runctx(statement, globals, locals, filename=None, sort=-1, profiler=Profile):
    """The same in namespaces of the caller's."""
    profile = profiler()
    try:
        profile.runctx(statement, globals, locals)
    except SystemExit:
        pass
    finally:
        show(profile, filename, sort)


def show(profile, filename, sort):
    """Write what was counted, or print it."""
    if filename is None:
        profile.print_stats(sort)
    else:
        profile.dump_stats(filename)


if __name__ == "__main__":
    from sonde import profile, program  # not this module, which is the program's place
    program.main(profile.Profile, sort=2)
