# SPDX-License-Identifier: Apache-2.0
"""What we write is read by those it is for, with our figures; what they write we read, with theirs."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from orders import write_orders


def run(*words, cwd, **options):
    done = subprocess.run(words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, **options)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def python_with(peers, *words, cwd):
    return run(sys.executable, "-W", "ignore", *words, cwd=cwd, env={**os.environ, "PYTHONPATH": str(peers)})


def test_callgrind_annotate(report, run_sonde, tmp_path, recording):
    run_sonde("convert", "r.sonde", "-o", "callgrind.out", check=True)
    said = run("callgrind_annotate", "--threshold=100", "callgrind.out", cwd=tmp_path)
    total = int(re.search(r"^\s*([\d,]+).*PROGRAM TOTALS", said, re.M)[1].replace(",", ""))
    data = report("r.sonde")
    assert total == sum(f["self_ns"] for f in data["functions"])
    own = sorted(int(m.replace(",", "")) for m in re.findall(r"^\s*([\d,]+) \([^)]*\)  .*:.*$", said, re.M))
    assert own == sorted(f["self_ns"] for f in data["functions"] if f["self_ns"])


def test_callgrind_inclusive_as_kcachegrind_reckons(report, run_sonde, tmp_path):
    """Its rule (traceitem): what is called: the calls into it, those from itself left out; else its own and what it calls."""
    write_orders(tmp_path / "r.sonde")
    run_sonde("convert", "r.sonde", "-o", "x.callgrind", check=True)
    ours, theirs = (sorted(f["cumulative_ns"] for f in report(name)["functions"])
                    for name in ("r.sonde", "x.callgrind"))
    assert theirs == ours


@pytest.mark.parametrize("form", ["callgrind", "collapse", "pstats"])
def test_gprof2dot(run_sonde, report, tmp_path, peers, form):
    write_orders(tmp_path / "r.sonde")
    name = {"callgrind": "x.callgrind", "collapse": "x.folded", "pstats": "x.prof"}[form]
    run_sonde("convert", "r.sonde", "-o", name, check=True)
    said = python_with(peers, "-m", "gprof2dot", "-f", form, "-n0", "-e0", name, cwd=tmp_path)
    assert said.count("label=") > 5 and "digraph" in said


def labels(text):
    """{first line of a box: the rest of it}"""
    found = {}
    for label in re.findall(r'^\s*(?:\d+|"[^"]*"|\w+) \[[^\]]*label="([^"]*)"', text, re.M):
        first, *rest = label.split("\\n")
        found[first] = [part.replace("\u00d7", "") for part in rest[:3]]
    return found


def test_our_graph_beside_gprof2dots(run_sonde, tmp_path, peers, python):
    """Of one pstats file at the same thresholds: the same boxes, percentages, calls; the same arrows."""
    program = "import json, argparse, re\nfor i in range(300): json.loads('[1, {\"a\": [2]}]'); re.compile('a%d|b' % i)\n"
    (tmp_path / "app.py").write_text(program)
    run(python, "-m", "cProfile", "-o", "a.prof", "app.py", cwd=tmp_path)
    for n, e in ("0.5", "0.1"), ("5", "2"), ("0", "0"):
        theirs = python_with(peers, "-m", "gprof2dot", "-f", "pstats", f"-n{n}", f"-e{e}", "a.prof", cwd=tmp_path)
        ours = run_sonde("graph", "a.prof", "-n", n, "-e", e, "-o", "-", check=True).stdout
        a, b = labels(theirs), labels(ours)
        assert set(a) == set(b)
        assert {k: v for k, v in a.items() if v != b[k]} == {}
        assert len(re.findall(" -> ", theirs)) == len(re.findall(" -> ", ours))


def test_dot_draws_it(run_sonde, tmp_path, recording):
    if not shutil.which("dot"):
        pytest.fail("Graphviz is missing: tool/packages test")
    for end in "svg", "png", "pdf":
        run_sonde("graph", "r.sonde", "-n", "0", "-e", "0", "-o", f"g.{end}", check=True)
    assert (tmp_path / "g.svg").read_bytes().startswith(b"<?xml")
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG") and (tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")
    assert "<script>alert" not in (tmp_path / "g.svg").read_text()


def test_pprof(pprof, report, run_sonde, tmp_path, recording):
    run_sonde("convert", "r.sonde", "-o", "x.pb.gz", check=True)
    said = run(pprof, "-top", "-nodecount=1000", "-nodefraction=0", "-edgefraction=0", "-unit=ns", "x.pb.gz", cwd=tmp_path)
    rows = sorted(int(m) for m in re.findall(r"^\s*(\d+)ns\s", said, re.M))
    ours = sorted(sum(f["self_ns"] for f in group) for group in by_name(report("r.sonde")).values())
    assert [r for r in rows if r] == [n for n in ours if n]
    run(pprof, "-peek=.", "x.pb.gz", cwd=tmp_path)
    run(pprof, "-proto", "-output=again.pb.gz", "x.pb.gz", cwd=tmp_path)
    total = sum(f["self_ns"] for f in report("r.sonde")["functions"])
    assert sum(f["self_ns"] for f in report("again.pb.gz")["functions"]) == total


GO = """package main
import ("os"; "runtime/pprof")
var sum int
//go:noinline
func leaf(n int) { for i := 0; i < n; i++ { sum += i % 7 } }
func main() {
    f, _ := os.Create("cpu.pb.gz")
    pprof.StartCPUProfile(f)
    for i := 0; i < 60; i++ { leaf(20000000) }
    pprof.StopCPUProfile()
}
"""


@pytest.mark.long
def test_go_writes_pprof(pprof, report, root, tmp_path):
    """Go's own profiles, and what pprof makes of them with -proto."""
    (tmp_path / "main.go").write_text(GO)
    run("go", "run", "main.go", cwd=tmp_path, env={**os.environ, "GOCACHE": str(root / "build/go/cache"), "GO111MODULE": "off"})
    said = run(pprof, "-top", "-unit=ns", "-nodefraction=0", "cpu.pb.gz", cwd=tmp_path)
    total = int(re.search(r"of (\d+)ns total", said)[1])
    leaf = int(re.search(r"^\s*(\d+)ns .*\smain\.leaf$", said, re.M)[1])
    run(pprof, "-proto", "-output=again.pb.gz", "cpu.pb.gz", cwd=tmp_path)
    for name in "cpu.pb.gz", "again.pb.gz":
        found = report(name)
        assert found["total_ns"] == total > 0
        assert sum(f["self_ns"] for f in found["functions"] if f["name"] == "main.leaf") == leaf > total / 2


def by_name(data):
    groups = {}
    for f in data["functions"]:
        groups.setdefault(f["qualname"], []).append(f)
    return groups


PROGRAM = """
def leaf(n):
    return sum(range(n))
def branch():
    return [leaf(20000) for i in range(40)]
def main():
    for i in range(10): branch()
main()
"""


def test_yappi_writes_callgrind(report, tmp_path, peers):
    (tmp_path / "app.py").write_text(PROGRAM)
    python_with(peers, "-c", "import yappi; yappi.set_clock_type('wall'); yappi.start(); exec(compile(open('app.py').read(), "
                "'app.py', 'exec')); yappi.stop(); s = yappi.get_func_stats(); s.save('y.callgrind', 'callgrind'); "
                "import json; json.dump({f.name: [f.ncall, f.tsub] for f in s}, open('y.json', 'w'))", cwd=tmp_path)
    theirs = json.loads((tmp_path / "y.json").read_text())
    found = {f["name"].partition(" ")[0]: f for f in report("y.callgrind")["functions"]}
    assert found["leaf"]["calls"] == theirs["leaf"][0] == 400
    for name in "leaf", "branch":
        assert found[name]["self"] == pytest.approx(theirs[name][1] * 1e6, rel=0.01, abs=1)  # Ticks are whole microseconds


def test_viztracer_writes_a_trace(report, tmp_path, peers):
    (tmp_path / "app.py").write_text(PROGRAM)
    python_with(peers, "-m", "viztracer", "--quiet", "-o", "t.json", "app.py", cwd=tmp_path)
    events = [e for e in json.loads((tmp_path / "t.json").read_text())["traceEvents"] if e["ph"] == "X"]
    found = report("t.json")
    own = {f["name"]: f for f in found["functions"]}
    assert sum(f["calls"] for f in found["functions"]) == len(events)
    for name in "leaf", "branch", "main":
        assert own[name]["calls"] == sum(e["name"].startswith(name + " ") for e in events)
    total = sum(e["dur"] for e in events if e["name"].startswith("main ")) * 1000
    assert own["main"]["cumulative_ns"] == pytest.approx(total, abs=2)


def test_pyinstrument_writes_speedscope(report, tmp_path, peers):
    (tmp_path / "app.py").write_text(PROGRAM * 12)
    python_with(peers, "-m", "pyinstrument", "-i", "0.0002", "-r", "speedscope", "-o", "p.json", "app.py", cwd=tmp_path)
    data = json.loads((tmp_path / "p.json").read_text())
    found = report("p.json")
    open_ns = 0  # while any frame is open: at its first look it may find none
    for profile in data["profiles"]:
        depth = last = 0
        for event in profile["events"]:
            open_ns += (event["at"] - last) * 1e9 * (depth > 0)
            depth, last = depth + (1 if event["type"] == "O" else -1), event["at"]
    assert found["total_ns"] == pytest.approx(open_ns, rel=1e-6) and open_ns > 1e6
    assert {"main", "branch"} <= {f["name"] for f in found["functions"]}


def test_py_spy_writes_folded_and_speedscope(report, tmp_path, peers):
    (tmp_path / "app.py").write_text(PROGRAM * 8)
    py_spy = peers / "bin/py-spy"
    for form, name in ("raw", "s.folded"), ("speedscope", "s.speedscope.json"):
        # Its status is 1 where the program ended just as it looked.
        subprocess.run([py_spy, "record", "-r", "200", "-f", form, "-o", name, "--", sys.executable, "app.py"], cwd=tmp_path,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    counts = [line.rpartition(" ") for line in (tmp_path / "s.folded").read_text().splitlines()]
    found = report("s.folded")
    assert found["total"] == sum(int(n) for _, _, n in counts)
    assert sum(f["self"] for f in found["functions"] if f["name"] == "leaf") == sum(  # a row for each line that was seen
        int(n) for stack, _, n in counts if stack.rpartition(";")[2].startswith("leaf "))
    data = json.loads((tmp_path / "s.speedscope.json").read_text())
    weights = sum(sum(p["weights"]) for p in data["profiles"])
    assert report("s.speedscope.json")["total_ns"] == pytest.approx(weights * 1e9, rel=1e-6)


def test_memray_writes_speedscope(report, run_sonde, tmp_path, peers):
    """Bytes, and beside them how often they were asked for, in a second profile."""
    (tmp_path / "app.py").write_text("kept = []\ndef leaf(n):\n    return bytearray(n)\ndef main():\n"
                                     "    kept.extend(leaf(100_000 + i) for i in range(300))\nmain()\n")
    python_with(peers, "-m", "memray", "run", "-q", "-o", "m.bin", "app.py", cwd=tmp_path)
    for form in "speedscope", "csv":
        python_with(peers, "-m", "memray", "transform", form, "m.bin", "-o", f"m.{form}", cwd=tmp_path)
    with open(tmp_path / "m.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = report("m.speedscope")
    assert found["unit"] == "bytes" and found["total"] == sum(int(r["size"]) for r in rows) > 30_000_000
    own = sum(f["self"] for f in found["functions"] if f["name"] == "leaf")
    assert own == sum(int(r["size"]) for r in rows if r["stack_trace"].startswith("leaf;")) > 30_000_000
    assert "those of the first one's unit are shown" in run_sonde("report", "m.speedscope").stdout


def test_valgrind_writes_callgrind(report, tmp_path):
    (tmp_path / "a.c").write_text("int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }\n"
                                  "int main(void) { return fib(15) != 610; }\n")
    run("cc", "-O0", "-g", "-o", "a", "a.c", cwd=tmp_path)
    run("valgrind", "--tool=callgrind", "--callgrind-out-file=v.out", "./a", cwd=tmp_path)
    said = run("callgrind_annotate", "--threshold=100", "v.out", cwd=tmp_path)
    total = int(re.search(r"^\s*([\d,]+).*PROGRAM TOTALS", said, re.M)[1].replace(",", ""))
    found = report("v.out")
    assert found["total"] == total
    shown = sum(int(n.replace(",", "")) for n in re.findall(r"^\s*([\d,]+) \([^)]*\)  \S*a\.c:fib\b", said, re.M))
    assert sum(f["self"] for f in found["functions"] if f["name"].startswith("fib")) == shown > 10000
