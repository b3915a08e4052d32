# SPDX-License-Identifier: Apache-2.0
"""view.py: sonde view beside SnakeViz over a big pstats file, and by itself over recordings of very many paths.

Real Chromium, from the start of the command to the frame that shows the picture, and from an input to the frame that shows what
it led to. A full run writes bench/view.json and bench/view.md; any other writes the same to build/bench/.
"""

import argparse
import contextlib
import gzip
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import dumps
import figures
import process
import suite

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = ROOT / "build/peers"
PAGE = dumps.PACKAGE / "page"
FULL = {"functions": 50000, "paths": 1_000_000, "big": 2_000_000_000, "rounds": 3, "turns": 5, "patience": 45}
QUICK = {"functions": 500, "paths": 20_000, "big": 4_000_000, "rounds": 1, "turns": 1, "patience": 20}
PROGRAM_FUNCTIONS = 20_000
PID, SEAL, FIRST_PID = 40, 4088, 100_000  # doc/format.md: bytes of a tape's header; numbers no process has
BOUNDS = {"ratio": 10, "bytes": 3e6, "paint_ms": 2000, "p95_ms": 50, "heap": 300e6, "big_ms": 3000, "big_own": 300e6, "shell": 500e3}


class Browser:
    """view.mjs, which has a browser for each task."""

    def __init__(self):
        self.chromium = shutil.which("chromium")
        node = ROOT / "build/venv/bin/node"
        if not self.chromium or not node.exists() or not (ROOT / "web/node_modules/playwright-core").is_dir():
            raise process.Failure("chromium, node or web/node_modules is missing (tool/packages test, tool/page tools)")
        self.node, self.version = node, ""

    def task(self, name, **args):
        order = json.dumps({"task": name, "chromium": self.chromium, **args})
        with process.started([self.node, HERE / "view.mjs", order], text=True, stdout=subprocess.PIPE) as child:
            said, _ = child.communicate(timeout=400)
        answer = json.loads(said.splitlines()[-1]) if said else {"error": "the driver ended"}
        if "error" in answer:
            raise process.Failure(answer["error"])
        self.version = answer["version"]
        return answer["value"]


def view(*files):
    return [str(dumps.SONDE), "view", "-s", *map(str, files)]


def spread(values):
    return {"value": figures.median(values), "spread": [min(values), max(values)]}


def p95(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def measure_dump(browser, folder, size, show):
    """By turns. Who has drawn nothing when patience ends has taken at least as long."""
    subprocess.run([sys.executable, HERE / "big_dump.py", folder / "0.prof", str(size["functions"]), "0"], check=True)
    snakeviz = [sys.executable, "-u", "-m", "snakeviz", "-s", str(folder / "0.prof")]
    found = []
    for n in range(size["rounds"]):
        show(f"{size['functions']} functions: {n + 1} of {size['rounds']}")
        theirs = browser.task("paint", command=snakeviz, env={"PYTHONPATH": str(PEERS)}, kind="snakeviz", patience=size["patience"])
        ours = browser.task("paint", command=view(folder / "0.prof"), kind="sonde", patience=size["patience"])
        found.append({"peer_ms": theirs["ms"], "peer_drawn": theirs["drawn"], "peer_bytes": theirs["bytes"], "sonde_ms": ours["ms"],
                      "sonde_bytes": ours["bytes"], "ratio": theirs["ms"] / ours["ms"]})
    ratios = [f["ratio"] for f in found]
    return {**figures.medians([{k: v for k, v in f.items() if k != "peer_drawn"} for f in found]), "ratios": [min(ratios), max(ratios)],
            "peer_drawn": all(f["peer_drawn"] for f in found), "patience_s": size["patience"]}


def record(python, folder, paths, name):
    """A recording of so many distinct paths."""
    process.output([dumps.SONDE, "run", "--max-paths", str(2 * paths + 100_000), "--python", python, "-o", name,
                    HERE / "programs/many_paths.py", str(paths), str(PROGRAM_FUNCTIONS)], cwd=folder)
    return folder / name


def multiply(recording, folder, size):
    """The same process as many times over, each with a number of its own, as it takes to be so large."""
    big = folder / "big.sonde"
    big.mkdir(mode=0o700)
    tapes = {path: bytearray(path.read_bytes()) for path in recording.glob("*.tape")}
    largest = max(tapes, key=lambda path: len(tapes[path]))
    tape, count = tapes.pop(largest), 0
    for path, data in tapes.items():
        (big / path.name).write_bytes(data)
    struct.pack_into("<Q", tape, SEAL, 0)
    while count * len(tape) < size:
        count += 1
        struct.pack_into("<I", tape, PID, FIRST_PID + count)
        (big / f"{FIRST_PID + count}-{count:x}.tape").write_bytes(tape)
    return big, count


def measure_paths(browser, recording, size, show):
    saved = recording.with_suffix(".html")
    process.output([dumps.SONDE, "view", "--html", saved, recording])
    ways = {"served": {"command": view(recording)}, "saved": {"url": saved.as_uri()}}
    results = {"paths": size["paths"], "saved_bytes": saved.stat().st_size}
    paints = {way: [] for way in ways}
    for n in range(size["rounds"]):
        for way, how in ways.items():
            show(f"{size['paths']} paths, {way}: {n + 1} of {size['rounds']}")
            paints[way].append(browser.task("paint", kind="sonde", patience=size["patience"], **how)["ms"])
    for way, how in ways.items():
        show(f"{size['paths']} paths, {way}: interactions")
        used = browser.task("use", rounds=size["turns"], **how)
        times = [f["ms"] for f in used["found"]]
        kinds = sorted({f["name"] for f in used["found"]})
        results[way] = {"paint_ms": spread(paints[way]), "interactions": len(times), "median_ms": figures.median(times), "p95_ms": p95(times),
                        "script_p95_ms": p95([f["cpu_ms"] for f in used["found"]]), "heap": used["heap"], "tab": used["renderer"],
                        "kinds": {kind: {"count": len(of), "median_ms": figures.median(of), "p95_ms": p95(of)} for kind in kinds
                                  for of in [[f["ms"] for f in used["found"] if f["name"] == kind]]}}
    return results


def measure_big(browser, folder, recording, size, show):
    found = []
    show("making a large recording")
    recording, processes = multiply(recording, folder, size["big"])
    for n in range(size["rounds"]):
        show(f"{processes} processes: {n + 1} of {size['rounds']}")
        found.append(browser.task("paint", command=view(recording), kind="sonde", patience=4 * size["patience"], mapped=str(recording)))
    return {"processes": processes, "paths": processes * size["paths"], "bytes": sum(file.stat().st_size for file in recording.iterdir()),
            "address_ms": spread([f["address_ms"] for f in found]), "paint_ms": spread([f["ms"] for f in found]),
            "own": spread([f["rss"] - f["mapped"] for f in found])}


def shell_bytes():
    """The page with its engine, compressed as a saved page has it."""
    return {name: len(gzip.compress((PAGE / name).read_bytes(), 9)) for name in ("page.html", "page.css", "page.js", "engine.wasm")}


def row(what, value, bound, holds, low_high=""):
    return f"| {what} | **{value}** {low_high}".rstrip() + f" | {bound} | {'yes' if holds else 'no'} |"


def seconds(ms):
    return f"{ms / 1e3:.2f} s"


def megabytes(count):
    return f"{count / 1e6:.1f} MB" if count < 1e7 else f"{count / 1e6:.0f} MB"


def span(figure, how):
    return "-".join(how(value) for value in figure["spread"])


def table(results):
    dump, paths, big, shell = (results[key] for key in ("dump", "paths", "big", "shell"))
    low, high = dump["ratios"]
    peer = seconds(dump["peer_ms"]) if dump["peer_drawn"] else f"nothing drawn in {dump['patience_s']} s"
    functions = f"{results['functions']:,} functions of cProfile"
    lines = ["| in real Chromium | measured | at most | held |", "|---|---|---|---|",
             f"| {functions}: SnakeViz | {peer}, {megabytes(dump['peer_bytes'])} | | |",
             row(f"{functions}: sonde view", seconds(dump["sonde_ms"]), f"1/{BOUNDS['ratio']} of SnakeViz's",
                 dump["ratio"] >= BOUNDS["ratio"], f"{'' if dump['peer_drawn'] else 'at least '}{dump['ratio']:.0f} times as fast, {low:.0f}-{high:.0f}"),
             row(f"{functions}: transferred", megabytes(dump["sonde_bytes"]), megabytes(BOUNDS["bytes"]), dump["sonde_bytes"] <= BOUNDS["bytes"])]
    for way in "served", "saved":
        found, many = paths[way], f"{paths['paths']:,} paths, {way}"
        lines += [row(f"{many}: first paint", seconds(found["paint_ms"]["value"]), seconds(BOUNDS["paint_ms"]),
                      found["paint_ms"]["value"] <= BOUNDS["paint_ms"], span(found["paint_ms"], seconds)),
                  row(f"{many}: {found['interactions']} interactions, 95 of 100 within", f"{found['p95_ms']:.0f} ms", f"{BOUNDS['p95_ms']} ms",
                      found["p95_ms"] <= BOUNDS["p95_ms"], f"median {found['median_ms']:.0f} ms"),
                  row(f"{many}: heap of the tab, the engine's memory with it", megabytes(found["heap"]), megabytes(BOUNDS["heap"]),
                      found["heap"] <= BOUNDS["heap"])]
    gigabytes = f"a recording of {big['bytes'] / 1e9:.1f} GB, {big['processes']} processes of {paths['paths']:,} paths"
    lines += [row(f"{gigabytes}: until it answers", seconds(big["address_ms"]["value"]), seconds(BOUNDS["big_ms"]),
                  big["address_ms"]["value"] <= BOUNDS["big_ms"], span(big["address_ms"], seconds)),
              row(f"{gigabytes}: the server's memory beside the file's pages", megabytes(big["own"]["value"]), megabytes(BOUNDS["big_own"]),
                  big["own"]["value"] <= BOUNDS["big_own"], span(big["own"], megabytes)),
              row("the page with its engine, compressed", f"{sum(shell.values()) / 1e3:.0f} KB", f"{BOUNDS['shell'] / 1e3:.0f} KB",
                  sum(shell.values()) <= BOUNDS["shell"])]
    return "\n".join(lines) + "\n"


def bring_peer():
    if (PEERS / "snakeviz").is_dir():
        return
    names = [line for line in (ROOT / "test/peers.txt").read_text().splitlines() if line.startswith(("snakeviz", "tornado"))]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", PEERS, *names], check=True)


def main():
    parser = argparse.ArgumentParser(prog="view.py", description=__doc__.partition(":")[2].partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small files, once: does it measure?")
    parser.add_argument("-n", "--rounds", type=int, metavar="N")
    parser.add_argument("--python", metavar="PATH", help="that is recorded (default: 3.13, else the newest)")
    parser.add_argument("-o", "--output", type=pathlib.Path, metavar="FOLDER")
    args = parser.parse_args()
    size = dict(QUICK if args.quick else FULL)
    size["rounds"] = args.rounds or size["rounds"]
    full = not args.quick and size["rounds"] >= FULL["rounds"]
    output = args.output or (HERE if full else ROOT / "build/bench")
    python = args.python or suite.default_python()
    process.interrupts.install()
    (ROOT / "build/bench").mkdir(parents=True, exist_ok=True)
    bring_peer()
    browser = Browser()
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT / "build/bench")))
        dumps.show("making recordings")
        recording = record(python, folder, size["paths"], "paths.sonde")
        results = {"schema": "sonde.bench.view/1", "rounds": size["rounds"], "functions": size["functions"],
                   "dump": measure_dump(browser, folder, size, dumps.show), "paths": measure_paths(browser, recording, size, dumps.show),
                   "big": measure_big(browser, folder, recording, size, dumps.show), "shell": shell_bytes(), "chromium": browser.version}
    dumps.show("")
    suite.publish(output, "view", results, table(results))
    print(table(results), end="")
    return 0


if __name__ == "__main__":
    process.run(main)
