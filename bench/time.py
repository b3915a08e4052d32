# SPDX-License-Identifier: Apache-2.0
"""time.py: hyperfine and sonde time over the same commands, by turns; and what a run costs beside the command.

A full run writes bench/time.json and bench/time.md; any other writes the same to build/bench/.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
ROUNDS, RUNS = 7, 20
PYTHON = sys.executable
COMMANDS = {
    "a command that does nothing": ["true"],
    "a sleep of 50 ms": ["sleep", "0.05"],
    "Python that does nothing": [PYTHON, "-I", "-c", "pass"],
    "Python that imports": [PYTHON, "-I", "-c", "import json, asyncio"],
    "Python that works": [PYTHON, "-I", "-c", "for i in range(1000000): pass"],
    "a shell that starts ten": ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done"],
}
NEAR, COST_MS = 0.03, 1


def means(words, runs, folder):
    """Seconds a run: by hyperfine, by sonde."""
    subprocess.run(["hyperfine", "-N", "-w", "1", "-r", str(runs), "--export-json", "h.json", "--style", "none",
                    subprocess.list2cmdline(words) if words[0] != "sh" else f"sh -c '{words[2]}'"], cwd=folder, check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    theirs = json.loads((folder / "h.json").read_text())["results"][0]["mean"]
    said = process.output([SONDE, "time", "--json", "--no-why", "--warmup", "1", "-r", str(runs), *words], cwd=folder)
    return theirs, json.loads(said)["commands"][0]["wall_ns"]["mean"] / 1e9


def cost(runs, folder):
    """Milliseconds a run that are not the command's."""
    started = time.monotonic()
    said = process.output([SONDE, "time", "--json", "--no-why", "-r", str(runs), "true"], cwd=folder)
    all_ms = (time.monotonic() - started) * 1e3
    return (all_ms - sum(run["wall_ns"] for run in json.loads(said)["commands"][0]["each"]) / 1e6) / runs


def table(results):
    lines = ["| mean of a run | hyperfine | sonde time | sonde by hyperfine, median of rounds |", "|---|---|---|---|"]
    for row in results["commands"]:
        lines.append(f"| {row['name']} | {row['hyperfine'] * 1e3:.2f} ms | {row['sonde'] * 1e3:.2f} ms | "
                     f"{row['ratio']:.3f} ({min(row['ratios']):.3f}-{max(row['ratios']):.3f}) |")
    lines.append(f"\nA run costs {results['cost_ms']:.3f} ms beside the command (at most {COST_MS}).")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="time.py", description=__doc__.partition(":")[2].partition("\n")[0])
    parser.add_argument("-n", "--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--runs", type=int, default=RUNS, metavar="N", help="a round (default %(default)s)")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER")
    args = parser.parse_args()
    full = args.rounds >= ROUNDS and args.runs >= RUNS
    output = args.output or (HERE if full else ROOT / "build/bench")
    process.interrupts.install()
    found = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for _ in range(args.rounds):
            for name, words in COMMANDS.items():
                found[name].append(means(words, args.runs, folder))
        costs = [cost(200, folder) for _ in range(args.rounds)]
    rows = [{"name": name, "hyperfine": statistics.median(t for t, _ in pairs),
             "sonde": statistics.median(o for _, o in pairs),
             "ratios": [o / t for t, o in pairs], "ratio": statistics.median(o / t for t, o in pairs)}
            for name, pairs in found.items()]
    results = {"schema": "sonde.bench.time/1", "rounds": args.rounds, "runs": args.runs, "commands": rows,
               "cost_ms": statistics.median(costs), "bounds": {"near": NEAR, "cost_ms": COST_MS}}
    suite.publish(output, "time", results, table(results))
    print(table(results), end="")
    return 0 if all(abs(row["ratio"] - 1) <= NEAR for row in rows) and results["cost_ms"] <= COST_MS else 1


if __name__ == "__main__":
    process.run(main)
