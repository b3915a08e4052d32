# SPDX-License-Identifier: Apache-2.0
"""Statements that are wrong, fail, end the process or never end: told in one line, below what Python shows of it,
and nothing of theirs is left running."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest


@pytest.fixture
def fails(run_sonde, python):
    """fails(*words): the lines on stderr of a sonde timeit that fails."""

    def fails(*words, status=1):
        done = run_sonde("timeit", "--python", python, "--no-why", *words)
        assert (done.returncode, done.stdout) == (status, ""), done.stderr
        return done.stderr.splitlines()

    return fails


@pytest.mark.parametrize("words, shown, last", [
    (["time.time("], ["    time.time(", "             ^"],
     r"cannot compile: the statement: SyntaxError: '\(' was never closed"),
    (["1", "x +"], ["    x +", "       ^"], r"cannot compile: statement B: SyntaxError: invalid syntax"),
    (["1", "-s", "import"], ["    import"], r"cannot compile: the setup: SyntaxError: "
                                            r"(invalid syntax|Expected one or more names after 'import')"),
    (["return 1"], ["    return 1"], r"cannot compile: the statement: SyntaxError: 'return' outside function"),
    (["break"], ["    break"], r"cannot compile: the statement: SyntaxError: 'break' outside loop"),
    (["yield 1"], ["    yield 1"], r"cannot compile: the statement: SyntaxError: 'yield' outside function"),
    (["'\\0"], [], r"cannot compile: the statement: SyntaxError: unterminated string literal.*"),
    (["for i in range(3):", "    pass"], ["    for i in range(3):"],
     r"cannot compile: statement A: IndentationError: expected an indented block after 'for' statement on line 1 "
     r"\(each argument is a statement of its own: one of several lines is one argument with line breaks in it\)"),
    (["1 / 0"], ['  File "<statement A>", line 1, in inner', "    1 / 0"],
     r"cannot time: the statement: ZeroDivisionError: division by zero"),
    (["1", "f(3)", "-s", "def f(x):\n    raise ValueError('no\\nline')"],
     ['  File "<statement B>", line 1, in inner', '  File "<setup>", line 2, in f'],
     r"cannot time: statement B: (line|ValueError: no.*)"),
    (["1", "-s", "x = 1", "-s", "unknown"], ['  File "<setup>", line 2, in inner'],
     r"cannot time: the setup: NameError: name 'unknown' is not defined"),
    (["sys.exit(3)"], [], r"cannot time: the statement: SystemExit: 3"),
    (["raise KeyboardInterrupt"], [], r"cannot time: the statement: KeyboardInterrupt"),
    (["1", "-s", "import os; os._exit(3)"], [], r"cannot time: the setup: it ended Python with status 3"),
    (["1", "__import__('os')._exit(0)"], [], r"cannot time: statement B: it ended Python with status 0"),
    (["import os; os.kill(os.getpid(), 9)"], [], r"cannot time: the statement: it was killed by SIGKILL"),
    (["import os; os.abort()"], [], r"cannot time: the statement: it was killed by SIGABRT"),
    (["import os; os.close(2)"], [], r"cannot time: the statement: OSError: \[Errno 9\] Bad file descriptor"),
    (["l.pop()", "-s", "l = [1] * 5"], [], r"cannot time: the statement: IndexError: pop from empty list"),
    (["while True: pass", "--limit", "0.5"], [],
     r"cannot time: the statement: one loop did not end within [01] s \(--limit SECONDS waits longer\)"),
    (["1", "-s", "time.sleep(100)", "--limit", "0.1"], [], r"cannot time: the setup: one loop did not end within .*"),
])
def test_what_is_wrong_is_told(fails, words, shown, last):
    lines = fails(*words)
    for line in shown:
        assert line in lines
    assert re.fullmatch("sonde: " + last, lines[-1]), lines[-1]
    assert not any("sonde_loops" in line for line in lines)


@pytest.mark.parametrize("words, text", [
    ([], "nothing to time: no statement was given (sonde timeit 'STATEMENT')"),
    (["1", "-u", "hours"], "bad value: -u hours: nsec, usec, msec or sec"),
    (["1", "-n", "x"], "bad value: -n x: a whole number of at least 0"),
    (["1", "-r", "1000"], "too many: -r 1000: each is a Python of its own, and 200 are enough"),
    (["1", "--limit", "0"], "bad value: --limit 0: seconds, more than 0"),
    (["1", "--json", "--markdown"], "--json and --markdown do not go together (leave one out)"),
    (["1", "--across", ","], "bad value: --across ',': Pythons, such as 3.11,3.13"),
    (["1"] * 27, "too many statements: 27: each word is one, 26 at most (lines of one statement are one word)"),
])
def test_words_that_are_wrong(run_sonde, words, text):
    done = run_sonde("timeit", *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"sonde: {text}\n")


def test_words_that_exclude_each_other(run_sonde):
    done = run_sonde("timeit", "1", "--python", "python3", "--across", "3.11")
    assert (done.returncode, done.stderr) == (2, "sonde: --python and --across do not go together (leave one out)\n")


@pytest.mark.parametrize("path, text", [
    ("/nowhere/python3", "no such Python: /nowhere/python3 (--python takes a path or a name on PATH)"),
    ("3.99", "no such Python: 3.99: no python3.99 on PATH (a path names one as well)"),
    ("/bin/true", "cannot time with this Python: /bin/true: it ended Python with status 0 at its start"),
])
def test_what_is_no_python(run_sonde, path, text):
    done = run_sonde("timeit", "1", "--python", path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"sonde: {text}\n")


def test_python_2(run_sonde):
    path = next((pathlib.Path.home() / ".pyenv/versions").glob("2.7.*/bin/python2.7"), None)
    if path is None:
        pytest.skip("there is no Python 2.7")
    done = run_sonde("timeit", "1", "--python", path)
    assert (done.returncode, done.stderr) == (1, f"sonde: cannot time with this Python: {path}: it is older than 3.6\n")


@pytest.mark.parametrize("statement", [
    "try: os.close(2)\nexcept OSError: pass",
    "sys.stdout = sys.stderr = None",
    "signal.raise_signal(signal.SIGCHLD)",
    "os.fork() or os._exit(0)\nos.wait()",
    "os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "t = threading.Thread(target=len, args=('x',)); t.start(); t.join()",
    "try: 1 / 0\nexcept ZeroDivisionError: pass",
    "gc.collect()", "bytearray(1 << 28)",
])
def test_statements_that_do_odd_things(run_sonde, python, statement):
    done = run_sonde("timeit", "--python", python, "--no-why", "-r", "2", "-n", "5", "-s",
                     "import gc, os, signal, sys, threading", "--", statement)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\d (ns|us|ms)", done.stdout)


def test_a_statement_that_closes_all_descriptors(fails):
    [line] = fails("import os; os.closerange(0, 1000)")
    assert re.match("sonde: cannot time: the statement: it (ended Python with|was killed)", line), line


def gone(pid):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def pids_in(path):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if path.exists() and path.read_text().count("\n") >= 1:
            return [int(line) for line in path.read_text().splitlines()]
        time.sleep(0.02)
    raise AssertionError("it did not start")


STARTS = ("import os, subprocess, time\n"
          "child = subprocess.Popen(['sleep', '1000'])\n"
          "with open('pids', 'a') as f: f.write(f'{os.getpid()}\\n{child.pid}\\n')")


def test_what_a_statement_leaves_running_is_ended(run_sonde, python, tmp_path):
    done = run_sonde("timeit", "--python", python, "--no-why", "-n", "1", "-r", "2", "-s", STARTS, "1")
    assert (done.returncode, done.stderr) == (0, "")
    pids = pids_in(tmp_path / "pids")
    assert len(pids) == 4 and all(map(gone, pids))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_interrupted(sonde, python, clean_env, tmp_path, number):
    """All it started goes with it; of SIGKILL it cannot know what its own child started."""
    process = subprocess.Popen(["env", "--default-signal=INT", sonde, "timeit", "--python", python, "-s", STARTS,
                                "time.sleep(1000)"], cwd=tmp_path, env=clean_env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    child, grandchild = pids_in(tmp_path / "pids")
    process.send_signal(number)
    assert process.wait(20) == -number
    assert gone(child)
    if number == signal.SIGKILL:
        os.kill(grandchild, signal.SIGKILL)
    assert gone(grandchild)


def test_an_ignored_interrupt_stays_ignored(sonde, python, clean_env, tmp_path):
    process = subprocess.Popen(["env", "--ignore-signal=INT", sonde, "timeit", "--python", python, "--no-why", "-n",
                                "1", "-r", "1", "-s", STARTS, "time.sleep(1)"], cwd=tmp_path, env=clean_env,
                               stdout=subprocess.DEVNULL)
    pids_in(tmp_path / "pids")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
