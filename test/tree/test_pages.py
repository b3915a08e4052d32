# SPDX-License-Identifier: Apache-2.0
"""What the pages say is so: their commands exist, their options are known, their code
runs."""

import os
import re
import shlex
import subprocess

import pytest
from counting import packages_in

PAGES = ["README.md", "doc/view.md", "doc/viewers.md", *(f"examples/{name}.py" for name in ("weblog", "readings", "pricing", "website"))]


def shown_commands(root):
    """The `sonde ...` lines of the pages, as (page, words)."""
    for page in PAGES:
        for line in (root / page).read_text().splitlines():
            match = re.match(r"    (sonde( .*)?)$", line)
            if match:
                yield page, shlex.split(match[1], comments=True)


def options_of(run_sonde, command):
    """None: there is no such command."""
    done = run_sonde(command, "--help")
    return None if done.returncode else set(re.findall(r"(?<!\S)-{1,2}[A-Za-z][A-Za-z-]*", done.stdout))


def test_shown_commands_are_known(root, run_sonde):
    commands = [(page, words) for page, words in shown_commands(root) if len(words) > 1]
    assert len(commands) > 10
    unknown = []
    for page, words in commands:
        known = options_of(run_sonde, words[1])
        if known is None:
            unknown.append((page, words[1]))
            continue
        for word in words[2:]:
            if words[1] == "run" and not word.startswith("-"):
                break  # the program's own words from here on
            if word.startswith("-") and word.split("=")[0] not in known:
                unknown.append((page, words[1], word))
    assert unknown == []


@pytest.mark.smoke
def test_code_of_the_readme_runs(root, sonde, run_sonde, python, tmp_path):
    text = (root / "README.md").read_text()
    pieces = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(pieces) == 2
    program = tmp_path / "part.py"
    program.write_text("def work():\n    return sum(map(abs, range(100)))\n" + "".join(pieces))
    done = subprocess.run([python, program], cwd=tmp_path, check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "PYTHONPATH": str(packages_in(tmp_path, sonde))})
    assert "part.py:1(work)" in done.stdout
    [recording] = tmp_path.glob("part-*.sonde")
    assert "work" in run_sonde("report", str(recording), check=True).stdout


def test_hacking_names_every_test(root):
    listed = set(re.findall(r"`(test/[^`]+)`", (root / "HACKING.md").read_text()))
    there = {str(path.relative_to(root)) for path in (root / "test").glob("*/test_*.py")}
    there |= {str(path.relative_to(root)) for path in (root / "test/unit").glob("*.c")}
    assert there - listed == set()
    assert {name for name in listed if not (root / name).exists()} <= {"test/live"}


def test_every_promise_of_security_has_its_tests(root):
    """Each row names tests, and each test named is there."""
    text = (root / "SECURITY.md").read_text()
    table = text.split("## Promises")[1].split("## What is")[0]
    rows = re.findall(r"^\| (?!promised|---)(.*) \| (.*) \|$", table, re.M)
    assert len(rows) >= 12
    for promise, tests in rows:
        names = re.findall(r"`(test/[^`]+)`", tests)
        assert names, promise
        for file, _, function in (name.partition("::") for name in names):
            assert f"def {function}(" in (root / file).read_text() if function else (root / file).is_file(), promise
