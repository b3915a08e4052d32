# SPDX-License-Identifier: Apache-2.0
"""doc/processes.md shows what the commands in it print.

PAGE=write pytest test/live/test_processes_page.py puts today's output in; read the difference. Times, shares, pids
and what depends on the Python (how many calls there were in all) are not compared; calls of functions are.
"""

import os
import re
import shutil
import subprocess

import pytest

BLOCK = re.compile(r"^```\n\$ (.*)\n((?:.*\n)*?)```$", re.M)


def plain(text):
    """What of an output has to be the same."""
    lines = []
    for line in text.splitlines():
        if line.startswith("note: "):  # what the probe cost varies
            continue
        line = re.sub(r"(, \d[\d.]* \w+ of it in functions)?   [\d,]+ calls   exact(, probe cost .*)?$", " calls", line)
        line = re.sub(r"\b\d[\d.]* (ns|us|ms|s|k|M)\b", "#", line)  # times, rounded counts
        line = re.sub(r"\b\d+\.\d\b|\b\d+ %|^ +\d+(?=  )", "#", line)  # shares, pids
        line = re.sub(r"\b3\.\d+\.\d+\w*", "3.#", line)
        line = re.sub(r"called [\d,]+ times", "called # times", line)  # waiting to be killed, or not yet
        lines.append(re.sub(" +", " ", line).strip())
    return "\n".join(lines)


@pytest.fixture
def shell(request, sonde, clean_env, root, tmp_path):
    """A line of the page, in a folder that holds the examples. It was made with 3.13, where processes fork."""
    pythons = [path for path, version in request.config.sonde_pythons if version.startswith("3.13.")]
    if not pythons:
        pytest.skip("the page was made with Python 3.13")
    python = pythons[0]
    for example in (root / "examples").glob("*.py"):
        shutil.copy(example, tmp_path)
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sonde").symlink_to(sonde)
    (folder / "python3").write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    (folder / "python3").chmod(0o755)
    env = clean_env | {"PATH": f"{folder}:{os.environ['PATH']}"}

    def shell(line):
        done = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=env, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (0, ""), line
        return done.stdout

    return shell


def test_the_page_shows_what_is_printed(shell, root):
    path = root / "doc/processes.md"
    page = path.read_text()
    now = BLOCK.sub(lambda block: f"```\n$ {block[1]}\n{shell(block[1])}```", page)
    assert len(BLOCK.findall(page)) >= 9
    if os.environ.get("PAGE") == "write":
        path.write_text(now)
        return
    for was, made in zip(BLOCK.findall(page), BLOCK.findall(now)):
        texts = [plain(made[1]), plain(was[1])]
        if "--by" in was[0]:  # counts what library code was called as well
            texts = [re.sub(r"\b\d[\d,]*\b", "#", text) for text in texts]
        assert texts[0] == texts[1], was[0]


def test_its_own_comparison_sees_differences():
    line = "  4101    worker  2.1 M  11.0 s   10.5 s     27.0  SIGKILL  shop.py"
    assert plain(line) == plain("   411    worker    2 k  1.0 ms   9.5 us      7.0  SIGKILL  shop.py")
    for other in line.replace("SIGKILL", "0"), line.replace("worker", "child"), line.replace("shop", "shot"):
        assert plain(other) != plain(line)
    assert plain("1.00 s   9.1   1.00 s   9.1   400   3 us  price") != plain(
        "1.00 s   9.1   1.00 s   9.1   401   3 us  price")
