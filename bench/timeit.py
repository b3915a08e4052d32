# SPDX-License-Identifier: Apache-2.0
"""timeit.py: does sonde timeit find what is there, and nothing else? And are its times right?

Statements of several kinds (short, allocating, calling, native) beside a copy of themselves, where nothing may be
proven; beside themselves with 5 % more work, and 3 % more with --precise, which must be found; other processors busy.
Then: the best time beside timeit's own; the median beside what a statement takes by its own clock (spin.c) and, for
short ones, beside copies in a row, of which the loop is no part; how long the pair takes that started it all. A full
run writes bench/timeit.json and bench/timeit.md; any other the same to build/bench/.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import sys
import time

import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
FULL = {"copies": 200, "gaps": 100, "precise": 100}
MOST_COPIES, LEAST_GAPS, LEAST_PRECISE = 6, 90, 90
LAUNCHES = 20
MOST_BESIDE_TIMEIT, MOST_BESIDE_TRUTH, MOST_PAIR_S = 0.05, 0.02, 5

COPIES = {  # setup, statement: of each kind one
    "an addition": ("x = 1", "x + 1"),
    "an attribute": ("class C: pass\nc = C(); c.x = 1", "c.x"),
    "a look-up": ("d = {'a': 1}", "d['a']"),
    "a call": ("def f(x): return x", "f(1)"),
    "a list": ("", "[0] * 100"),
    "a dict": ("", "{'a': 1, 'b': 2}"),
    "a float's text": ("x = 1.25", "repr(x)"),
    "a sum": ("", "sum(range(1000))"),
    "a sort": ("l = [i * 7919 % 1000 for i in range(300)]", "sorted(l)"),
    "a loop": ("r = range(100)", "for i in r: i + i"),
}
GAPS = {  # setup, statement; N: how much there is to do
    "sum": ("r = range(N)", "sum(r)"),
    "loop": ("r = range(N)", "for i in r: i + i"),
    "calls": ("r = range(N)\ndef f(x): return x", "for i in r: f(i)"),
    "lists": ("r = range(N)", "for i in r: [i, i]"),
    "text": ("l = [str(i) for i in range(N)]", "','.join(l)"),
    "dumps": ("import json; l = list(range(N))", "json.dumps(l)"),
}
WORK = 1000
PAIR = ("import time, datetime", "time.time()", "datetime.datetime.now().timestamp()")
SPINS = [500, 2000, 20000, 200000]  # ns: spin.c takes as long as it is told
# Some hundred ns each: what is around a copy in a row is little. No joining of strings: it takes a fifth more or
# less by where they happen to lie, in loops and in rows.
ROWS = {
    "sum": ("r = range(30)", "sum(r)"), "compare": ("t = tuple(range(60)); u = tuple(range(60))", "t == u"), "repr": ("x = 1.2345678", "repr(x)"),
    "index": ("l = list(range(50))", "l.index(49)"), "now": ("import datetime; now = datetime.datetime.now", "now()"),
}


def parse(argv):
    parser = argparse.ArgumentParser(prog="timeit.py", description="Try sonde timeit on statements whose difference is"
                                     " known. Takes 40 minutes, on a machine that has nothing else to do.")
    for name, count in FULL.items():
        parser.add_argument(f"--{name}", type=int, default=count, metavar="N", help=f"trials (default {count})")
    parser.add_argument("--busy", type=int, default=1, metavar="N",
                        help="processes that use up a processor meanwhile (default 1)")
    parser.add_argument("--python", metavar="PATH", help="default: 3.13, else the newest")
    parser.add_argument("--no-times", action="store_true", help="leave out what needs a quiet machine")
    parser.add_argument("--times", action="store_true", help="that alone, anew, into a full run's results")
    parser.add_argument("-o", "--output", metavar="FOLDER", type=pathlib.Path)
    args = parser.parse_args(argv)
    full = all(getattr(args, name) == count for name, count in FULL.items()) and args.busy == 1 and not args.no_times
    args.output = args.output or (HERE if full or args.times else ROOT / "build/bench")
    return args


def timed(args, *words):
    return json.loads(process.output([SONDE, "timeit", "--json", "--python", args.python, *words]))


def trial(args, kind, name, setup, statements, *options):
    """Two statements beside each other."""
    data = timed(args, "--no-why", *options, "-s", setup, "--", *statements)
    [found] = data["comparisons"]
    row = {"kind": kind, "name": name, "verdict": found["verdict"], "ratio": found["ratio"], "ci95": found["ci95"],
           "slow_blocks": round(data["noise"]["slow_blocks"], 3)}
    print(f"{kind:8} {name:16} {row['verdict']:22} {(row['ratio'] or 1) - 1:+.2%}", flush=True)
    return row


def copies(args):
    names = list(COPIES)
    for number in range(args.copies):
        setup, statement = COPIES[names[number % len(names)]]
        yield trial(args, "copy", names[number % len(names)], setup, [statement, statement])


def planted(args, kind, count, part, *options):
    """More work, before and after in turn."""
    names = list(GAPS)
    for number in range(count):
        name = names[number % len(names)]
        setup, statement = GAPS[name]
        both = [setup.replace("N", str(WORK)), setup.replace("N", str(round(WORK * (1 + part))))]
        # Names of the second one are other ones, so that one setup makes both.
        second = both[1].replace("r = ", "q = ").replace("l = ", "m = ")
        other = statement.replace("in r:", "in q:").replace("(r)", "(q)").replace("(l)", "(m)")
        turned = number // len(names) % 2
        statements = [other, statement] if turned else [statement, other]
        row = trial(args, kind, name, both[0] + "\n" + second, statements, *options)
        row["found"] = row["verdict"] == ("b faster" if turned else "a faster")
        if turned and row["ratio"]:
            row["ratio"] = 1 / row["ratio"]
        yield row


def beside_timeit(args):
    """The least of so many launches of each, by turns, the loop in it. The same code has several speeds, by where a
    launch happens to lie; of six launches of one side none may meet the fastest."""
    for name, (setup, statement) in COPIES.items():
        code = ("import timeit; t = timeit.Timer(%r, %r); n, _ = t.autorange(); "
                "print(min(t.repeat(3, n)) / n * 1e9)" % (statement, setup or "pass"))
        rows = []
        for _ in range(LAUNCHES):
            theirs = float(process.output([args.python, "-c", code]))
            ours = timed(args, "--no-why", "-r", "1", "-s", setup, "--", statement)["statements"][0]["timeit_ns"]
            rows.append((theirs, ours))
        theirs, ours = (min(side) for side in zip(*rows))
        yield {"name": name, "timeit_ns": theirs, "sonde_ns": ours, "error": ours / theirs - 1}


def made_spin(args):
    """The folder of the module spin, for that Python."""
    code = "import sysconfig; print(sysconfig.get_path('include'), sysconfig.get_config_var('EXT_SUFFIX'))"
    include, suffix = process.output([args.python, "-c", code]).split()
    folder = ROOT / "build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    process.output(["cc", "-O2", "-shared", "-fPIC", f"-isystem{include}", "-o", folder / f"spin{suffix}", HERE / "spin.c"])
    return folder


def beside_truth(args):
    """What a spin takes more than one that ends at once; what both have around it is out. By its own clock: the mean
    but for the slowest hundredth."""
    setup = f"import sys; sys.path.insert(0, {str(made_spin(args))!r}); from spin import spin"
    code = (setup + "\ndef usual(n):\n    found = sorted(spin(n) for _ in range(max(200, 20000000 // (n + 100))))\n"
            "    found = found[:len(found) * 99 // 100]\n    return sum(found) / len(found)\n")
    for ns in SPINS:
        rows = []
        for _ in range(5):
            truth = float(process.output([args.python, "-c", f"{code}print(usual({ns}) - usual(0))"]))
            found = timed(args, "--no-why", "-s", setup, "--", f"spin({ns})", "spin(0)")["statements"]
            ours = found[0]["ns"]["median"] - found[1]["ns"]["median"]
            rows.append((ours / truth - 1, truth, ours))
        error, truth, ours = sorted(rows)[len(rows) // 2]
        yield {"name": f"spin {ns}", "true_ns": truth, "sonde_ns": ours, "error": error}


def beside_rows(args):
    """Twenty turns of a hundred copies in a row, and of none: what one copy takes, without its loop."""
    for name, (setup, statement) in ROWS.items():
        code = f"""
import time
body = ("            " + {statement!r} + "\\n") * 100
head = "".join("    " + line + "\\n" for line in {setup!r}.split("\\n") if line)
names = {{"turns": range(20)}}
for kind, text in (("many", body), ("none", "            pass\\n")):
    exec("def %s():\\n%s    yield\\n    while 1:\\n        for _ in turns:\\n%s        yield\\n" % (kind, head, text), names)
turn = {{kind: names[kind]().__next__ for kind in ("many", "none")}}
def usual(kind):
    for _ in range(200): turn[kind]()
    found = []
    for _ in range(400):
        a = time.thread_time_ns(); turn[kind](); found.append(time.thread_time_ns() - a)
    return sorted(found)[len(found) // 2]
import gc; gc.disable()
print((usual("many") - usual("none")) / 2000)
"""
        rows = []
        for _ in range(11):  # by turns, in fresh processes: where things lie makes some per cent
            theirs = float(process.output([args.python, "-c", code]))
            ours = timed(args, "--no-why", "-r", "1", "-s", setup, "--", statement)["statements"][0]["ns"]["median"]
            rows.append((theirs, ours))
        theirs, ours = (statistics.median(side) for side in zip(*rows))
        yield {"name": name, "rows_ns": theirs, "sonde_ns": ours, "error": ours / theirs - 1}


def pair(args):
    start = time.monotonic()
    timed(args, "-s", PAIR[0], *PAIR[1:])
    return time.monotonic() - start


def run_times(args):
    """Into what a full run left: the times of a machine that has become quiet."""
    results = json.loads((HERE / "timeit.json").read_text())
    results["timeit"] = list(beside_timeit(args))
    results["calibrated"] = list(beside_truth(args))
    results["rows"] = list(beside_rows(args))
    results["pair_s"] = round(statistics.median(pair(args) for _ in range(3)), 2)
    return results


def run_all(args):
    if args.times:
        return run_times(args)
    results = {"schema": "sonde.bench-timeit/1", "date": datetime.date.today().isoformat(),
               "processors": os.cpu_count(), "busy": args.busy, "load": round(os.getloadavg()[0], 2)}
    if not args.no_times:
        results["timeit"] = list(beside_timeit(args))
        results["calibrated"] = list(beside_truth(args))
        results["rows"] = list(beside_rows(args))
        results["pair_s"] = round(statistics.median(pair(args) for _ in range(3)), 2)
    with process.busy(args.busy):
        rows = [*copies(args), *planted(args, "gap", args.gaps, 0.05),
                *planted(args, "precise", args.precise, 0.03, "--precise")]
    results["of"] = rows
    results["copies"] = {"trials": args.copies, "alarms": sum(r["verdict"] != "no difference proven" for r in rows
                                                              if r["kind"] == "copy"), "bound": MOST_COPIES}
    for kind, count, bound in (("gap", args.gaps, LEAST_GAPS), ("precise", args.precise, LEAST_PRECISE)):
        own = [row for row in rows if row["kind"] == kind]
        results[kind] = {"trials": count, "found": sum(row["found"] for row in own), "bound": bound,
                         "median_ratio": statistics.median(r["ratio"] for r in own) if own else None}
    return results


def markdown(results):
    lines = ["| trial | trials | came out | promised |", "|---|---|---|---|"]
    c, g, p = results["copies"], results["gap"], results["precise"]
    lines.append(f"| a statement beside itself | {c['trials']} | {c['alarms']} verdicts | at most {c['bound']} |")
    lines.append(f"| 5 % more work | {g['trials']} | {g['found']} found | at least {g['bound']} |")
    lines.append(f"| 3 % more work, `--precise` | {p['trials']} | {p['found']} found | at least {p['bound']} |")
    if "timeit" in results:
        worst = max(abs(row["error"]) for row in results["timeit"])
        lines.append(f"| the least beside timeit's, worst of {len(results['timeit'])} | {LAUNCHES} | {worst:.1%} | "
                     f"{MOST_BESIDE_TIMEIT:.0%} |")
        worst = max(abs(row["error"]) for row in results["calibrated"])
        lines.append(f"| the median beside a spin's own clock, worst of {len(results['calibrated'])} | 5 | {worst:.1%} | "
                     f"{MOST_BESIDE_TRUTH:.0%} |")
        worst = max(abs(row["error"]) for row in results["rows"])
        lines.append(f"| the median beside copies in a row, worst of {len(results['rows'])} | 11 | {worst:.1%} | |")
        lines.append(f"| the first example, whole | 3 | {results['pair_s']} s | {MOST_PAIR_S} s |")
    lines += ["", f"On {results['processors']} processors; with {results['busy']} of them kept busy what is compared, "
              f"quiet what is timed; {results['date']}."]
    return "\n".join(lines) + "\n"


def within(results):
    c, g, p = results["copies"], results["gap"], results["precise"]
    good = c["alarms"] <= max(1, MOST_COPIES * c["trials"] / 200)
    good = good and all(r["found"] >= r["bound"] * r["trials"] / 100 for r in (g, p))
    if "timeit" in results:
        good = good and max(abs(row["error"]) for row in results["timeit"]) <= MOST_BESIDE_TIMEIT
        good = good and max(abs(row["error"]) for row in results["calibrated"]) <= MOST_BESIDE_TRUTH
        good = good and results["pair_s"] <= MOST_PAIR_S
    return good


def main():
    args = parse(sys.argv[1:])
    process.interrupts.install()
    if not SONDE.exists():
        sys.exit("bench: sonde is not built (run: make build)")
    args.python = args.python or suite.default_python()
    results = run_all(args)
    suite.publish(args.output, "timeit", results, markdown(results))
    print(markdown(results))
    return 0 if within(results) else 1


if __name__ == "__main__":
    process.run(main)
