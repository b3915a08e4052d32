# SPDX-License-Identifier: Apache-2.0
"""diff.py: does sonde diff find what is there, and nothing else? Programs of the bench, with nothing beside them.

A trial is ten runs each of a program, of the same once more, and of one in which 5 % more work was planted in one
function, by turns. Of the first two nothing may be proven, of the first and the third that function. What chance alone changes
from run to run is held still, as doc/diff.md advises: how strings are hashed, and where memory lies. A full run
writes bench/diff.json and bench/diff.md; any other the same to build/bench/.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
FULL_TRIALS, RUNS, LONGER = 50, 10, 4
STILL = ["setarch", "--addr-no-randomize"]
MOST_ALARMS, LEAST_FOUND = 1, 45  # of 50
# Where work is planted: no function twice, small ones and large ones.
FUNCTIONS = {
    "chaos": "GVector.linear_combination", "deltablue": "Planner.add_propagate", "float": "Point.normalize",
    "generators": "Tree.__iter__", "go": "Square.move", "hexiom": "Done.remove_unfixed",
    "pyflate": "HuffmanTable.find_next_symbol", "raytrace": "Scene._lightIsVisible", "richards": "HandlerTask.fn",
    "words": "count",
}
PART = 0.05


def parse(argv):
    parser = argparse.ArgumentParser(prog="diff.py", description="Try sonde diff on programs whose change is known."
                                     " Takes an hour, on a machine that has nothing else to do.")
    parser.add_argument("-n", "--trials", type=int, default=FULL_TRIALS, metavar="N",
                        help=f"how many (default {FULL_TRIALS}, programs in turn)")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help=f"of a side (default {RUNS})")
    parser.add_argument("--longer", type=float, default=LONGER, metavar="X",
                        help=f"a program does its work so many times, or a part of it (default {LONGER})")
    parser.add_argument("--busy", type=int, default=0, metavar="N",
                        help="processes that use up a processor meanwhile (default 0)")
    parser.add_argument("--clock", default="wall", help="of sonde run (default wall)")
    parser.add_argument("--only", action="append", metavar="PROGRAM", default=[], choices=sorted(FUNCTIONS),
                        help="of: %(choices)s (repeatable)")
    parser.add_argument("--patient", action="store_true",
                        help="repeat runs during which others used more than a tenth of a processor")
    parser.add_argument("--python", metavar="PATH", help="default: 3.13, else the newest")
    parser.add_argument("-o", "--output", metavar="FOLDER", type=pathlib.Path)
    args = parser.parse_args(argv)
    full = (args.trials, args.runs, args.longer, args.busy, args.clock, args.only) == (
        FULL_TRIALS, RUNS, LONGER, 0, "wall", [])
    args.output = args.output or (HERE if full else ROOT / "build/bench")
    return args


class Machine:
    """Who uses the processors beside us and the busy processes."""

    def __init__(self, patient):
        self.patient, self.mine, self.repeated = patient, [], 0

    def seconds_of_others(self):
        with open("/proc/stat", encoding="ascii") as file:
            user, nice, system, _, _, irq, softirq = map(int, file.readline().split()[1:8])
        ticks = user + nice + system + irq + softirq
        for child in self.mine:
            with open(f"/proc/{child.pid}/stat", encoding="ascii") as file:
                ticks -= sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        own = os.times()
        return ticks / os.sysconf("SC_CLK_TCK") - sum(own[:4])

    def undisturbed(self, run):
        """Run it until nobody else did much meanwhile."""
        while True:
            others, start = self.seconds_of_others(), time.monotonic()
            run()
            span = time.monotonic() - start
            if not self.patient or self.seconds_of_others() - others < 0.1 * span + 0.03:
                return
            self.repeated += 1
            time.sleep(1)


class Subject:
    """A program with work planted in one of its functions, so much before and so much after."""

    def __init__(self, args, program, folder, machine):
        self.args, self.program, self.folder, self.machine = args, program, folder, machine
        self.function = FUNCTIONS[program.name]

    def run(self, name, turns):
        recording = self.folder / f"{name}.sonde"
        command = [*STILL, SONDE, "run", "-q", "--clock", self.args.clock, "-o", recording, "--python", self.args.python,
                   HERE / "planted.py", str(max(1, round(self.program.loops * self.args.longer))), self.program.path,
                   self.function, str(turns), *self.program.args]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SONDE"))}
        self.machine.undisturbed(lambda: process.output(command, env=env | {"PYTHONDONTWRITEBYTECODE": "1",
                                                                              "PYTHONHASHSEED": "0"}))
        return str(recording)

    def each_call(self, turns):
        """Nanoseconds in the function itself, as the least disturbed of some runs has it."""
        found = []
        for _ in range(5):
            report = json.loads(process.output([SONDE, "report", "--json", "--only", rf"{self.function}$",
                                                self.run("calibration", turns)]))
            own = [f for f in report["functions"] if f["qualname"] == self.function]
            found.append(sum(f["self_ns"] for f in own) / sum(f["calls"] for f in own))
        return min(found)

    def calibrate(self):
        """How many turns make 5 % of the function: the fewest that do so in whole ones."""
        bare = self.each_call(0)
        many = max(64, round(bare / 100))
        turn = max(1.0, (self.each_call(many) - bare) / many)
        more = max(1, -int(-bare * PART // turn))
        self.before = max(0, round(more / PART - bare / turn))
        self.after = self.before + more
        if self.before == 0:
            self.after = max(1, round(bare * PART / turn))

    def trial(self, first):
        """Recordings of ("same", "again", "planted"), by turns, each time another one first."""
        kinds = [("same", self.before), ("again", self.before), ("planted", self.after)]
        found = {kind: [] for kind, _ in kinds}
        for number in range(self.args.runs):
            at = (first + number) % len(kinds)
            for kind, turns in kinds[at:] + kinds[:at]:
                found[kind].append(self.run(f"{kind}-{number}", turns))
        return found

    def compare(self, before, after):
        words = [word for file in before for word in ("--before", file)]
        words += [word for file in after for word in ("--after", file)]
        return json.loads(process.output([SONDE, "diff", "--json", *words]))


def proven(diff):
    """Names of what is proven to differ, the total as such."""
    names = [f["qualname"] for f in diff["functions"] if f["verdict"] in ("slower", "faster")]
    return names + (["the total"] if diff["total"]["verdict"] in ("slower", "faster") else [])


def judge(subject, recordings):
    """What came of a trial, as diff.json has it."""
    same = subject.compare(recordings["same"], recordings["again"])
    planted = subject.compare(recordings["same"], recordings["planted"])
    [own] = [f for f in planted["functions"] if f["qualname"] == subject.function]
    return {
        "program": subject.program.name, "alarms": proven(same), "found": own["verdict"] == "slower",
        "ratio": own["ratio"], "ci95": own["ci95"],
        "others": [name for name in proven(planted) if name not in (subject.function, "the total")],
        "share": own["before_ns"] / planted["total"]["before_ns"],
    }


def summary(args, trials, repeated):
    alarms = [trial for trial in trials if trial["alarms"]]
    found = [trial for trial in trials if trial["found"]]
    covered = [trial for trial in trials if trial["ci95"] and trial["ci95"][0] <= 1 + PART <= trial["ci95"][1]]
    return {
        "schema": "sonde.bench-diff/1", "date": datetime.date.today().isoformat(),
        "processors": os.cpu_count(), "busy": args.busy, "load": round(os.getloadavg()[0], 2),
        "runs": args.runs, "longer": args.longer, "clock": args.clock, "planted": PART, "trials": len(trials),
        "repeated": repeated,
        "alarms": len(alarms), "found": len(found), "covered": len(covered),
        "others": sum(bool(trial["others"]) for trial in trials),
        "median_ratio": round(statistics.median(trial["ratio"] for trial in trials), 4),
        "bounds": {"alarms": MOST_ALARMS, "found": LEAST_FOUND}, "of": trials,
    }


def markdown(results):
    lines = ["| program | function | its share | 5 % found | measured, median |", "|---|---|---|---|---|"]
    for name in sorted(FUNCTIONS):
        own = [trial for trial in results["of"] if trial["program"] == name]
        if own:
            share = statistics.median(trial["share"] for trial in own)
            ratio = statistics.median(trial["ratio"] for trial in own)
            lines.append(f"| {name} | `{FUNCTIONS[name]}` | {share:.1%} | {sum(t['found'] for t in own)} of "
                         f"{len(own)} | {ratio - 1:+.1%} |")
    lines += ["", f"{results['runs']} runs a side, in turn, on {results['processors']} processors of which "
              f"{['none was', '1 was'][results['busy']] if results['busy'] < 2 else str(results['busy']) + ' were'} kept busy, "
              f"{results['clock']} time; "
              f"{results['date']}. "
              f"Of {results['trials']} trials: planted work found in {results['found']}, where nothing had changed "
              f"something was proven in {results['alarms']}; the interval held the truth in {results['covered']}."]
    return "\n".join(lines) + "\n"


def run_all(args):
    programs = [p for p in suite.PROGRAMS if p.name in (args.only or FUNCTIONS)]
    suite.fetch(programs)
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    trials = []
    with tempfile.TemporaryDirectory(dir=ROOT / "build/bench") as folder:
        machine = Machine(args.patient)
        subjects = [Subject(args, program, pathlib.Path(folder), machine) for program in programs]
        for subject in subjects:
            subject.calibrate()
        with process.busy(args.busy) as machine.mine:
            for number in range(args.trials):
                subject = subjects[number % len(subjects)]
                trials.append(judge(subject, subject.trial(number)))
                last = trials[-1]
                print(f"{number + 1:3} {last['program']:12} {'found' if last['found'] else '-':6} "
                      f"{last['ratio'] - 1:+.1%}  alarms: {', '.join(last['alarms']) or '-'}", flush=True)
    results = summary(args, trials, machine.repeated)
    suite.publish(args.output, "diff", results, markdown(results))
    print(markdown(results))
    scale = len(trials) / FULL_TRIALS
    within = results["alarms"] <= max(1, MOST_ALARMS * scale) and results["found"] >= LEAST_FOUND * scale
    return 0 if within else 1


def main():
    args = parse(sys.argv[1:])
    process.interrupts.install()
    if not SONDE.exists():
        sys.exit("bench: sonde is not built (run: make build)")
    args.python = args.python or suite.default_python()
    return run_all(args)


if __name__ == "__main__":
    process.run(main)
