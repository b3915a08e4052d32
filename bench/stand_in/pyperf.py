# SPDX-License-Identifier: Apache-2.0
"""Stands in for pyperf: a benchmark's workload runs once, here, in the window.

As much of pyperf's interface as the programs of suite.py use.
"""

import argparse
import sys
from time import perf_counter  # noqa: F401  benchmarks take it from here

from window import repeat, window


def python_implementation():
    return sys.implementation.name


class Runner:
    def __init__(self, **_):
        self.metadata = {}
        self.argparser = argparse.ArgumentParser()
        self.args = None

    def parse_args(self, args=None):
        self.args = self.argparser.parse_args(args)
        return self.args

    def bench_func(self, name, func, *args, **_):
        window.measure(repeat, func, args, window.loops)

    def bench_time_func(self, name, time_func, *args, **_):
        """time_func times itself, which is not asked for; it does the loops as well."""
        window.measure(time_func, window.loops, *args)

    def bench_async_func(self, name, func, *args, **_):
        import asyncio

        async def work():
            for _ in range(window.loops):
                await func(*args)

        window.measure(asyncio.run, work())
