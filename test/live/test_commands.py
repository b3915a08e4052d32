# SPDX-License-Identifier: Apache-2.0
"""The words typed: help that fits a screen, and answers to what nearly was right."""

import re
import subprocess

import pytest


def test_version(run_sonde):
    assert re.fullmatch(r"sonde \d+\.\d+\.\d+\n", run_sonde("--version").stdout)
    assert run_sonde("-V").stdout == run_sonde("--version").stdout


def commands(run_sonde):
    text = run_sonde("--help").stdout.split("usage: ")[1].split("\n\n")[1]
    return [line.split()[0] for line in text.splitlines()]


def test_help_fits_a_screen(run_sonde):
    names = commands(run_sonde)
    assert {"run", "report", "doctor", "formats"} <= set(names)
    for words in (["--help"], ["-h"], ["help"], *([name, "--help"] for name in names),
                  *(["help", name] for name in names)):
        done = run_sonde(*words)
        lines = done.stdout.splitlines()
        assert (done.returncode, done.stderr) == (0, "")
        assert max(map(len, lines)) <= 80 and len(lines) <= 40, words
        assert any(line.startswith("  sonde ") for line in lines), "examples"


def test_help_needs_nothing_else_right(run_sonde):
    assert run_sonde("run", "-o", "x", "--help", "--nonsense").returncode == 0


@pytest.mark.parametrize("words, text", [
    (["app.py"], "no such command: app.py (sonde run app.py profiles it)"),
    (["./tool", "x"], "no such command: ./tool (sonde run ./tool profiles it)"),
    (["tool"], "no such command: tool (sonde run tool profiles it)"),
    (["x.sonde"], "no such command: x.sonde (sonde report x.sonde reads it)"),
    (["x.prof"], "no such command: x.prof (sonde report x.prof reads it)"),
    (["reprot"], "no such command: reprot (did you mean sonde report?)"),
    (["rnu", "app.py"], "no such command: rnu (did you mean sonde run?)"),
    (["nonsense"], "no such command: nonsense (sonde --help lists them)"),
    (["-m", "module"], "no command: -m (sonde run -m ... profiles it)"),
    (["-o", "x", "app.py"], "unknown option: -o (sonde --help lists the commands)"),
    (["--lines", "app.py"], "no command: --lines (options follow it: sonde run --lines ...)"),
    (["--nonsense"], "unknown option: --nonsense (sonde --help lists the commands)"),
    (["lines", "app.py"], "not in this version yet: lines (sonde run app.py records its calls, sonde report tells"
                          " them)"),
    (["report", "app.py"], "a program, not a profile: app.py (sonde run app.py records it, sonde report takes the"
                           " recording)"),
    (["report", ""], "empty file name: '' (is a variable not set?)"),
    (["convert", "", "-o", "x.prof"], "empty file name: '' (is a variable not set?)"),
    (["report", "--zzzz"], "unknown option: --zzzz (sonde report --help lists them)"),
    (["report", "--callrs"], "unknown option: --callrs (did you mean --callers?)"),
    (["report", "--call"], "ambiguous option: --call (sonde report --help lists them)"),
    (["report", "-n"], "option needs a value: -n N"),
    (["report", "-Q"], "unknown option: -Q (sonde report --help lists them)"),
    (["report", "--json=1"], "option takes no value: --json"),
])
def test_answers(run_sonde, tmp_path, words, text):
    (tmp_path / "tool").touch()
    done = run_sonde(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"sonde: {text}\n")


def test_options_can_be_abbreviated(run_sonde):
    assert "no recording here" in run_sonde("report", "--caller").stderr


@pytest.mark.parametrize("name", ["attach", "top", "dump", "why", "lines", "memory", "heap"])
def test_commands_to_come_say_so(run_sonde, name):
    done = run_sonde(name, "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"sonde: not in this version yet: {name} \(sonde \S+ has what sonde --help lists\)\n",
                        done.stderr)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["run", "--help"], ["formats"]])
def test_full_device(run_sonde, words):
    with open("/dev/full", "wb") as full:
        done = run_sonde(*words, stdout=full)
    assert (done.returncode, done.stderr) == (1, "sonde: cannot write: standard output: No space left on device\n")


def test_control_characters_of_a_word_are_not_printed(run_sonde):
    done = run_sonde("\x1b[31mred\n")
    assert done.returncode == 2 and "\x1b" not in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_closed_streams(sonde, closed):
    done = subprocess.run(["sh", "-c", f'exec {closed}>&-; "$@"', "sh", sonde, "--help"], stdout=-1, stderr=-1)
    assert done.returncode == (1 if closed == 1 else 0)
