# SPDX-License-Identifier: Apache-2.0
"""Processes that are measured: each in a group of its own, none left behind."""

import contextlib
import os
import signal
import subprocess
import sys


class Failure(Exception):
    """A program that could not be measured; the message says why."""


class Interrupts:
    """SIGINT and SIGTERM are KeyboardInterrupt, but never while a process is started:
    it would be nobody's."""

    def __init__(self):
        self.held = self.came = False

    def take(self, *_):
        self.came = True
        self.let()

    def let(self):
        if self.came and not self.held:
            self.came = False
            raise KeyboardInterrupt

    def install(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.take)


interrupts = Interrupts()


@contextlib.contextmanager
def started(command, **options):
    """The process, which has ended when the block ends, with all of its group."""
    interrupts.held = True
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0, **options)
    try:
        interrupts.held = False
        interrupts.let()
        yield child
    except BaseException:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
        raise


def output(command, **options):
    """What it prints, text."""
    with started(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                 **options) as child:
        said, errors = child.communicate(timeout=300)
    if child.returncode != 0:
        why = errors.strip().splitlines()[-1:] or [f"exit status {child.returncode}"]
        raise Failure(why[0])
    return said


def cpu_ms(command, **options):
    """Processor time of the process and of those it waited for."""
    with started(command, **options) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failure(f"exit status {child.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1e3


@contextlib.contextmanager
def busy(count):
    """So many processes that do nothing else than use up a processor."""
    with contextlib.ExitStack() as stack:
        children = [stack.enter_context(started([sys.executable, "-c", "while True: pass"])) for _ in range(count)]
        try:
            yield children
        finally:
            for child in children:
                child.kill()
                child.wait()


def run(main):
    """A bench: main()'s status, 130 where it was interrupted, one line where a program failed."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except Failure as error:
        sys.exit(f"bench: {error}")
