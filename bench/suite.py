# SPDX-License-Identifier: Apache-2.0
"""The programs, and how often each does its work: 0.2 to 0.5 s of processor time."""

import json
import pathlib
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
VERSION = "1.14.0"  # of pyperformance
FOLDER = HERE.parent / "build/bench" / f"pyperformance-{VERSION}"
BENCHMARKS = "pyperformance/data-files/benchmarks"


class Program(NamedTuple):
    name: str
    loops: int
    folder: str = ""  # of pyperformance; empty: one of ours
    args: tuple = ()

    @property
    def path(self):
        if not self.folder:
            return HERE / f"programs/{self.name}.py"
        return FOLDER / BENCHMARKS / self.folder / "run_benchmark.py"


def ours(name, loops):
    return Program(name, loops)


def theirs(name, loops, *args, folder=None):
    return Program(name, loops, f"bm_{folder or name}", args)


PROGRAMS = [
    ours("fib", 40),
    ours("methods", 30),
    ours("builtins", 28),
    ours("words", 300),
    theirs("chaos", 3),
    theirs("deepcopy", 400),
    theirs("deltablue", 80),
    theirs("float", 2),
    theirs("generators", 3),
    theirs("go", 2),
    theirs("hexiom", 25),
    theirs("json_dumps", 15),
    theirs("logging", 3000, "format"),
    theirs("nqueens", 2),
    theirs("pickle_pure_python", 28, "--pure-python", "pickle", folder="pickle"),
    theirs("pyflate", 1),
    theirs("raytrace", 1),
    theirs("regex_compile", 2),
    theirs("richards", 5),
    theirs("typing_protocols", 700, folder="typing_runtime_protocols"),
    theirs("xml_etree", 2, "--no-accelerator", "process"),
]


def fetch(programs):
    """Bring pyperformance from PyPI, if a program needs it; only its files are used."""
    if FOLDER.exists() or not any(program.folder for program in programs):
        return
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    fresh = FOLDER.with_name("fetching")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                    "--disable-pip-version-check", "--root-user-action=ignore",
                    "--upgrade", "--target", fresh, f"pyperformance=={VERSION}"], check=True)
    fresh.rename(FOLDER)


def default_python():
    """The path of 3.13, else of the newest Python here."""
    lines = subprocess.run([HERE.parent / "tool/pythons", "--headers", "--long"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return next((line.split()[0] for line in lines if line.split()[1].startswith("3.13.")), lines[0].split()[0])


def publish(folder, name, results, text):
    """What a bench found, into NAME.json and NAME.md of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / f"{name}.md").write_text(text)
