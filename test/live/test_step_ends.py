# SPDX-License-Identifier: Apache-2.0
"""Statements that do not just run: stepped right, or refused with the reason; and whatever
they do, the child and all it started are gone afterwards.
"""

import os
import pathlib
import subprocess
import time

import pytest

from stepping import Stepper, check_sums, row, x86_only

pytestmark = x86_only

IMPORTS = "import ctypes, faulthandler, os, signal, socket, subprocess, sys, threading, time"


@pytest.fixture
def stepper(python, sonde, clean_env, tmp_path):
    return Stepper(python, sonde, clean_env, tmp_path)


@pytest.mark.smoke
def test_refused_with_the_reason(stepper):
    reasons = {
        "1 / 0": "it raises ZeroDivisionError: division by zero",
        "raise KeyError": "it raises KeyError",
        "sys.exit(3)": "it raises SystemExit: 3",
        "os._exit(7)": "it ends the process (status 7)",
        "os.kill(os.getpid(), 9)": "it is killed by SIGKILL",
        "os.kill(os.getpid(), signal.SIGTRAP)": "it is killed by SIGTRAP",
        "ctypes.string_at(0)": "it is killed by SIGSEGV",
        "os.execv('/bin/true', ['true'])": "it ends the process (status 0)",
        "break": "it leaves the loop",
        "return": "it leaves the loop",
        "bytearray(1 << 60)": "it raises MemoryError",
        "signal.pthread_kill(threading.get_ident(), signal.SIGABRT)": "it is killed by SIGABRT",
    }
    loops, _ = stepper.run(*reasons, setup=IMPORTS)
    assert loops == [0] * len(reasons)
    for number, (statement, reason) in enumerate(reasons.items()):
        split = stepper.split(number)
        assert (split["end"], split["why"]) == ("refused", reason), statement


@pytest.mark.wide
def test_only_when_stepped(stepper):
    """What they do while they are warmed up is harmless."""
    reasons = {
        "n += 1\nif n > 20: 1 / 0": "it raises ZeroDivisionError: division by zero",
        "n += 1\nif n > 20: os._exit(7)": "it ends the process (status 7)",
        "n += 1\nif n > 20: os.execv('/bin/true', ['true'])": "it becomes another program",
        "n += 1\nif n > 20: os.kill(os.getpid(), 9)": "it is killed by SIGKILL",
        "n += 1\nif n > 20: signal.raise_signal(signal.SIGTRAP)": "it uses SIGTRAP itself",
        "n += 1\nif n > 20: ctypes.string_at(0)": "it is killed by SIGSEGV",
        "n += 1\nif n > 20: os.dup2(0, os.dup(0) and max(map(int, os.listdir('/proc/self/fd'))))":
            "it takes the stepper's descriptor",
        "n += 1\nif n > 20: break": "it leaves the loop",
    }
    loops, _ = stepper.run(*reasons, setup=IMPORTS + "\nn = 0", warm=20)
    assert loops == [0] * len(reasons)
    for number, (statement, reason) in enumerate(reasons.items()):
        split = stepper.split(number)
        assert (split["end"], split["why"]) == ("refused", reason), statement


@pytest.mark.skipif(os.geteuid() != 0, reason="gives up root's rights")
def test_where_code_cannot_be_written_to_ptrace_steps(stepper):
    """A process that gave its rights up may not open its own memory any more."""
    stepper.run("pass", "os.getpid()", setup=IMPORTS + "\nos.setuid(65534)", warm=50)
    split = check_sums(stepper.split(1, 0))
    assert (split["end"], split["method"]) == ("whole", "single steps")
    assert [s[:2] for s in split["syscalls"]] == [["getpid", 1]]


@pytest.mark.wide
def test_single_steps_end_as_well(stepper):
    statements = {
        "n += 1\nif n > 20: 1 / 0": ("refused", "it raises ZeroDivisionError: division by zero"),
        "n += 1\nif n > 20: os._exit(7)": ("refused", "it ends the process (status 7)"),
        "n += 1\nif n > 20: os.execv('/bin/true', ['true'])": ("refused", "it becomes another program"),
        "n += 1\nif n > 20: os.kill(os.getpid(), 9)": ("refused", "it is killed by SIGKILL"),
        "n += 1\nif n > 20: ctypes.string_at(0)": ("refused", "it is killed by SIGSEGV"),
        "n += 1\nwhile n > 20: pass": ("refused", "one loop takes longer to step than the limit"),
        "n += 1\nif n > 20: time.sleep(60)": ("refused", "a loop did not end within the limit (0 were stepped)"),
        "os.fork() or os._exit(0)": ("partial", "it starts a process (clone)"),
    }
    stepper.run(*statements, setup=IMPORTS + "\nn = 0", warm=20, limit_ns=400_000_000, single=True)
    for number, (statement, end) in enumerate(statements.items()):
        split = stepper.split(number)
        assert (split["end"], split["why"]) == end, statement


@pytest.mark.smoke
def test_what_starts_processes_is_stepped_up_to_there(stepper):
    statements = ["os.fork() or os._exit(0)", "subprocess.run(['/bin/true'])", "os.system('true')",
                  "os.posix_spawn('/bin/true', ['true'], {})"]
    stepper.run("pass", *statements, setup=IMPORTS)
    for number, statement in enumerate(statements, 1):
        split = check_sums(stepper.split(number, 0))
        assert split["end"] == "partial" and split["total"] > 100, statement
        assert split["why"].startswith("it starts a process ("), statement


@pytest.mark.smoke
def test_signals_and_descriptors_are_its_own(stepper):
    """Handlers run, masks and SIGTRAP's handler are what it set, none of ours is in its way."""
    setup = IMPORTS + """
got = []
signal.signal(signal.SIGUSR1, lambda *a: got.append(1))
mine = lambda *a: None
everything = signal.valid_signals()
def masked():
    old = signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    now = signal.pthread_sigmask(signal.SIG_SETMASK, old)
    assert len(now) >= 60 and signal.SIGTRAP in now and old == signal.pthread_sigmask(signal.SIG_BLOCK, ())
def trapped():
    signal.signal(signal.SIGTRAP, mine)
    assert signal.signal(signal.SIGTRAP, signal.SIG_DFL) is mine
def raised():
    before = len(got)
    signal.raise_signal(signal.SIGUSR1)
    assert len(got) == before + 1
a, b = socket.socketpair()
def talk():
    a.send(b"x")
    assert b.recv(1) == b"x"
"""
    statements = ["masked()", "trapped()", "raised()", "talk()", "os.closerange(200, 100_000)",
                  "faulthandler.enable(); faulthandler.disable()"]
    loops, _ = stepper.run("pass", *statements, setup=setup, limit_ns=8_000_000_000, warm=300, loops=3)
    for number, statement in enumerate(statements, 1):
        split = check_sums(stepper.split(number, 0))
        assert split["end"] == "whole" and not split["overwritten"], (statement, split["why"])
    assert [s[:2] for s in stepper.split(4, 0)["syscalls"]] == [["recvfrom", 1], ["sendto", 1]]
    assert {"tgkill"} & {s[0] for s in stepper.split(3, 0)["syscalls"]}


@pytest.mark.smoke
def test_threads_are_stepped_and_told(stepper):
    """One logged thread; the other's work is done and counted nowhere."""
    statement = "t = threading.Thread(target=done.append, args=(1,)); t.start(); t.join()"
    loops, result = stepper.run("pass", statement, setup=IMPORTS + "\ndone = []", warm=50, loops=2,
                                after="sys.stderr.write('%d\\n' % len(done))", limit_ns=20_000_000_000)
    split = check_sums(stepper.split(1, 0))
    assert split["end"] == "whole" and split["threads"] and loops[1] >= 1
    assert row(split, "clone3" if any(s[0] == "clone3" for s in split["syscalls"]) else "clone")["calls"] == 1
    # Warm ones, the stepped and the one they began in, those for objects and functions.
    assert int(result.stderr.split()[-1]) == split["warm"] + loops[1] + 2


# By processor time; where a busy machine leaves it little of that, by the clock.
TOO_LONG = ("one loop takes longer to step than the limit", "a loop did not end within the limit (0 were stepped)")


@pytest.mark.wide
@pytest.mark.parametrize("statement, reason", [
    ("while True: pass", "its loops are longer than the limit"),
    ("time.sleep(60)", "its loops are longer than the limit"),
    ("n += 1\nif n > 20: time.sleep(60)", "a loop did not end within the limit (0 were stepped)"),
    ("n += 1\nwhile n > 20: pass", TOO_LONG),
    ("sum(range(3_000_000))", TOO_LONG),
])
def test_never_longer_than_the_limit(stepper, statement, reason):
    began = time.monotonic()
    stepper.run(statement, setup=IMPORTS + "\nn = 0", warm=20, limit_ns=300_000_000)
    assert time.monotonic() - began < 15
    split = stepper.split(0)
    assert split["end"] == "refused" and split["why"] in ([reason] if isinstance(reason, str) else reason)


def processes_with(word):
    """Those whose environment has it."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return found


@pytest.mark.wide
def test_nothing_is_left(stepper):
    """Neither the child nor what it started, in its group, however it ended."""
    mark = f"STEPPED_BY={os.getpid()}"
    stepper.env |= dict([mark.split("=")])
    statements = ["subprocess.Popen(['sleep', '100'])", "os.fork() or time.sleep(100)",
                  "subprocess.Popen(['sleep', '100']); os._exit(1)", "subprocess.Popen(['sleep', '100']); time.sleep(60)"]
    stepper.run(*statements, setup=IMPORTS, warm=4, limit_ns=500_000_000)
    deadline = time.monotonic() + 5
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.05)  # the kernel may still be at it
    assert processes_with(mark) == []


@pytest.mark.wide
def test_an_interrupt_ends_it(stepper, tmp_path):
    """^C in the Python that waits: the child goes with it."""
    mark = f"STEPPED_BY={os.getpid()}i"
    program = ("import sys, signal, threading, os\nsys.path.insert(0, sys.argv[1])\nimport step_inside\n"
               "from sonde import _step\n"
               "threading.Timer(.5, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
               "try: _step.step(step_inside.compiled('import time', 'time.sleep(60)', ''), (), 'x.steps', 9, 2, 30 * 10**9)\n"
               "except KeyboardInterrupt: print('interrupted')\n")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run([stepper.python, "-c", program, here], cwd=tmp_path, text=True, timeout=60,
                          env=stepper.env | dict([mark.split("=")]), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")
    assert processes_with(mark) == []


@pytest.mark.wide
def test_bad_arguments(stepper, tmp_path):
    program = """
from sonde import _step
for words in ((1, (), 'x', 1, 1, 1), (len, [], 'x', 1, 1, 1), (len, (), 'no/such/folder/x', 1, 1, 1), ()):
    try: _step.step(*words)
    except (TypeError, OSError) as error: print(type(error).__name__)
try: _step.step_all([(len, (), 'x')] * 65, 1, 1, 1)
except ValueError as error: print(error)
try: _step.step_all([1], 1, 1, 1)
except (TypeError, SystemError) as error: print(type(error).__name__)
"""
    done = subprocess.run([stepper.python, "-c", program], cwd=tmp_path, text=True, env=stepper.env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stderr == ""
    assert done.stdout.split("\n")[:5] == ["TypeError", "TypeError", "FileNotFoundError", "TypeError",
                                           "more than 64 statements"]
