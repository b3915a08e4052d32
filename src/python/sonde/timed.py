# SPDX-License-Identifier: Apache-2.0
"""sonde.timeit(): what the command `sonde timeit` does, as an object."""
import json
import subprocess
import sys


class Timing:
    """What sonde.timeit() found: figures as attributes, the report as its repr and str.

    statements   a Timed of each, comparisons   a Compared of each later one beside the first;
    data         all of it: the JSON of `sonde timeit --json` (doc/timeit.md)
    """

    def __init__(self, data):
        self.text = data.pop("text")
        self.data = data
        self.python = data["python"]["version"]
        self.notes = data["notes"]
        self.statements = [Timed(each) for each in data["statements"]]
        self.comparisons = [Compared(each) for each in data["comparisons"]]

    def __repr__(self):
        return self.text.rstrip("\n")


class Timed:
    """A statement: seconds a loop, as timeit has seconds. data: its part of the JSON."""

    def __init__(self, data):
        self.data = data
        self.statement = data["statement"]
        for name in ("median", "mean", "min"):
            setattr(self, name, data["ns"][name] / 1e9)
        self.ci95 = data["ns"]["ci95"] and tuple(each / 1e9 for each in data["ns"]["ci95"])
        self.because = data["because"]

    def __repr__(self):
        return "<%r: %.4g s a loop>" % (self.statement, self.median)


class Compared:
    """Two statements, by their places in `statements`. data: its part of the JSON."""

    def __init__(self, data):
        self.data = data
        self.a, self.b, self.ratio, self.verdict = data["a"], data["b"], data["ratio"], data["verdict"]
        self.ci95 = data["ci95"] and tuple(data["ci95"])
        self.because = data["because"]

    def __repr__(self):
        return "<%s: %s>" % (self.verdict, self.ratio)


def timeit(*statements, setup="pass", number=0, repeat=None, process=False, precise=False, why=True, python=None,
           across=(), limit=None):
    """Time statements beside each other, each in fresh Pythons, and say which is faster and why.

    A statement is text, as for timeit.timeit, "FILE.py:FUNCTION", or a function of a module's own, which is
    called without arguments. They find what `setup` makes, not what is here: it is another process.
    number, repeat: loops a launch, and launches, where they are not to be chosen. why=False steps none.
    python, across: other Pythons than this one. Returns a Timing; a statement that fails raises RuntimeError.
    """
    if "sonde_loops" in sys.modules:  # a file that is timed does so where it is imported
        raise RuntimeError("cannot time: this Python is itself timed (put it under if __name__ == '__main__')")
    from sonde.__main__ import command
    binary = command()
    if binary is None:
        raise RuntimeError("cannot start: sonde: not beside this Python nor on PATH (pip install sonde brings it)")
    words = [binary, "timeit", "--with-text", "-s", setup, "-n", str(number)]
    words += ["-r", str(repeat)] if repeat is not None else []
    words += ["-p"] if process else []
    words += ["--precise"] if precise else []
    words += [] if why else ["--no-why"]
    words += ["--limit", str(limit)] if limit is not None else []
    words += ["--across", ",".join(across)] if across else ["--python", python or sys.executable]
    words += ["--", *map(text_of, statements)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode != 0:
        raise (ValueError if done.returncode == 2 else RuntimeError)(done.stderr.rstrip("\n"))
    return Timing(json.loads(done.stdout))


def text_of(statement):
    """What the command is told of it."""
    if isinstance(statement, str):
        return statement
    module = sys.modules.get(getattr(statement, "__module__", None))
    name, file = getattr(statement, "__qualname__", ""), getattr(module, "__file__", None) or ""
    here = module
    for part in name.split("."):
        here = getattr(here, part, None)
    if here is not statement or not file.endswith(".py"):
        raise TypeError("neither text nor a function that a file has by its name: %r" % (statement,))
    return "%s:%s" % (file, name)
