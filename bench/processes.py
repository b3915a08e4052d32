# SPDX-License-Identifier: Apache-2.0
"""Processes: which tool holds the worker's calls of each cell of the matrix (test/processes), and what many
short processes cost. Writes processes.json and processes.md; fewer rounds or parts go to build/bench/.
"""

import argparse
import concurrent.futures
import datetime
import json
import pathlib
import platform
import subprocess
import sys
import tempfile

import figures
import process
from bench import machine, pythons

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SONDE = ROOT / "build/venv/bin/sonde"
ROUNDS = 15
PROCESSES = 60  # a round of what many cost
PARTS = ("matrix", "many")
VIZTRACER = "viztracer==1.1.1", "objprint==0.3.0"

sys.path.insert(0, str(ROOT / "test"))
from processes import matrix  # noqa: E402


def parse(argv):
    parser = argparse.ArgumentParser(prog="processes.py", description="Measure the recording of many processes.")
    parser.add_argument("-n", "--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--python", metavar="PATH", help="default: the newest that VizTracer knows")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--way", action="append", metavar="WAY", help="of the matrix (repeatable)")
    parser.add_argument("-o", "--output", metavar="FOLDER", type=pathlib.Path)
    args = parser.parse_args(argv)
    whole = args.rounds >= ROUNDS and not args.only and not args.way
    args.output = args.output or (HERE if whole else ROOT / "build/bench")
    return args


def version_of(text):
    return tuple(int(part) for part in text.split(".")[:2])


def chosen_python(named):
    """(path, version, another's path)."""
    found = pythons(None)
    path, version = pythons([named])[0] if named else next(
        (path, version) for path, version in found if version_of(version) < (3, 15))
    return path, version, next((other for other, _ in found if other != path), path)


def packages(version):
    """A folder with VizTracer for this Python; None: there is none for it."""
    short = ".".join(version.split(".")[:2])
    folder = ROOT / f"build/bench/viztracer-{short}"
    if version_of(version) >= (3, 15):
        return None
    if not folder.exists():
        tags = [f"--platform=manylinux_2_{minor}_{platform.machine()}" for minor in (34, 28, 27, 24, 17)]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target", folder.with_name("fetching"), "--only-binary=:all:",
                        "--implementation", "cp", "--python-version", short, *tags, *VIZTRACER], check=True)
        folder.with_name("fetching").rename(folder)
    return folder


def uv():
    """What the tests use as well (test/servers.txt)."""
    folder = ROOT / "build/servers"
    if not (folder / "bin/uv").exists():
        wanted = [line for line in (ROOT / "test/servers.txt").read_text().splitlines() if line.startswith("uv==")]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check",
                        "--root-user-action=ignore", "--target", folder, "--only-binary=:all:", *wanted], check=True)
    return folder / "bin/uv"


def clean_environment():
    import os
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "SONDE")) and name != "VIRTUAL_ENV"}


def word(run):
    return "exact" if run.held and run.is_exact() else "some" if run.held else "none"


def measure_cell(tools, way, end, folder):
    """Each tool's share of the worker's calls, and whether the program was as it is alone."""
    runs = {}
    for tool in tools:
        try:
            runs[tool.name] = matrix.Run(tool, way, end, folder, matrix.moment(way, end))
        except TimeoutError:
            runs[tool.name] = None
    bare = runs.pop("bare")
    row = {"way": way, "end": end, "calls": bare.done}
    for name, run in runs.items():
        row[name] = {"calls": word(run) if run else "none", "same": run is not None and run.seen() == bare.seen()}
    return row


def measure_matrix(python, version, other, ways, folder):
    program = matrix.Program(folder / "program", python, other, uv(), clean_environment())
    tools = [matrix.Bare(program), matrix.Sonde(program, SONDE), matrix.CProfile(program)]
    viztracer = packages(version)
    tools += [matrix.VizTracer(program, viztracer)] if viztracer else []
    chosen = matrix.cells(version_of(version), ways or matrix.WAYS)

    def one(place):
        row = measure_cell(tools, *chosen[place], folder / str(place))
        progress(f"{place} of {len(chosen)}: {row['way']}, {row['end']}")
        return row

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        rows = list(pool.map(one, range(len(chosen))))
    return {"tools": [tool.name for tool in tools[1:]], "viztracer": VIZTRACER[0], "cells": rows,
            "out_of_memory": "control group" if matrix.can_limit() else "SIGKILL"}


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:79]:79}\r")
        sys.stderr.flush()


def measure_many(python, rounds, folder):
    """What is added to a process of 30 ms, of processor time, launcher and all."""
    program = [ROOT / "test/processes/many.py", str(PROCESSES), "2"]
    env = clean_environment()
    commands = [[python, *program], [SONDE, "run", "-q", "-o", folder / "many.sonde", "--python", python, *program]]
    series = [[], []]
    for turn in range(rounds + 1):
        for step in range(2):
            which = (turn + step) % 2
            taken = process.cpu_ms(commands[which], env=env, stdout=subprocess.DEVNULL) / PROCESSES
            series[which].append(taken)
            progress(f"many: {turn} of {rounds}")
    bare, under = series[0][1:], series[1][1:]  # the first ones find nothing in memory
    rounds = [{"bare": one, "sonde": other} for one, other in zip(bare, under)]
    draws = figures.resampled_medians(rounds)
    return {"processes": PROCESSES, "rounds": len(rounds), "bare_ms": figures.median(bare),
            "added_ms": figures.difference(bare, under),
            "ratio": figures.with_interval(figures.median(under) / figures.median(bare),
                                           [m["sonde"] / m["bare"] for m in draws])}


def summary(results, key, values):
    """Rows: of the cells with that way or end, how many each tool holds exactly."""
    part = results["matrix"]
    for value in values:
        rows = [row for row in part["cells"] if row[key] == value]
        if rows:
            yield value, [f"{sum(row[tool]['calls'] == 'exact' for row in rows)} of {len(rows)}"
                          for tool in part["tools"]]


def matrix_lines(results):
    part = results["matrix"]
    tools, rows = part["tools"], part["cells"]
    head = "".join(f" {tool} |" for tool in tools)
    rule = "---|" * (len(tools) + 1)
    yield from (f"| the worker's calls are held exactly |{head}", f"|{rule}")
    yield from (f"| {name} | {' | '.join(cells)} |" for name, cells in summary(results, "end", matrix.ENDS))
    total = [f"**{sum(row[tool]['calls'] == 'exact' for row in rows)}** of {len(rows)}" for tool in tools]
    yield f"| all | {' | '.join(total)} |"
    same = [f"{sum(row[tool]['same'] for row in rows)} of {len(rows)}" for tool in tools]
    yield f"| output and exit status are the program's own | {' | '.join(same)} |"
    yield from ("", f"| by how it was started |{head}", f"|{rule}")
    yield from (f"| {name} | {' | '.join(cells)} |" for name, cells in summary(results, "way", matrix.WAYS))
    by = {"control group": "by the kernel, of a control group's limit", "SIGKILL": "here by SIGKILL from outside"}
    yield from ("", f"A worker makes {matrix.ends.CALLS:,} calls, then ends; where it is killed amid them (SIGKILL, at any"
                    " moment) the call", "under way may be missing. \"Never\" is asked while it runs. Out of memory it is killed",
                    f"{by[part['out_of_memory']]}. A traceback that shows a tool's own frames is other output, as is a"
                    " status that the tool replaces.",
                    f"The tools as their own pages say: `python -m cProfile -o FILE`, `{part['viztracer'].partition('=')[0]}"
                    " -o FILE` (" + part['viztracer'].replace("==", " ") + ").")


def left_out(version):
    """{reason: the ways and the end it is for}"""
    reasons = {}
    for end in matrix.ENDS:
        for way in matrix.WAYS:
            reason = matrix.excluded(way, end, version)
            if reason:
                reasons.setdefault((end, reason), []).append(way)
    return reasons


def left_out_lines(version):
    yield "What there is no cell for:"
    yield ""
    for (end, reason), ways in left_out(version).items():
        yield f"- {end}: {'; '.join(ways)}: {reason}."


def markdown(results):
    lines = [f"CPython {results['python']}, {results['machine']}, {results['date']}", ""]
    if "matrix" in results:
        lines += [*matrix_lines(results), "", *left_out_lines(version_of(results["python"])), ""]
    if "many" in results:
        many = results["many"]
        low, high = many["ratio"]["ci95"] or [many["ratio"]["value"]] * 2
        lines += [f"Added to a process of 30 ms and its start: {many['added_ms']['value']:.1f} ms of processor time,"
                  f" launcher and all; {many['ratio']['value']:.2f} ({low:.2f}-{high:.2f}) of the time without."]
    return "\n".join(lines).rstrip() + "\n"


def text_of(results):
    """JSON, a cell a line."""
    part = results.get("matrix", {"cells": []})
    rows = ",\n".join(map(json.dumps, part["cells"]))
    brief = {**results, "matrix": {**part, "cells": "CELLS"}} if "matrix" in results else results
    return json.dumps(brief, indent=1).replace('"CELLS"', f"[\n{rows}\n]") + "\n"


def main():
    args = parse(sys.argv[1:])
    process.interrupts.install()
    if not SONDE.exists():
        sys.exit("bench: sonde is not built (run: make build)")
    python, version, other = chosen_python(args.python)
    results = {"schema": "sonde.bench.processes/1", "machine": machine(), "date": datetime.date.today().isoformat(),
               "python": version}
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build/bench") as folder:
        folder = pathlib.Path(folder)
        if args.only != "many":
            results["matrix"] = measure_matrix(python, version, other, args.way, folder)
        if args.only != "matrix":
            results["many"] = measure_many(python, args.rounds, folder)
    progress("")
    args.output.mkdir(parents=True, exist_ok=True)
    (args.output / "processes.json").write_text(text_of(results))
    (args.output / "processes.md").write_text(markdown(results))
    print(markdown(results), end="")


if __name__ == "__main__":
    process.run(main)
