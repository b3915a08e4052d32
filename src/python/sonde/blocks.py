# SPDX-License-Identifier: Apache-2.0
"""sonde.profiled(): a block, or what a function does, profiled and printed."""
import functools
import inspect
import re
import sys

from sonde._profile import aside, hide
from sonde.profile import Profile


USUAL, CUMULATIVE = (100,), "cumulative"
SORTED = (CUMULATIVE,)
KNOWN = {SORTED}  # tuples of keys that were looked at


@hide
def profiled(restrictions=USUAL, sort=CUMULATIVE, callers=True, stream=None):
    """profiled(restrictions=(100,), sort="cumulative", callers=True, stream=None)

    Count what is called inside, and print it at the end as pstats does, callers too:

        with sonde.profiled():
            suspect()

        @sonde.profiled(restrictions=(20, "mypackage"), sort="time")
        async def handler(request): ...

    restrictions: as for pstats' print_stats, or one alone. sort: a key of pstats, or a tuple of keys.
    stream: where to print, sys.stdout unless given; False prints nothing. `with ... as profile` gives
    the Profile, whose stats can be dumped or printed otherwise. Wrong arguments are told at once.
    A function is profiled call by call: a generator from its first to its last step, a coroutine while
    it runs itself, not while it waits.
    """
    return aside(lambda: make(restrictions, sort, callers, stream))


def make(restrictions, sort, callers, stream):
    if not callable(restrictions):
        return Profiled(restrictions, sort, callers, stream)
    if sort is CUMULATIVE and callers is True and stream is None:
        return Profiled(USUAL, sort, callers, stream).decorate(restrictions)  # @sonde.profiled
    raise TypeError("sonde.profiled: a function comes alone (@sonde.profiled, or @sonde.profiled(...) with "
                    "arguments)")


class Profiled:
    """A block or a decorator, with its arguments."""

    def __init__(self, restrictions, sort, callers, stream):
        self.restrictions = restrictions
        self.sort = SORTED
        self.callers = callers
        self.stream = stream
        self.inside = None  # (Profile, what was before): it may be entered again inside itself
        if restrictions is not USUAL or sort is not CUMULATIVE or stream is not None:
            self.check(sort)

    def check(self, sort):
        """Make tuples of what may come alone, and refuse what could only fail at the end."""
        if isinstance(self.restrictions, (str, int, float)):
            self.restrictions = (self.restrictions,)
        self.sort = tuple(sort) if isinstance(sort, (tuple, list)) else (sort,)
        check_restrictions(self.restrictions)
        check_sort(self.sort)
        if not (self.stream is None or self.stream is False or hasattr(self.stream, "write")):
            raise TypeError("sonde.profiled: stream: %r cannot be written to (a file, None or False)"
                            % (self.stream,))

    @hide
    def __enter__(self):
        profile = Profile()
        self.inside = profile, self.inside
        profile._enable()
        return profile

    @hide
    def __exit__(self, kind, error, traceback):
        profile, self.inside = self.inside
        profile._disable()
        self.show(profile, error)

    @hide
    def show(self, profile, error=None):
        """Print what was counted; profiles around it count nothing of that.

        error: of the program's own, under way. It passes; what goes wrong here is a note of it.
        """
        if self.stream is not False:
            aside(lambda: self.print(profile, error))

    def print(self, profile, error):
        try:
            self.print_tables(profile)
        except Exception as ours:
            if error is None or isinstance(error, GeneratorExit):
                raise
            note(error, "sonde.profiled: not printed: %s: %s" % (type(ours).__name__, ours))

    def print_tables(self, profile):
        from sonde.stats import Stats
        stats = Stats(profile, stream=self.stream or sys.stdout).sort_stats(*self.sort)
        stats.print_stats(*self.restrictions)
        if self.callers:
            stats.print_callers(*self.restrictions)

    @hide
    def __call__(self, function):
        return aside(lambda: self.decorate(function))

    def decorate(self, function):
        if isinstance(function, (staticmethod, classmethod)):
            return type(function)(self(function.__func__))
        if isinstance(function, type) or not callable(function):
            raise TypeError("sonde.profiled: %r is no function (decorate functions and methods)" % (function,))
        for kind, wrap in KINDS:
            if kind(function):
                return wrap(self, function)
        return wrap_function(self, function)


def check_restrictions(restrictions):
    if not isinstance(restrictions, (tuple, list)):
        raise TypeError("sonde.profiled: restrictions: %r is no number, text or tuple of such"
                        % (restrictions,))
    for each in restrictions:
        if not isinstance(each, (str, int, float)):
            raise TypeError("sonde.profiled: restrictions: %r is neither number nor text" % (each,))
        try:
            re.compile(each if isinstance(each, str) else "")
        except re.error as error:
            raise ValueError("sonde.profiled: restrictions: %r is no regular expression: %s"
                             % (each, error)) from None


def check_sort(sort):
    words = tuple(getattr(word, "value", word) for word in sort)
    if not all(isinstance(word, (str, int)) for word in words):
        raise TypeError("sonde.profiled: sort: %r is no key, nor a tuple of keys" % (sort,))
    if len(set(map(type, sort))) != 1 or not (words in KNOWN or is_known(words)):
        raise ValueError("sonde.profiled: sort: no key, or one of several: %s (calls cumulative filename line "
                         "module name nfl pcalls stdname time, or enough of one; -1 to 2 alone)"
                         % ", ".join(map(repr, words)))
    KNOWN.add(words)


def is_known(words):
    from sonde._stats import Table
    return Table().knows(*words)


def note(error, text):
    """Where its traceback is printed the text stands below it."""
    try:
        error.add_note(text)
    except Exception:
        pass  # a class of its own, that takes none


def wrap_function(block, function):
    @functools.wraps(function)
    @hide
    def profiled(*args, **keywords):
        profile = Profile()
        try:
            result = profile.runcall(function, *args, **keywords)
        except BaseException as error:
            block.show(profile, error)
            raise
        block.show(profile)
        return result
    return profiled


def wrap_generator(block, function):
    @functools.wraps(function)
    @hide
    def profiled(*args, **keywords):
        profile = Profile()
        try:
            result = (yield from Driven(profile, function(*args, **keywords)))
        except BaseException as error:
            block.show(profile, error)
            raise
        block.show(profile)
        return result
    return profiled


def wrap_coroutine(block, function):
    @functools.wraps(function)
    @hide
    async def profiled(*args, **keywords):
        profile = Profile()
        try:
            result = await Driven(profile, function(*args, **keywords))
        except BaseException as error:
            block.show(profile, error)
            raise
        block.show(profile)
        return result
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
                    break
                try:
                    step = inner.asend((yield item))
                except GeneratorExit:
                    await Driven(profile, inner.aclose().__await__())
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
        except BaseException as error:
            block.show(profile, error)
            raise
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
