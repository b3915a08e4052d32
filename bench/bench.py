# SPDX-License-Identifier: Apache-2.0
"""make bench: cProfile and sonde in turn, each measurement a process of its own.

A full run writes bench/results.json and bench/results.md, a Python at a time; any other
(fewer rounds, some programs) writes the same to build/bench/.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

import figures
import process
import startup
import suite
import tables

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
VARIANTS = ["bare", "cprofile", "sonde", "cprofile-python", "sonde-python"]
FULL_ROUNDS = 15
STARTUP_ROUNDS = 100
MARKS = ("<!-- bench -->", "<!-- /bench -->")


def parse(argv):
    parser = argparse.ArgumentParser(
        prog="bench.py", description="Measure sonde beside cProfile. Takes a quarter of an"
        " hour a Python, on a machine that has nothing else to do.")
    parser.add_argument("-n", "--rounds", type=int, default=FULL_ROUNDS, metavar="N",
                        help=f"measurements of each variant (default {FULL_ROUNDS})")
    parser.add_argument("--python", action="append", metavar="PATH",
                        help="default: each that tool/pythons finds (repeatable)")
    parser.add_argument("--only", action="append", metavar="PROGRAM", default=[],
                        choices=[program.name for program in suite.PROGRAMS],
                        help="of: %(choices)s (repeatable)")
    parser.add_argument("--quick", action="store_true",
                        help="a trial of the bench itself: one round, a twentieth of the loops")
    parser.add_argument("-o", "--output", metavar="FOLDER", type=pathlib.Path,
                        help="where results.json and results.md go")
    parser.add_argument("--update-readme", action="store_true",
                        help=f"measure nothing: put bench/results.md between {' and '.join(MARKS)}"
                        " of README.md")
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error("-n: at least 1")
    if args.quick:
        args.rounds = 1
    full = args.rounds >= FULL_ROUNDS and not args.only
    args.output = args.output or (HERE if full else ROOT / "build/bench")
    return args


def pythons(named):
    """(path, version) of each."""
    if named:
        code = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        return [(path, subprocess.run([path, "-c", code], check=True, text=True,
                                      stdout=subprocess.PIPE).stdout.strip()) for path in named]
    lines = subprocess.run([ROOT / "tool/pythons", "--headers", "--long"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return [tuple(line.split()[:2]) for line in lines]


class Bench:
    """All measurements of one Python."""

    def __init__(self, args, python, version, folder):
        self.args = args
        self.python = python
        self.version = version
        self.recording = pathlib.Path(folder) / "measured.sonde"
        self.programs = [p for p in suite.PROGRAMS if not args.only or p.name in args.only]
        self.rounds = {program.name: [] for program in self.programs}
        self.failed = {}
        self.load = 0.0

    def measure(self, program, variant, seed):
        """Seconds of processor time."""
        loops = max(1, program.loops // 20) if self.args.quick else program.loops
        command = [self.python]
        if variant.startswith("sonde"):
            command = [SONDE, "run", "-q", "-o", self.recording, "--python", self.python]
            command += ["--no-builtins"] if variant == "sonde-python" else []
        command += [HERE / "measured.py", variant, str(loops), program.path, *program.args]
        env = {name: value for name, value in os.environ.items()
               if not name.startswith(("PYTHON", "SONDE"))}
        env |= {"PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
        output = process.output(command, env=env)
        if variant.startswith("sonde") and not list(self.recording.glob("*.tape")):
            raise process.Failure("sonde left no tape")
        return json.loads(output.splitlines()[-1])["cpu_s"]

    def round(self, program, turn, seed):
        """Each variant once, beginning with another one each time."""
        found = {}
        for step in range(len(VARIANTS)):
            variant = VARIANTS[(turn + step) % len(VARIANTS)]
            try:
                found[variant] = self.measure(program, variant, seed)
            except (process.Failure, subprocess.TimeoutExpired) as error:
                self.failed[program.name] = f"{program.name} ({variant}): {error}"
                return
        self.rounds[program.name].append(found)

    def run(self, progress):
        total = self.args.rounds * len(self.programs)
        for number in range(self.args.rounds):
            for place, program in enumerate(self.programs):
                progress(self.version, number * len(self.programs) + place, total, program.name)
                if program.name not in self.failed:
                    self.round(program, number + place, number + 1)
                self.load = max(self.load, os.getloadavg()[0])
        self.started = startup.measure(SONDE, self.python, self.recording,
                                       3 if self.args.quick else STARTUP_ROUNDS)

    def section(self):
        """What results.json holds of this Python; None before the first round's end."""
        programs = [figures.Program(name, rounds) for name, rounds in self.rounds.items()
                    if rounds and name not in self.failed]
        if not programs:
            return None
        return {
            "version": self.version,
            "date": datetime.date.today().isoformat(),
            "rounds": min(len(program.rounds) for program in programs),
            "load": round(self.load, 2),
            "mean": figures.mean_of(programs),
            "mean_python": figures.mean_of(programs, "added_python"),
            "startup": getattr(self, "started", None),
            "programs": [program.as_json() for program in programs],
        }


class Progress:
    """A line on a terminal, nothing elsewhere."""

    def __init__(self, pythons):
        self.pythons = pythons
        self.begun = time.monotonic()
        self.shown = sys.stderr.isatty()
        self.python = -1

    def __call__(self, version, done, total, name):
        if done == 0:
            self.python += 1
        share = (self.python + done / total) / self.pythons
        left = (time.monotonic() - self.begun) * (1 / share - 1) / 60 if share > 0.01 else None
        if self.shown:
            said = f"{version}  {done}/{total}  {name}"
            said += f", {left:.0f} min left" if left is not None else ""
            sys.stderr.write(f"\r{said[:79]:79}\r")
            sys.stderr.flush()

    def clear(self):
        if self.shown:
            sys.stderr.write("\r" + " " * 79 + "\r")


def warn_when_busy(load, at_rest):
    if load > at_rest:
        print(f"bench: this machine is busy (load {load:.1f}): the figures are worth less",
              file=sys.stderr)


def machine():
    system = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    return f"{platform.machine()}, {os.cpu_count()} processors, {system}"


def write(results, folder):
    """Sections of other Pythons stay."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    kept = json.loads(path.read_text())["pythons"] if path.exists() else {}
    results = {**results, "pythons": {**kept, **results["pythons"]}}
    text = json.dumps(results, indent=1)
    lists = re.compile(r"\[\s+([-\d., \ne]+?)\s+\]")  # of numbers: a line each
    text = lists.sub(lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    path.write_text(text + "\n")
    (folder / "results.md").write_text(tables.markdown(results))
    return path


def update_readme():
    path = ROOT / "README.md"
    before, _, rest = path.read_text().partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not end:
        sys.exit(f"bench: README.md: no {MARKS[0]} ... {MARKS[1]} to put the table between")
    table = (HERE / "results.md").read_text()
    path.write_text(f"{before}{MARKS[0]}\n{table}{MARKS[1]}{after}")


def run_all(args):
    """Exit status."""
    chosen = pythons(args.python)
    progress = Progress(len(chosen))
    status = 0
    suite.fetch([p for p in suite.PROGRAMS if not args.only or p.name in args.only])
    results = {"schema": "sonde.bench/1", "machine": machine(),
               "pyperformance": suite.VERSION, "pythons": {}}
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    warn_when_busy(os.getloadavg()[0], 0.5)
    with tempfile.TemporaryDirectory(dir=ROOT / "build/bench") as folder:
        for python, version in chosen:
            bench = Bench(args, python, version, folder)
            try:
                bench.run(progress)
            except KeyboardInterrupt:
                status = 130
            progress.clear()
            section = bench.section()
            if section:
                print(tables.text(section), end="\n\n", flush=True)
            for why in bench.failed.values():
                print(f"bench: {version}: {why}", file=sys.stderr)
                status = status or 1
            if status == 130:
                print("bench: interrupted, nothing was written", file=sys.stderr)
                return status
            if section:
                warn_when_busy(bench.load, 1.7)
                results["pythons"][version.rpartition(".")[0]] = section
                written = write(results, args.output)
                print(f"written: {os.path.relpath(written)} and .md\n", flush=True)
    return status


def main():
    args = parse(sys.argv[1:])
    process.interrupts.install()
    if args.update_readme:
        return update_readme()
    if not SONDE.exists():
        sys.exit("bench: sonde is not built (run: make build)")
    return run_all(args)


if __name__ == "__main__":
    process.run(main)
