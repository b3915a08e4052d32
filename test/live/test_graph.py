# SPDX-License-Identifier: Apache-2.0
"""sonde graph: what is drawn, and in time."""

import os
import re
import time
import xml.etree.ElementTree

import pytest

from tape_writer import Tape


def write_app(folder, slow=600):
    tape = Tape()
    thread = tape.thread("MainThread")
    main, parse, load, small = (tape.function(n, f"/srv/shop/{f}.py", line) for n, f, line in (
        ("main", "app", 1), ("parse", "feed", 41), ("load", "feed", 88), ("small", "app", 9)))
    top = tape.node(thread, None, main, 1, 100)
    mid = tape.node(thread, top, load, 4, 200)
    tape.node(thread, mid, parse, 4000, slow)
    tape.node(thread, top, small, 3, 2)
    tape.write(folder)


@pytest.fixture
def text(run_sonde, tmp_path):
    write_app(tmp_path / "a.sonde")

    def text(*words, file="a.sonde"):
        done = run_sonde("graph", file, "-o", "-", *words)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return text


def boxes(text):
    return {m.split("\\n")[0]: m.split("\\n")[1:] for m in re.findall(r'^\t+\d+ \[.*?label="([^"]*)"', text, re.M)}


def arrows(text):
    names = dict(re.findall(r'^\t+(\d+) \[.*?label="([^"\\]*)', text, re.M))
    return {(names[a], names[b]): label.split("\\n") for a, b, label in
            re.findall(r'^\t(\d+) -> (\d+) \[.*?label="([^"]*)"', text, re.M)}


def test_boxes_and_arrows(text):
    drawn = text()
    assert boxes(drawn) == {"app:1:main": ["100.00%", "(11.09%)", "1\u00d7"], "feed:88:load": ["88.69%", "(22.17%)", "4\u00d7"],
                            "feed:41:parse": ["66.52%", "(66.52%)", "4000\u00d7"]}
    assert arrows(drawn) == {("app:1:main", "feed:88:load"): ["88.69%", "4\u00d7"],
                             ("feed:88:load", "feed:41:parse"): ["66.52%", "4000\u00d7"]}
    assert "3 of 4 functions, from 0.5 % of the total on" in drawn


@pytest.mark.parametrize(("words", "names"), [
    (["-n", "0"], {"main", "parse", "load", "small"}), (["-n", "80%"], {"main", "load"}),
    (["-z", "load"], {"load", "parse"}), (["--depth", "0"], {"main"}), (["--depth", "1"], {"main", "load"}), (["-l", "feed:88:*"], {"main", "load"}), (["--depth", "0", "-z", "main"], {"main"}),
    (["--depth", "1", "-z", "main"], {"main", "load"}), (["-p", "/srv/shop/feed"], {"load", "parse"}),
])
def test_what_is_chosen(text, words, names):
    assert {name.rpartition(":")[2] for name in boxes(text(*words))} == names


def test_labels_themes_and_frames(text):
    assert boxes(text("--node-label", "self-time", "--node-label", "total-time"))["feed:41:parse"] == [
        "6e-07 s", "(6e-07 s)", "4000\u00d7"]
    fills = {theme: re.findall(r'color="(#\w+)"', text("-c", theme)) for theme in ("color", "pink", "gray", "bw", "print", "safe")}
    assert len({tuple(f) for f in fills.values()}) == 5  # bw and print differ in fonts alone
    assert text("--cluster").count("subgraph cluster_") == 2
    assert text("--skew", "0.1") != text() != text("--color-nodes-by-selftime")


def test_frames_of_processes(run_sonde, tmp_path, python):
    """Each process has boxes of its own, framed; what they have in common they have twice."""
    (tmp_path / "app.py").write_text("from multiprocessing import get_context\n"
                                     "def crunch(n):\n    return sum(i * i for i in range(n))\n"
                                     "if __name__ == '__main__':\n"
                                     "    crunch(20000)\n"
                                     "    p = get_context('fork').Process(target=crunch, args=(60000,), name='grinder')\n"
                                     "    p.start(); p.join()\n")
    run_sonde("run", "--python", python, "-o", "r", "app.py", check=True)
    drawn = run_sonde("graph", "r.sonde", "-o", "-", "-n", "0", "-e", "0", "--cluster=process", check=True).stdout
    frames = re.split(r"subgraph cluster_\d+ \{", drawn)[1:]
    assert [re.search(r'label="([^ "]*)', frame)[1] for frame in frames] == ["app.py", "grinder"]
    assert [frame.count("app:2:crunch") for frame in frames] == [1, 1]
    assert [re.search(r"app:2:crunch.*?\\n(\d+)\u00d7", frame)[1] for frame in frames] == ["1", "1"]
    (tmp_path / "x.folded").write_text("a;b 1\n")
    for words, status, said in ((["x.folded"], 1, "cannot be framed by process: x.folded"),
                                (["r.sonde", "--compare", "r.sonde"], 2, "--compare and --cluster=process")):
        done = run_sonde("graph", *words, "-o", "-", "--cluster=process")
        assert done.returncode == status and said in done.stderr


def test_bytes_that_are_no_text(run_sonde, tmp_path):
    (tmp_path / "x.folded").write_bytes(b"a\xff\xed\xa0\x80;b 1\n" + "\u00e4".encode() * 150 + b" 3\n")
    run_sonde("graph", "x.folded", "-o", "x.svg", check=True)
    svg = (tmp_path / "x.svg").read_text()
    texts = [t.text for t in xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "a????" in texts and "\u00e4" * 100 + "..." in texts


def test_what_is_spread_thin_is_drawn_all_the_same(run_sonde, tmp_path):
    (tmp_path / "thin.folded").write_text("".join(f"f{i} {1000 + i}\n" for i in range(300)))
    done = run_sonde("graph", "thin.folded", "-o", "-", check=True)
    assert "no function has 0.5 % of the total: the 40 largest are drawn" in done.stderr
    assert {name.rpartition(":")[2] for name in boxes(done.stdout)} == {f"f{i}" for i in range(260, 300)}
    assert run_sonde("graph", "thin.folded", "-o", "-", "-n", "0.5").returncode == 1


def test_a_change_is_coloured(text, tmp_path):
    write_app(tmp_path / "b.sonde", slow=1800)
    more, less = text("--compare", "a.sonde", file="b.sonde"), text("--compare", "b.sonde")
    assert boxes(more)["feed:41:parse"][-1] == "+57.09%" and boxes(less)["feed:41:parse"][-1] == "-57.09%"


@pytest.mark.parametrize(("words", "status", "said"), [
    ([], 2, "nowhere to draw: -o OUT is missing"), (["-o", "x.gif"], 2, "cannot tell the format: x.gif"),
    (["-o", "-", "-n", "x"], 2, "bad value: -n x"), (["-o", "-", "-n", "101"], 2, "bad value: -n 101"),
    (["-o", "-", "-c", "grey"], 2, "unknown theme: -c grey (color, pink, gray, bw, print, safe; did you mean 'gray'?"),
    (["-o", "-", "--node-label", "x"], 2, "bad value: --node-label x"), (["-o", "-", "--skew", "0"], 2, "bad value: --skew 0"),
    (["-o", "nowhere/x.dot"], 1, "nowhere/x.dot"), (["-o", "-", "-z", "nobody"], 1, "nothing to draw: a.sonde"),
])
def test_what_is_refused(run_sonde, tmp_path, words, status, said):
    write_app(tmp_path / "a.sonde")
    done = run_sonde("graph", "a.sonde", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1) and said in done.stderr


def test_without_graphviz(run_sonde, tmp_path, clean_env):
    write_app(tmp_path / "a.sonde")
    done = run_sonde("graph", "a.sonde", "-o", "x.svg", env={**clean_env, "PATH": str(tmp_path)})
    assert done.returncode == 1 and "dot is not on PATH (install Graphviz" in done.stderr
    assert run_sonde("graph", "a.sonde", "-o", "x.dot", env={**clean_env, "PATH": str(tmp_path)}).returncode == 0


def test_a_thousand_boxes_are_drawn_in_time(run_sonde, tmp_path):
    """1,000 functions and 2,900 arrows keep dot busy for more than a minute: fewer are drawn, and it says so."""
    tape = Tape()
    thread = tape.thread("MainThread")
    functions = [tape.function(f"f{i}", f"/srv/m{i % 40}.py", i + 1) for i in range(1000)]
    tops = [tape.node(thread, None, f, 1, 1000 + i * 7 % 991) for i, f in enumerate(functions)]
    for step in 7, 131, 577:
        for i, top in enumerate(tops):
            if (i * step) % 1000 != i:
                tape.node(thread, top, functions[(i * step + step) % 1000], 2, 500)
    tape.write(tmp_path / "many.sonde")
    started = time.monotonic()
    done = run_sonde("graph", "many.sonde", "-n", "0", "-e", "0", "-o", "m.svg")
    spent = time.monotonic() - started
    assert done.returncode == 0 and re.search(r"sonde: \d+ of the 1000 functions asked for are drawn", done.stderr)
    assert (tmp_path / "m.svg").stat().st_size > 1000
    assert spent < 30  # five seconds on a machine that has nothing else to do


@pytest.mark.parametrize("count", [3000, 20000])
def test_a_star_of_equal_ones_is_drawn_in_time(run_sonde, tmp_path, count):
    """None is larger than another: the first ones are drawn."""
    tape = Tape()
    thread = tape.thread("MainThread")
    top = tape.node(thread, None, tape.function("main", "/srv/app.py", 1), 1, 5)
    for i in range(count):
        tape.node(thread, top, tape.function(f"f{i}", "/srv/app.py", 2 + i), 1, 100)
    tape.write(tmp_path / "star.sonde")
    done = run_sonde("graph", "star.sonde", "-n", "0", "-e", "0", "-o", "s.svg", timeout=60)
    assert done.returncode == 0 and re.search(rf"sonde: \d+ of the {count + 1} functions asked for are drawn", done.stderr)


def test_a_fake_dot_that_never_ends(run_sonde, tmp_path, clean_env):
    write_app(tmp_path / "a.sonde")
    (tmp_path / "dot").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (tmp_path / "dot").chmod(0o755)
    done = run_sonde("graph", "a.sonde", "-o", "x.svg", env={**clean_env, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1 and "dot takes more than 5 s" in done.stderr and not (tmp_path / "x.svg").exists()
