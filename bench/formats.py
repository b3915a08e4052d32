# SPDX-License-Identifier: Apache-2.0
"""formats.py: gprof2dot and pyprof2calltree beside sonde graph and sonde convert, whole process in turn; a large trace.

Processor time and memory; the median of each and the spread of the ratio over the rounds. A full run writes
bench/formats.json and bench/formats.md; any other writes the same to build/bench/.
"""

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import dumps
import figures
import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = ROOT / "build/peers"
FUNCTIONS, ROUNDS, TRACE_MB = 50000, 5, 500
G2D = "import gprof2dot, sys; gprof2dot.main(['-f', 'pstats', '-o', 'theirs.dot', sys.argv[1]])"
P2C = ("import pstats, sys, pyprof2calltree as p; "
       "p.CalltreeConverter(pstats.Stats(sys.argv[1])).output(open('theirs.callgrind', 'w'))")
SUBJECTS = [  # name, at least so many times as fast, the peer's code, our words
    ("call graph as dot text, beside gprof2dot", 40, G2D, ["graph", "-o", "ours.dot"]),
    ("callgrind file, beside pyprof2calltree", 40, P2C, ["convert", "-o", "ours.callgrind"]),
]
MB_PER_SECOND, MEMORY = 100, 0.5


def measure(python, subject, folder, rounds, show):
    name, bound, code, words = subject
    found = []
    for n in range(rounds):
        show(f"{name}: {n + 1} of {rounds}")
        theirs, _ = dumps.spent([python, "-W", "ignore", "-c", f"import sys; sys.path.insert(0, {str(PEERS)!r}); {code}", "0.prof"],
                                folder)
        ours, memory = dumps.spent([dumps.SONDE, words[0], "0.prof", *words[1:]], folder)
        found.append({"peer_ms": theirs, "sonde_ms": ours, "ratio": theirs / ours,
                      "memory": memory / (folder / "0.prof").stat().st_size})
    ratios = [f["ratio"] for f in found]
    return {"name": name, "bound": bound, **figures.medians(found), "ratios": [min(ratios), max(ratios)]}


def write_trace(path, megabytes):
    """As VizTracer writes it: complete events with ns of three decimals, calls that nest, each of few others."""
    rng, at, written, depth = random.Random(7), 1000.0, 0, []
    with path.open("w") as file:
        file.write('{"traceEvents": [{"ph": "M", "pid": 7, "tid": 7, "name": "process_name", "args": {"name": "MainProcess"}}')
        while written < megabytes << 20:
            lines = []
            for _ in range(10000):
                while len(depth) > 10 or (depth and rng.random() < 0.5):
                    start, number = depth.pop()
                    at += 0.25
                    lines.append(f', {{"pid": 7, "tid": 7, "ts": {start:.3f}, "ph": "X", "cat": "fee", "dur": {at - start:.3f}, '
                                 f'"name": "function_{number} (/srv/application/module_{number % 97}.py:{number})"}}')
                caller = depth[-1][1] if depth else 0
                depth.append((at, (caller * 7 + 1 + rng.randrange(2)) % 3000))
                at += 0.125
            written += file.write("\n".join(lines))
        file.write('], "viztracer_metadata": {"version": "1.1.1"}}')


def measure_trace(folder, megabytes, rounds, show):
    path = folder / "t.json"
    write_trace(path, megabytes)
    size, found = path.stat().st_size, []
    for n in range(rounds):
        show(f"a trace of {megabytes} MB: {n + 1} of {rounds}")
        started = time.monotonic()
        _, memory = dumps.spent([dumps.SONDE, "report", "t.json"], folder)
        found.append({"mb_per_second": size / 1e6 / (time.monotonic() - started), "memory": memory / size})
    rates = [f["mb_per_second"] for f in found]
    return {"megabytes": size / 1e6, "bound": MB_PER_SECOND, "memory_bound": MEMORY, **figures.medians(found),
            "rates": [min(rates), max(rates)]}


def table(results):
    lines = ["| processor time | peer | sonde | times as fast | at least | memory |", "|---|---|---|---|---|---|"]
    for row in results["subjects"]:
        low, high = row["ratios"]
        lines.append(f"| {row['name']} | {row['peer_ms'] / 1e3:.2f} s | {row['sonde_ms']:.0f} ms | **{row['ratio']:.0f}** "
                     f"{low:.0f}-{high:.0f} | {row['bound']} | {row['memory']:.1f} x the file |")
    trace = results["trace"]
    low, high = trace["rates"]
    lines.append(f"| a Chrome trace of {trace['megabytes']:.0f} MB, wall time | | **{trace['mb_per_second']:.0f} MB/s** "
                 f"{low:.0f}-{high:.0f} | | {trace['bound']} MB/s | {trace['memory']:.2f} x the file, at most "
                 f"{trace['memory_bound']} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="formats.py", description=__doc__.partition(":")[2].partition("\n")[0])
    parser.add_argument("-n", "--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--python", metavar="PATH", help="that runs the peers (default: this one)")
    parser.add_argument("--functions", type=int, default=FUNCTIONS, metavar="N")
    parser.add_argument("--trace", type=int, default=TRACE_MB, metavar="MB")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER")
    args = parser.parse_args()
    full = (args.functions, args.trace) == (FUNCTIONS, TRACE_MB) and args.rounds >= ROUNDS
    output = args.output or (HERE if full else ROOT / "build/bench")
    process.interrupts.install()
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    names = [line for line in (ROOT / "test/peers.txt").read_text().splitlines() if line.startswith(("gprof2dot", "pyprof2"))]
    if not (PEERS / "gprof2dot.py").exists():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", PEERS, *names], check=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build/bench") as name:
        folder = pathlib.Path(name)
        dumps.show("making files")
        subprocess.run([sys.executable, HERE / "big_dump.py", folder / "0.prof", str(args.functions), "0"], check=True)
        python = args.python or sys.executable
        results = {"schema": "sonde.bench.formats/1", "rounds": args.rounds, "functions": args.functions,
                   "subjects": [measure(python, s, folder, args.rounds, dumps.show) for s in SUBJECTS],
                   "trace": measure_trace(folder, args.trace, args.rounds, dumps.show)}
    dumps.show("")
    suite.publish(output, "formats", results, table(results))
    print(table(results), end="")
    return 0


if __name__ == "__main__":
    process.run(main)
