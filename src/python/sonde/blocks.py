# SPDX-License-Identifier: Apache-2.0
"""sonde.profiled(): a block, or what a function does, profiled and printed."""
import functools
import inspect
import sys

from sonde._profile import aside, hide
from sonde.profile import Profile


class Profiled:
    """profiled(restrictions=(100,), sort="cumulative", callers=True, stream=None)

    Count what is called inside, and print it at the end as pstats does, callers too:

        with sonde.profiled():
            suspect()

        @sonde.profiled(restrictions=(20, "mypackage"), sort="time")
        async def handler(request): ...

    restrictions: as for pstats' print_stats. sort: a key of pstats, or a tuple of keys. stream: where
    to print, sys.stdout unless given; False prints nothing. `with ... as profile` gives the Profile,
    whose stats can be dumped or printed otherwise.
    A function is profiled call by call: a generator from its first to its last step, a coroutine while
    it runs itself, not while it waits.
    """

    def __init__(self, restrictions=(100,), sort="cumulative", callers=True, stream=None):
        self.restrictions = restrictions
        self.sort = sort if isinstance(sort, tuple) else (sort,)
        self.callers = callers
        self.stream = stream
        self.inside = None  # (Profile, what was before): it may be entered again inside itself

    @hide
    def __enter__(self):
        profile = Profile()
        self.inside = profile, self.inside
        profile._enable()
        return profile

    @hide
    def __exit__(self, *error):
        profile, self.inside = self.inside
        profile._disable()
        self.show(profile)

    @hide
    def show(self, profile):
        """Print what was counted; profiles around it count nothing of that."""
        if self.stream is not False:
            aside(lambda: self.print(profile))

    def print(self, profile):
        from sonde.stats import Stats
        stats = Stats(profile, stream=self.stream or sys.stdout).sort_stats(*self.sort)
        stats.print_stats(*self.restrictions)
        if self.callers:
            stats.print_callers(*self.restrictions)

    def __call__(self, function):
        for kind, wrap in KINDS:
            if kind(function):
                return wrap(self, function)
        return wrap_function(self, function)


def wrap_function(block, function):
    @functools.wraps(function)
    @hide
    def profiled(*args, **keywords):
        profile = Profile()
        try:
            return profile.runcall(function, *args, **keywords)
        finally:
            block.show(profile)
    return profiled


def wrap_generator(block, function):
    @functools.wraps(function)
    @hide
    def profiled(*args, **keywords):
        profile = Profile()
        try:
            return (yield from Driven(profile, function(*args, **keywords)))
        finally:
            block.show(profile)
    return profiled


def wrap_coroutine(block, function):
    @functools.wraps(function)
    @hide
    async def profiled(*args, **keywords):
        profile = Profile()
        try:
            return await Driven(profile, function(*args, **keywords))
        finally:
            block.show(profile)
    return profiled


def wrap_async_generator(block, function):
    @functools.wraps(function)
    @hide
    async def profiled(*args, **keywords):
        profile = Profile()
        inner = function(*args, **keywords)
        step = inner.asend(None)
        try:
            while True:
                try:
                    item = await Driven(profile, step.__await__())
                except StopAsyncIteration:
                    return
                try:
                    step = inner.asend((yield item))
                except GeneratorExit:
                    await Driven(profile, inner.aclose().__await__())
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
        finally:
            block.show(profile)
    return profiled


class Driven:
    """A generator, a coroutine or an awaitable's iterator, with the profile on while it runs."""

    def __init__(self, profile, inner):
        self.call = profile.runcall
        self.inner = inner

    def __iter__(self):
        return self

    __await__ = __iter__

    @hide
    def __next__(self):
        return self.call(self.inner.send, None)

    @hide
    def send(self, value):
        return self.call(self.inner.send, value)

    @hide
    def throw(self, *error):
        return self.call(self.inner.throw, *error)

    @hide
    def close(self):
        self.call(self.inner.close)


KINDS = [
    (inspect.isasyncgenfunction, wrap_async_generator),
    (inspect.iscoroutinefunction, wrap_coroutine),
    (inspect.isgeneratorfunction, wrap_generator),
]
