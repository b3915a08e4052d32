# SPDX-License-Identifier: Apache-2.0
"""dumps.py: pstats and sonde report --pstats over big dumps in turn, whole process against whole process.

Processor time, and ours in memory; the median of each and the spread of the ratio over the rounds. A full run
writes bench/dumps.json and bench/dumps.md; any other writes the same to build/bench/.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import figures
import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
FUNCTIONS, FULL_ROUNDS = 50000, 7
TOP = ".Stats(*files).sort_stats('time').print_stats(100)"
CALLERS = ".Stats(*files).sort_stats('time').print_callers(100)"
PACKAGE = next((ROOT / "build/venv").glob("lib/python3*/site-packages/sonde"))
SUBJECTS = [  # name, what it is at least times as fast as, pstats' way, our command's, how many files
    ("top 100 of one", 25, TOP, [], 1),
    ("callers of 100 of four merged", 50, CALLERS, ["--callers"], 4),
    ("top 100 of one, by sonde.Stats in Python", 15, TOP, None, 1),
    ("callers of 100 of four merged, by sonde.Stats", 15, CALLERS, None, 4),
]
TEN_TIMES = 11  # a file ten times as large costs at most so many times as much
MEMORY = 4      # times the file


def pythons():
    lines = subprocess.run([ROOT / "tool/pythons"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    return lines[0]


def spent(command, folder):
    """(processor time in ms, peak memory in bytes)"""
    with process.started(command, cwd=folder, stdout=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise process.Failure(f"{command[0]}: exit status {child.returncode}")
    return (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss * 1024


def in_python(python, module, what, files):
    return [python, "-c", f"import {module}, sys; files = sys.argv[1:]; {module}{what}", *files]


def both(python, subject, files):
    """The two commands that print the same."""
    _, _, what, options, _ = subject
    return (in_python(python, "pstats", what, files),
            in_python(python, "sonde", what, files) if options is None else command(options, files))


def command(options, files):
    return [SONDE, "report", "--pstats", "-s", "time", "-n", "100", *options, *files]


def same_text(commands, folder):
    """What is compared prints the same."""
    texts = [subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout for command in commands]
    return texts[0] == texts[1]


def measure(python, subject, folder, rounds, progress):
    name, bound, _, _, count = subject
    files = [f"{n}.prof" for n in range(count)]
    commands = both(python, subject, files)
    if not same_text(commands, folder):
        raise process.Failure(f"{name}: the texts differ")
    found = []
    for n in range(rounds):
        progress(f"{name}: {n + 1} of {rounds}")
        pair = [spent(command, folder) for command in commands]
        found.append({"pstats_ms": pair[0][0], "sonde_ms": pair[1][0], "ratio": pair[0][0] / pair[1][0],
                      "memory": pair[1][1] / sum((folder / f).stat().st_size for f in files)})
    ratios = [f["ratio"] for f in found]
    return {"name": name, "bound": bound, **figures.medians(found), "ratios": [min(ratios), max(ratios)]}


def measure_size(folder, rounds, progress):
    """Ours over a file, and over one ten times as large, in turn."""
    found = []
    for n in range(rounds):
        progress(f"ten times as large: {n + 1} of {rounds}")
        small, large = (spent(command([], [f]), folder)[0] for f in ("0.prof", "ten.prof"))
        found.append({"small_ms": small, "large_ms": large, "ratio": large / small})
    ratios = [f["ratio"] for f in found]
    return {"bound": TEN_TIMES, **figures.medians(found), "ratios": [min(ratios), max(ratios)]}


def table(results):
    lines = ["| big dumps, processor time | pstats | sonde | times as fast | at least | memory, of the files |",
             "|---|---|---|---|---|---|"]
    for row in results["subjects"]:
        low, high = row["ratios"]
        lines.append(f"| {row['name']} | {row['pstats_ms'] / 1e3:.2f} s | {row['sonde_ms']:.0f} ms | **{row['ratio']:.0f}**"
                     f" {low:.0f}-{high:.0f} | {row['bound']} | {row['memory']:.1f} x |")
    size = results["size"]
    low, high = size["ratios"]
    lines.append(f"| a dump ten times as large | | {size['large_ms']:.0f} ms | {size['ratio']:.1f} x the time"
                 f" {low:.1f}-{high:.1f} | at most {size['bound']} | |")
    return "\n".join(lines) + "\n"


def parse(argv):
    parser = argparse.ArgumentParser(prog="dumps.py", description=__doc__.partition(":")[2].partition("\n")[0])
    parser.add_argument("-n", "--rounds", type=int, default=FULL_ROUNDS, metavar="N")
    parser.add_argument("--python", metavar="PATH", help="whose pstats (default: the newest)")
    parser.add_argument("--functions", type=int, default=FUNCTIONS, metavar="N",
                        help="of a dump (default %(default)s)")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER")
    args = parser.parse_args(argv)
    full = args.rounds >= FULL_ROUNDS and args.functions == FUNCTIONS
    args.output = args.output or (HERE if full else ROOT / "build/bench")
    return args


def show(line):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line[:79]:79}\r")


def main():
    args = parse(sys.argv[1:])
    process.interrupts.install()
    python = args.python or pythons()
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build/bench") as name:
        folder = pathlib.Path(name)
        (folder / "sonde").symlink_to(PACKAGE)  # where Python finds it
        show("making dumps")
        for name, functions, seed in [(n, args.functions, n) for n in range(4)] + [("ten", 10 * args.functions, 10)]:
            # A process of its own: a child's peak of memory begins with its parent's.
            subprocess.run([sys.executable, HERE / "big_dump.py", folder / f"{name}.prof", str(functions), str(seed)],
                           check=True)
        subjects = [measure(python, subject, folder, args.rounds, show) for subject in SUBJECTS]
        results = {"schema": "sonde.bench.dumps/1", "rounds": args.rounds, "functions": args.functions,
                   "bytes": (folder / "0.prof").stat().st_size, "subjects": subjects,
                   "size": measure_size(folder, args.rounds, show)}
    show("")
    suite.publish(args.output, "dumps", results, table(results))
    print(table(results), end="")
    return 0


if __name__ == "__main__":
    process.run(main)
