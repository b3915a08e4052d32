# SPDX-License-Identifier: Apache-2.0
"""Rows of calls as sonde, cProfile and the truth have them, brought to one form.

A row is (label, calls, primitive calls, ((caller's label, calls, primitive calls), ...)),
a label (file, line, name). Rows are sorted, so that functions of one label stay several.
"""

import json
import os
import pathlib
import re
import subprocess

INSIDE = pathlib.Path(__file__).parent / "count_inside.py"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Counter:
    """Runs programs in one Python, in a folder of its own."""

    def __init__(self, python, sonde, env, folder):
        self.python, self.sonde, self.folder = python, sonde, folder
        self.env = env | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
                          "PYTHONPATH": str(packages_in(folder, sonde))}

    def add_path(self, path):
        self.env["PYTHONPATH"] += os.pathsep + str(path)

    def run(self, way, program, out):
        done = subprocess.run([self.python, INSIDE, way, out, program], cwd=self.folder, env=self.env,
                              text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=250)
        assert done.returncode == 0, f"{way}: {done.stdout}"
        return done.stdout

    def rows(self, way, program):
        """way: cprofile, profile or truth."""
        out = self.folder / f"{program.stem}.{way}.json"
        self.run(way, program, out)
        ours = ("<method 'disable' of '_lsprof.Profiler' objects>", "<built-in method sys.setprofile>")
        return canonical([row for row in json.loads(out.read_text()) if row[0][2] not in ours])

    def record(self, program):
        recording = self.folder / f"{program.stem}.sonde"
        self.run("sonde", program, recording)
        return recording

    def report(self, recording, *options):
        done = subprocess.run([self.sonde, "report", "--json", *options, recording], check=True,
                              env=self.env, stdout=subprocess.PIPE, text=True, timeout=60)
        return json.loads(done.stdout)


def package_of(sonde):
    """The folder of the Python package that belongs to a command."""
    prefix = pathlib.Path(sonde).absolute().parent.parent
    return next(prefix.glob("lib/python3*/site-packages/sonde"))


def packages_in(folder, sonde):
    """A folder for PYTHONPATH in that one: with the package and nothing beside it."""
    packages = folder / "packages"
    packages.mkdir()
    (packages / "sonde").symlink_to(package_of(sonde))
    return packages


def is_generated(label):
    return label[0].startswith("<") and not label[0].startswith("<frozen ")


def summed(edges):
    """Callers of one label added up."""
    sums = {}
    for label, calls, primitive in edges:
        old = sums.get(tuple(label), (0, 0))
        sums[tuple(label)] = old[0] + calls, old[1] + primitive
    return [(label, *counts) for label, counts in sums.items()]


def canonical(rows):
    """Code made from one text again and again is one function where each died before the next.

    cProfile keeps them all alive, so that there they are many: those of one label are added up.
    """
    kept, sums = [], {}
    for label, calls, primitive, callers in rows:
        callers = [c for c in callers if not is_generated(c[0])] + \
            summed(c for c in callers if is_generated(c[0]))
        if is_generated(label):
            old = sums.get(tuple(label), (0, 0, []))
            sums[tuple(label)] = old[0] + calls, old[1] + primitive, summed([*old[2], *callers])
        else:
            kept.append((label, calls, primitive, callers))
    return sorted((tuple(label), calls, primitive, tuple(sorted((tuple(l), c, p) for l, c, p in callers)))
                  for label, calls, primitive, callers in kept + [(k, *v) for k, v in sums.items()])


def rows_of_report(report):
    """Of `sonde report --json --as-cprofile`. What was running already has no calls.

    Functions made in C that share a label are one row, as they are in cProfile.
    """
    functions = {f["id"]: f for f in report["functions"]}

    def label(f):
        return f["file"], f["line"], ADDRESS.sub(" at 0x", f["name"])

    def labelled(callers):
        return [(label(functions[id]), *counts) for id, counts in callers.items()]

    merged, rows = {}, []
    for f in functions.values():
        callers = {c["id"]: (c["calls"], c["primitive_calls"]) for c in f["callers"]
                   if functions[c["id"]]["calls"]}
        if f["calls"] and f["file"] == "~":
            merged.setdefault(label(f), []).append((f["calls"], f["primitive_calls"], callers))
        elif f["calls"]:
            rows.append((label(f), f["calls"], f["primitive_calls"], labelled(callers)))
    for name, parts in merged.items():
        edges = {}
        for caller, (calls, primitive) in (edge for part in parts for edge in part[2].items()):
            old = edges.get(caller, (0, 0))
            edges[caller] = old[0] + calls, old[1] + primitive
        rows.append((name, sum(p[0] for p in parts), sum(p[1] for p in parts), labelled(edges)))
    return canonical(rows)


def differences(ours, theirs, keep=lambda label: True):
    """What one has and the other has not, as lines to read."""
    def lines(rows, others, sign):
        left = list(others)
        for row in rows:
            if row in left:
                left.remove(row)
            elif keep(row[0]):
                yield f"{sign} {row[0]} {row[1]}/{row[2]} " + "; ".join(f"{c[0]} {c[1]}/{c[2]}" for c in row[3])

    return sorted([*lines(ours, theirs, "sonde:"), *lines(theirs, ours, "other:")],
                  key=lambda line: line[7:])


def differences_but_for_resumes(ours, theirs):
    """Where sonde.Profile's rows are ours: of generators all calls are primitive there, so that is not compared."""
    recursive = {row[0] for row in theirs if row[1] != row[2]}
    labels = recursive & {row[0] for row in ours if row[0][0] != "~" and row[1] == row[2]}

    def compared(rows):
        return [(label, calls, None if label in labels else primitive,
                 tuple((c, n, None if label in labels else p) for c, n, p in callers))
                for label, calls, primitive, callers in rows]

    return differences(compared(ours), compared(theirs))
