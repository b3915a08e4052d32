# SPDX-License-Identifier: Apache-2.0
"""sonde.Stats: pstats.Stats over any file sonde reads, its tables kept and printed in C."""
import marshal
import os
import pstats
import re
import sys

from sonde import whole
from sonde._stats import Table

# What pstats keeps of a profile in Python objects: made when somebody asks.
LATER = frozenset(["stats", "fcn_list", "total_calls", "prim_calls", "total_tt", "max_name_len",
                   "top_level", "all_callees"])
# A subclass with one of these of its own reads, sorts or prints in its own way.
HOOKS = ("load_stats", "get_top_level_stats", "get_sort_arg_defs", "calc_callees", "eval_print_amount",
         "get_print_list", "print_call_heading", "print_call_subheading", "print_call_line", "print_line",
         "print_title")
# Of characters that mean the same to Python's regular expressions and to the engine's.
PLAIN = re.compile(r"[\w /:,'\"<>~.-]*", re.ASCII)


class Stats(pstats.Stats):
    """Stats(*sources, stream=None): a pstats.Stats.

    A source is the path of any file sonde reads (a .pstats of any Python, a recording), or a profiler.
    Nothing is made into Python objects until `stats` or the like is asked for; from then on it is
    pstats' own code that works on them.
    """

    _table = None  # what it holds, as long as nobody has asked
    _has_callees = False

    def init(self, arg):
        self._table = None
        if not is_path(arg) or not self._is_plain():
            super().init(arg)
            return
        for name in LATER:
            self.__dict__.pop(name, None)
        self.files = []
        self.sort_arg_dict = {}
        self._table = self._read(arg)

    def load_stats(self, arg):
        if isinstance(arg, profilers()):  # one that has counted nothing has a table without rows
            arg.create_stats()
            self.stats, arg.stats = arg.stats, {}
            return
        if arg is None or not is_path(arg):
            super().load_stats(arg)
            return
        table = self._read(arg)
        self.stats = table.stats()
        self._become(table)

    def _read(self, arg):
        if arg is None:
            return Table()
        os.stat(arg)  # says in Python's own words what is not there
        table = Table(arg)
        if not len(table):
            raise TypeError("Cannot create or construct a %r object from %r" % (type(self), arg))
        self.files = table.files
        return table

    def _is_plain(self):
        kind = SampledStats if isinstance(self, SampledStats) else Stats
        return all(getattr(type(self), name, None) is getattr(kind, name, None) for name in HOOKS)

    def _become(self, table):
        if table.sampled and type(self) is Stats:
            self.__class__ = SampledStats
            self.sort_arg_dict = sampled_keys()

    def _leave(self):
        """From now on it holds Python objects."""
        table, self._table = self._table, None
        self.stats = table.stats()
        self.fcn_list = table.order()
        self.all_callees = None
        self.total_calls, self.prim_calls, self.total_tt, self.max_name_len = table.totals()
        self.top_level = set()
        if self._has_callees:  # pstats goes on with those it has, whatever is added
            self._has_callees = False
            self.calc_callees()
        self._become(table)

    def __getattr__(self, name):
        if name not in LATER or self._table is None:
            raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
        self._leave()
        return self.__dict__[name]

    def __setattr__(self, name, value):
        if name in LATER and self._table is not None:
            self._leave()
        object.__setattr__(self, name, value)

    def __getstate__(self):
        if self._table is not None:
            self._leave()
        return self.__dict__

    def add(self, *arg_list):
        if arg_list and self._has_callees:
            self._leave()
        for arg in reversed(arg_list):
            other = arg if isinstance(arg, pstats.Stats) else Stats(arg)
            if self._table is not None and getattr(other, "_table", None) is not None:
                self._table.add(other._table)
                self.files += other.files
            elif other.stats:
                super().add(other if type(other) is type(self) else Made(other))
                self.files += [] if type(other) is type(self) else other.files
        return self

    def dump_stats(self, filename):
        """Write a .pstats file that every Python from 3.4 on reads."""
        if self._table is None:
            whole.write(filename, lambda: marshal.dumps(self.stats, whole.MARSHAL_VERSION))
            return
        whole.write(filename, self._table.marshal)

    def sort_stats(self, *field):
        words = [getattr(word, "value", word) for word in field]
        if self._table is not None and (not self._table.knows(*words) or len(set(map(type, field))) != 1):
            self._leave()  # pstats says what is wrong with them, and what it comes to
        if self._table is None:
            return super().sort_stats(*field)
        self.sort_type = self._table.sort(*words)
        return self

    def reverse_order(self):
        if self._table is None:
            return super().reverse_order()
        self._table.reverse()
        return self

    def strip_dirs(self):
        if self._table is None:
            return super().strip_dirs()
        self._table.strip_dirs()
        self._has_callees = False
        return self

    def _print(self, what, amount):
        """Print it from the table; gives the text, or None: that is to be left to pstats."""
        if self._table is None or self.files != self._table.files or not all(map(is_plain, amount)):
            return None
        text = getattr(self._table, what)(*amount)
        print(text, end="", file=self.stream)
        return text

    def print_stats(self, *amount):
        return super().print_stats(*amount) if self._print("stats_text", amount) is None else self

    def print_callers(self, *amount):
        return super().print_callers(*amount) if self._print("callers_text", amount) is None else self

    def print_callees(self, *amount):
        text = self._print("callees_text", amount)
        if text is None:
            return super().print_callees(*amount)
        self._has_callees = self._has_callees or text != ""
        return self


class SampledStats(Stats):
    """What 3.15's sampler wrote: counts are samples."""

    def print_call_subheading(self, name_size):
        print(" " * name_size + "    nsamples  tottime  cumtime", file=self.stream)

    def print_call_heading(self, name_size, column_title):
        print("Function ".ljust(name_size) + column_title, file=self.stream)
        for callers in (row[4] for row in self.stats.values()):
            if callers:
                if isinstance(next(iter(callers.values())), tuple):
                    self.print_call_subheading(name_size)
                return

    def print_title(self):
        print(" nsamples  tottime persample cumtime persample filename:lineno(function)", file=self.stream)


def sampled_keys():
    """pstats' sort keys, by the names that samples have there."""
    keys = dict(pstats.Stats.sort_arg_dict_default)
    for name, sampled in (("calls", "samples"), ("ncalls", "nsamples")):
        keys[sampled] = (keys.pop(name)[0], "sample count")
    keys["psamples"] = keys.pop("pcalls")
    return keys


class Made:
    """A profiler to pstats, which takes over what others of its kind have counted."""

    def __init__(self, other):
        self.stats = dict(other.stats)

    def create_stats(self):
        pass


def is_plain(word):
    """Whether the engine takes a restriction as pstats does."""
    return type(word) in (int, float) or type(word) is str and PLAIN.fullmatch(word) is not None


def profilers():
    """Our class of them, where it was loaded: subinterpreters cannot."""
    return getattr(sys.modules.get("sonde._profile"), "Profiler", ())


def is_path(arg):
    return arg is None or isinstance(arg, (str, os.PathLike))
