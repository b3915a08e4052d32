# SPDX-License-Identifier: Apache-2.0
"""sonde.Stats: pstats.Stats over any file sonde reads, its tables kept and printed in C."""
import os
import pstats
import re

from sonde._stats import Table

# What pstats keeps of a profile in Python objects; ours makes them when somebody asks.
LATER = frozenset(["stats", "fcn_list", "total_calls", "prim_calls", "total_tt", "max_name_len",
                   "top_level", "all_callees"])
# A subclass that defines one of these prints, or counts, in its own way.
OWN = ("load_stats", "get_top_level_stats", "get_sort_arg_defs", "calc_callees", "eval_print_amount",
       "get_print_list", "print_call_heading", "print_call_subheading", "print_call_line", "print_line",
       "print_title")
# Read alike by Python's regular expressions and the engine's.
PLAIN = re.compile(r"[\w /:,'\"<>~.-]*", re.ASCII)


class Stats(pstats.Stats):
    """Stats(*sources, stream=None): a pstats.Stats.

    A source is the path of any file sonde reads (a .pstats of any Python, a recording), or a profiler.
    Nothing is made into Python objects until `stats` or the like is asked for; from then on it is
    pstats' own code that works on them.
    """

    _table = None

    def init(self, arg):
        self._table = None
        if not is_source(arg) or not self._prints_as_pstats():
            super().init(arg)
            return
        for name in LATER:
            self.__dict__.pop(name, None)
        self.files = []
        self.sort_arg_dict = {}
        self._table = self._read(arg)

    def _read(self, arg):
        if arg is None:
            return Table()
        table = Table(os.fspath(arg))
        if not len(table):
            raise TypeError("Cannot create or construct a %r object from %r" % (self.__class__, arg))
        self.files = [table.origin]
        return table

    def load_stats(self, arg):
        if not is_source(arg):
            super().load_stats(arg)
            return
        table = self._read(arg)
        self.stats = table.stats()
        self._become(table)

    def _become(self, table):
        if table.sampled and not isinstance(self, SampledStats):
            self.__class__ = SampledStats

    def _prints_as_pstats(self):
        return all(getattr(type(self), name, None) is getattr(Stats, name, None) for name in OWN)

    def _leave(self):
        """From now on Python objects, and what pstats does with them."""
        table, self._table = self._table, None
        self.stats = table.stats()
        self.fcn_list = table.order()
        self.all_callees = None
        self.total_calls, self.prim_calls, self.total_tt, self.max_name_len = table.totals()
        self.top_level = set()
        self._become(table)

    def __getattr__(self, name):
        if name not in LATER or self.__dict__.get("_table") is None:
            raise AttributeError("%r object has no attribute %r" % (type(self).__name__, name))
        self._leave()
        return self.__dict__[name]

    def __setattr__(self, name, value):
        if name in LATER and self.__dict__.get("_table") is not None:
            self._leave()
        object.__setattr__(self, name, value)

    def __getstate__(self):
        if self._table is not None:
            self._leave()
        return self.__dict__

    def add(self, *arg_list):
        for arg in reversed(arg_list):
            item = arg if type(arg) is type(self) else Stats(arg)
            if self._table is not None and item._table is not None:
                self._table.add(item._table)
                self.files += item.files
            else:
                super().add(item if type(item) is type(self) else as_type_of(self, item))
        return self

    def dump_stats(self, filename):
        """Write a .pstats file that every Python from 3.4 on reads."""
        table = self._table
        if table is None:
            super().dump_stats(filename)
            return
        with open(filename, "wb") as file:
            file.write(table.marshal())

    def sort_stats(self, *field):
        if self._table is None:
            return super().sort_stats(*field)
        self.sort_type = self._table.sort(field)
        return self
