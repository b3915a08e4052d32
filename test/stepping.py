# SPDX-License-Identifier: Apache-2.0
"""Statements stepped in a Python, and what their logs come to.

As `sonde timeit` does it: nothing at random places, one seed of hashes, all names bound.
"""

import ctypes
import json
import pathlib
import platform
import subprocess

import pytest

from counting import packages_in

ROOT = pathlib.Path(__file__).resolve().parent.parent
INSIDE = ROOT / "test/step_inside.py"
DUMP = ROOT / "build/dev/test/unit/step_dump"
PARTS = ["bytecode", "calls", "native", "allocation", "gc", "vdso", "kernel_entry", "unexplained"]

x86_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions are stepped on x86-64 alone")


def nothing_at_random():
    ctypes.CDLL(None).personality(0x0040000)  # ADDR_NO_RANDOMIZE


class Stepper:
    def __init__(self, python, sonde, env, folder):
        self.python, self.folder = python, folder
        self.env = env | {"PYTHONHASHSEED": "0", "LD_BIND_NOW": "1", "PYTHONDONTWRITEBYTECODE": "1",
                          "PYTHONPATH": str(packages_in(folder, sonde))}

    def run(self, *statements, setup="", after="", warm=3000, loops=6, limit_ns=2_000_000_000, single=False,
            **options):
        """How many loops of each were stepped, and the finished process."""
        wanted = self.folder / "wanted.json"
        wanted.write_text(json.dumps({"setup": setup, "after": after, "statements": statements, "warm": warm,
                                      "loops": loops, "limit_ns": limit_ns, "single": single}))
        done = subprocess.run([self.python, INSIDE, wanted, self.folder], cwd=self.folder, env=self.env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=250, preexec_fn=nothing_at_random, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]), done

    def split(self, number, less=None):
        """The log of that statement as step_dump gives it, less that of another."""
        words = [DUMP, *(self.folder / f"{n}.steps" for n in (number, less) if n is not None)]
        done = subprocess.run(words, check=True, text=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def splits(self, *statements, **options):
        """Of each statement its split, less the empty statement's."""
        self.run("pass", *statements, **options)
        return [check_sums(self.split(number + 1, 0)) for number in range(len(statements))]


def check_sums(split):
    """Parts, rows and the tree each sum to the total; what is inclusive includes."""
    assert list(split["parts"]) == PARTS
    assert sum(split["parts"].values()) == split["total"]
    assert sum(row["self"] for row in split["rows"]) == split["total"]
    for part, count in split["parts"].items():
        assert sum(row["self"] for row in split["rows"] if row["part"] == part) == count
    nodes = split["nodes"]
    assert sum(node[2] for node in nodes) == split["total"] == nodes[0][3]
    below = [0] * len(nodes)
    for parent, _, _, inclusive, _ in nodes[1:]:
        below[parent] += inclusive
    for number, (parent, row, own, inclusive, _) in enumerate(nodes):
        assert inclusive == own + below[number] and (number == 0) == (row == -1) and parent <= number
    return split


def row(split, function, part=None):
    """The one row of that function."""
    [found] = [r for r in split["rows"] if function in (r["function"], r["symbol"])
               and part in (None, r["part"])]
    return found
